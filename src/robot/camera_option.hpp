#pragma once
// One camera as it can be told to `bigfoot robot`: by --camera, in the file, or later by PATCH.

#include <map>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "config/table.hpp"
#include "media/camera.hpp"

namespace bigfoot::robot {

/// `--camera [NAME=]URI`, or a name below `cameras:` in the file.
struct CameraOption {
  media::CameraSettings settings;                 ///< what counts, once complete()
  media::SourceUri source;                        ///< as it was written, without the keys beside it
  std::string uri;                                ///< the same, as text
  BitrateRange bitrate;                           ///< the key; settings.bitrate is its start
  media::Orientation turn;                        ///< the keys rotate, flip and crop
  media::Passthrough passthrough{};               ///< the key
  std::vector<media::ControlSetting> controls;    ///< the key
  std::map<std::string, config::Origin> origins;  ///< where each key of camera_table comes from; none: built in
};

/// The rows of one camera: `cameras.NAME.KEY` of the file. A row whose key robot_table has too takes its value from
/// there where the camera does not say (complete()). `camera` must outlive it.
config::Table camera_table(CameraOption& camera);
/// The row `cameras`. A flag or variable gives a name and a source, and replaces the whole map of the file.
config::Option cameras_row(std::vector<CameraOption>& cameras);
/// Rows that all cameras together have, too.
config::Option encoder_row(std::string& place);
config::Option decoder_row(std::string& place);

/// The camera that is there when none is named; it has no name yet.
CameraOption test_camera();

/// Of a robot or a camera: `kind` says which. Errors: empty, longer than 64, other signs than letters, digits, - _ .
[[nodiscard]] Result<std::string> read_name(const std::string& name, const std::string& kind);

}  // namespace bigfoot::robot
