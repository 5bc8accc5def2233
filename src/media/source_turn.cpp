#include "media/source_turn.hpp"

#include <charconv>
#include <cstdio>

namespace bigfoot::media {
namespace {

std::string quoted(std::string_view text) { return "\"" + std::string(text.substr(0, 60)) + "\""; }

/// videoflip's name of a rotation and the flip that follows it.
const char* direction(Rotate rotate, Flip flip) {
  const bool first_diagonal = (rotate == Rotate::by_90) == (flip == Flip::horizontal);
  switch (rotate) {
    case Rotate::none: return flip == Flip::none ? "identity" : flip == Flip::horizontal ? "horiz" : "vert";
    case Rotate::by_180: return flip == Flip::none ? "180" : flip == Flip::horizontal ? "vert" : "horiz";
    case Rotate::by_90:
      if (flip == Flip::none) return "90r";
      break;
    case Rotate::by_270:
      if (flip == Flip::none) return "90l";
      break;
  }
  return first_diagonal ? "ul-lr" : "ur-ll";
}

/// Takes a number off the front of `text`, and `end` after it.
std::optional<int> take_number(std::string_view& text, char end) {
  const auto at = end ? text.find(end) : text.size();
  if (at == std::string_view::npos) return std::nullopt;
  int number = 0;
  const auto read = std::from_chars(text.data(), text.data() + at, number);
  if (read.ec != std::errc() || read.ptr != text.data() + at || number < 0 || number > 8192 || number % 2 != 0)
    return std::nullopt;
  text.remove_prefix(end ? at + 1 : at);
  return number;
}

}  // namespace

std::string Crop::text() const { return std::to_string(left) + "," + std::to_string(top) + "," + size.text(); }

std::string Orientation::crop_text(Size own) const {
  if (!crop) return {};
  char text[96];
  std::snprintf(text, sizeof text, "videocrop left=%d top=%d right=%d bottom=%d", crop->left, crop->top,
                own.width - crop->left - crop->size.width, own.height - crop->top - crop->size.height);
  return text;
}

std::string Orientation::flip_text() const {
  if (rotate == Rotate::none && flip == Flip::none) return {};
  return std::string("videoflip video-direction=") + direction(rotate, flip);
}

Result<Rotate> parse_rotate(std::string_view text) {
  for (const Rotate rotate : {Rotate::none, Rotate::by_90, Rotate::by_180, Rotate::by_270})
    if (text == std::to_string(static_cast<int>(rotate))) return rotate;
  return fail(quoted(text) + " is not a rotation", "there are 90, 180 and 270, clockwise");
}

Result<Flip> parse_flip(std::string_view text) {
  for (const Flip flip : {Flip::none, Flip::horizontal, Flip::vertical})
    if (text == to_string(flip)) return flip;
  return fail(quoted(text) + " is not a flip", "there are horizontal and vertical; for both write rotate=180");
}

Result<Crop> parse_crop(std::string_view text) {
  std::string_view rest = text;
  const auto left = take_number(rest, ',');
  const auto top = left ? take_number(rest, ',') : std::nullopt;
  const auto size = top ? parse_size(rest) : Result<Size>(fail("no size"));
  if (!size)
    return fail(quoted(text) + " is not a piece of a picture",
                "write LEFT,TOP,WIDTHxHEIGHT in even numbers, like crop=320,180,640x360");
  return Crop{*left, *top, *size};
}

const char* to_string(Flip flip) {
  switch (flip) {
    case Flip::none: return "none";
    case Flip::horizontal: return "horizontal";
    case Flip::vertical: return "vertical";
  }
  return "none";
}

}  // namespace bigfoot::media
