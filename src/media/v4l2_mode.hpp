#pragma once
// Which of a camera's modes is taken, and what a refusal says. Pure.

#include <optional>
#include <string>
#include <vector>

#include "media/v4l2_device.hpp"

namespace bigfoot::media {

struct V4l2Wanted {
  std::string path;             ///< what the person knows the camera by
  std::string format = "auto";  ///< what parse_v4l2_format gives
  Size size;                    ///< of the camera's own picture
  FrameRate fps;
};

/// What the camera is opened with.
struct V4l2Choice {
  std::string fourcc;
  Size size;
  FrameRate rate;  ///< at least what was wanted, within 1 %
  bool operator==(const V4l2Choice&) const = default;
  /// `MJPG 1280x720@30`
  std::string text() const;
};

/// A mode that did not keep its promise: a camera in the dark, or on a full USB bus, gives fewer pictures.
struct V4l2RuledOut {
  V4l2Choice mode;
  double fps = 0;  ///< that it gave
};

/// Every mode that reaches size and rate in a wanted format, the cheapest first by the cost of format and rate; the
/// camera's own H.264 last, since nothing can be asked of it (ADR 0011). What loses colour is among them only where
/// nothing else is.
[[nodiscard]] std::vector<V4l2Choice> v4l2_modes(const V4l2Device& device, const V4l2Wanted& wanted);

/// The first not ruled out, rather of another kind (raw, MJPEG, H.264), none of a kind with two slow; else the fastest
/// of all.
[[nodiscard]] V4l2Choice pick_v4l2_mode(const std::vector<V4l2Choice>& modes,
                                        const std::vector<V4l2RuledOut>& ruled_out);

/// The mode to open. Errors say what is refused; their `fix` lists what the camera offers, the nearest first.
[[nodiscard]] Result<V4l2Choice> choose_v4l2_mode(const V4l2Device& device, const V4l2Wanted& wanted,
                                                  const std::vector<V4l2RuledOut>& ruled_out = {});

/// Every format and size with the rate that is nearest to the wanted one, the nearest first: same size, then same rate,
/// then the cheapest.
[[nodiscard]] std::vector<V4l2Choice> v4l2_offers(const V4l2Device& device, const V4l2Wanted& wanted);

/// The size of this mode that is nearest to the wanted one; nothing where it has none that can be sent.
std::optional<Size> nearest_size(const V4l2Mode& mode, Size wanted);

/// What `fps=` has to say for that mode: the wanted rate where the mode reaches it (the pictures between are dropped),
/// else its own.
FrameRate rate_to_ask(const V4l2Choice& choice, FrameRate wanted);

/// `30`, `29.97`: for people.
std::string rate_text(FrameRate rate);

}  // namespace bigfoot::media
