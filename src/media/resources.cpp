#include "media/resources.hpp"

#include <algorithm>
#include <array>

namespace bigfoot::media {
namespace {

struct OnEachGpu {
  std::string_view element;
  std::string_view before;  ///< the number
  int first;
  std::string_view behind;
};
constexpr std::array of_nvidia_and_va{
    OnEachGpu{"nvh264enc", "nvh264device", 0, "enc"},    OnEachGpu{"nvh264dec", "nvh264device", 0, "dec"},
    OnEachGpu{"nvh265dec", "nvh265device", 0, "dec"},    OnEachGpu{"vah264enc", "varenderD", 128, "h264enc"},
    OnEachGpu{"vah264dec", "varenderD", 128, "h264dec"}, OnEachGpu{"vah265dec", "varenderD", 128, "h265dec"},
    OnEachGpu{"vajpegdec", "varenderD", 128, "jpegdec"},
};

}  // namespace

std::string element_on(std::string_view element, int gpu) {
  const auto found = std::find_if(of_nvidia_and_va.begin(), of_nvidia_and_va.end(),
                                  [&](const OnEachGpu& each) { return each.element == element; });
  if (gpu == 0 || found == of_nvidia_and_va.end()) return std::string(element);
  return std::string(found->before) + std::to_string(found->first + gpu) + std::string(found->behind);
}

}  // namespace bigfoot::media
