#pragma once
// The launch text of a source's chain: from the source to raw pictures of one size, ready for an encoder. Pure.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.hpp"
#include "media/decoder_table.hpp"
#include "media/source_uri.hpp"
#include "media/v4l2_cameras.hpp"
#include "media/v4l2_mode.hpp"

namespace bigfoot::media {

/// What the encoder is to get.
struct SourceRequest {
  Size size;
  FrameRate fps;
  std::vector<std::string> formats{"I420"};  ///< that it takes as they are; the others are converted to one of them
  bool nvmm = false;                         ///< it takes a Jetson's own memory
  std::string camera = "front";              ///< its name, for the line to try after a refusal
  std::vector<V4l2RuledOut> ruled_out;       ///< modes that broke their promise
  bool passes = false;                       ///< H.264 that the source encodes itself is handed on as it is
  std::shared_ptr<V4l2Cameras> v4l2 = std::make_shared<V4l2Cameras>();  ///< where a `v4l2:` camera is looked for
  bool dmabuf = false;  ///< the encoder takes a camera's memory as it is
};

/// A chain in two pieces, each ready to be joined to the next by a ` ! `; an empty `back` is left out. Between them
/// stands the decoder where the source gives encoded pictures.
struct ChainText {
  std::string front;  ///< up to the pictures as the source gives them
  std::string back;   ///< from raw pictures to those of the request
};

/// `mode` is of `v4l2:` alone. Of `gst:` it is the part behind the person's own text.
ChainText chain_pieces(const SourceUri& source, const SourceRequest& request, const V4l2Choice& mode = {});

/// The pieces joined, with `decoder` between them unless it is empty.
std::string chain_text(const SourceUri& source, const SourceRequest& request, const V4l2Choice& mode = {},
                       const std::string& decoder = {});

/// Whether a camera's memory goes to the encoder as it is (DMABuf): the encoder takes it, and nothing is to be done
/// with the picture before.
bool shares_memory(const SourceUri& source, const SourceRequest& request, const V4l2Choice& mode);

/// How a source's pictures arrive; nothing where they are raw, and for `gst:` and `file:`, which show it only when they
/// are opened.
std::optional<Codec> arrives_in(const SourceUri& source, const V4l2Choice& mode = {});

/// Which of the encoders' usual formats (I420, NV12) a launch text names: of an encoder's input those that it takes.
std::vector<std::string> formats_named(std::string_view text);

}  // namespace bigfoot::media
