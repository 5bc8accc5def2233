#include "media/v4l2_format.hpp"

#include <algorithm>
#include <vector>

#include "base/nearest.hpp"

namespace bigfoot::media {
namespace {

constexpr const char* words[] = {"auto", "raw", "mjpeg", "h264"};

// Names of one layout in planes of their own (NM12, YM12) mean the same to v4l2src.
constexpr V4l2FormatRow rows[] = {
    {"YU12", "I420", V4l2Kind::raw, 0},
    {"YM12", "I420", V4l2Kind::raw, 0},
    {"NV12", "NV12", V4l2Kind::raw, 1},
    {"NM12", "NV12", V4l2Kind::raw, 1},
    {"YV12", "YV12", V4l2Kind::raw, 4},
    {"NV21", "NV21", V4l2Kind::raw, 4},
    {"NM21", "NV21", V4l2Kind::raw, 4},
    {"GREY", "GRAY8", V4l2Kind::raw, 5, V4l2Colour::none},
    {"YUYV", "YUY2", V4l2Kind::raw, 8},
    {"UYVY", "UYVY", V4l2Kind::raw, 8},
    {"YVYU", "YVYU", V4l2Kind::raw, 8},
    {"422P", "Y42B", V4l2Kind::raw, 9},
    {"NV16", "NV16", V4l2Kind::raw, 10},
    {"NM16", "NV16", V4l2Kind::raw, 10},
    {"NV61", "NV61", V4l2Kind::raw, 10},
    {"NM61", "NV61", V4l2Kind::raw, 10},
    {"NV24", "NV24", V4l2Kind::raw, 12},
    {"XR24", "BGRx", V4l2Kind::raw, 20},
    {"BGR4", "BGRx", V4l2Kind::raw, 20},
    {"AR24", "BGRA", V4l2Kind::raw, 20},
    {"RGB4", "xRGB", V4l2Kind::raw, 20},
    {"BX24", "xRGB", V4l2Kind::raw, 20},
    {"BA24", "ARGB", V4l2Kind::raw, 20},
    {"XB24", "RGBx", V4l2Kind::raw, 20},
    {"AB24", "RGBA", V4l2Kind::raw, 20},
    {"RX24", "xBGR", V4l2Kind::raw, 20},
    {"RA24", "ABGR", V4l2Kind::raw, 20},
    {"RGB3", "RGB", V4l2Kind::raw, 20},
    {"BGR3", "BGR", V4l2Kind::raw, 20},
    {"RGBP", "RGB16", V4l2Kind::raw, 25, V4l2Colour::coarse},
    {"Y16 ", "GRAY16_LE", V4l2Kind::raw, 25, V4l2Colour::none},
    {"MJPG", "MJPEG", V4l2Kind::mjpeg, 40},
    {"JPEG", "JPEG", V4l2Kind::mjpeg, 40},
    {"H264", "H.264", V4l2Kind::h264, 100},
};

/// `Y16 ` is `Y16` to a person.
std::string without_blank(std::string fourcc) {
  if (fourcc.ends_with(' ')) fourcc.pop_back();
  return fourcc;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return out;
}

}  // namespace

std::span<const V4l2FormatRow> v4l2_formats() { return rows; }

const V4l2FormatRow* v4l2_format(std::string_view fourcc) {
  const auto* row = std::find_if(std::begin(rows), std::end(rows), [&](const auto& r) { return fourcc == r.fourcc; });
  return row == std::end(rows) ? nullptr : row;
}

Result<std::string> parse_v4l2_format(std::string_view text) {
  const std::string wanted = lower(text);
  for (const char* word : words)
    if (wanted == word) return word;
  if (wanted == "jpeg") return "mjpeg";
  for (const auto& row : rows)
    if (wanted == without_blank(lower(row.fourcc)) || wanted == lower(row.fourcc) || wanted == lower(row.name))
      return row.fourcc;
  std::vector<std::string> known{std::begin(words), std::end(words)};  // a word first: h265 means h264
  for (const auto& row : rows) known.push_back(lower(row.fourcc));
  std::string near = nearest(wanted, known);
  if (std::find(std::begin(words), std::end(words), near) == std::end(words))
    for (char& c : near)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  return fail("\"" + std::string(text.substr(0, 60)) + "\" is not a format that is taken from a camera",
              (near.empty() ? "" : "the nearest is " + near + "; ") +
                  "there are auto, raw, mjpeg, h264, and the names of formats like NV12, YUYV or MJPG");
}

}  // namespace bigfoot::media
