#include <cstdlib>

#include "media/stamp.hpp"

// The first four bytes choose a width, height and stride, also wrong ones; the rest is the picture.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bigfoot;
  if (size < 4) return 0;
  media::LumaView view;
  view.width = data[0] * 8;
  view.height = data[1];
  view.stride = view.width + data[2] - data[3];
  view.bytes = BytesView(data + 4, size - 4);
  const auto stamp = media::read_stamp(view);
  if (!stamp) return 0;
  // What was read can be drawn and read again.
  Bytes picture(640 * 24);
  if (!media::draw_stamp(*stamp, picture.data(), 640, {640, 24})) std::abort();
  if (media::read_stamp({picture, 640, 24, 640}) != stamp) std::abort();
  return 0;
}
