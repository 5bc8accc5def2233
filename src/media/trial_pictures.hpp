#pragma once
// What trials encode and decode: the pictures of a `test:` camera, each with its number in the stamp. Worker thread.

#include <map>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/units.hpp"
#include "media/decoder_table.hpp"
#include "media/gst/handle.hpp"
#include "media/test_pattern.hpp"
#include "media/trial_pipeline.hpp"

namespace bigfoot::media {

/// Raw pictures, drawn one by one.
class TrialPictures {
 public:
  TrialPictures(Size size, FrameRate fps) : size_(size), fps_(fps), picture_(TestPattern::rover, size, fps, "trial") {}
  /// Errors: no memory.
  [[nodiscard]] Result<gst::Handle<GstBuffer>> draw(int number) const;

 private:
  Size size_;
  FrameRate fps_;
  TestPicture picture_;
};

/// Twelve of them, encoded: what a decoder is tried with.
struct EncodedPictures {
  Codec codec = Codec::h264;
  Size size;
  FrameRate fps;
  std::string caps;
  std::vector<Bytes> pictures;
};

/// `failed`: encoders that are not to be tried, with the reason. Errors: no other for it is on this machine.
[[nodiscard]] Result<EncodedPictures> encode_trial_pictures(Codec codec, Size size, FrameRate fps,
                                                            const OnTrial& on_trial = {},
                                                            const std::map<std::string, std::string>& failed = {});

}  // namespace bigfoot::media
