#pragma once
// What viewers see while a camera gives nothing: its name, that there is no picture, and the reason.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/loop.hpp"
#include "base/result.hpp"
#include "media/feed.hpp"
#include "media/picture.hpp"
#include "media/worker.hpp"

namespace bigfoot::media {

struct PlaceholderText {
  std::string name;  ///< of the camera
  std::string what;  ///< the reason
  std::string fix;   ///< what a person can do; may be empty
  bool operator==(const PlaceholderText&) const = default;
};

/// Lines of at most `width` signs (of UTF-8), broken between words and where the text has an end of line; the last ends
/// in `...` when there is more. Pure.
std::vector<std::string> wrap_words(const std::string& text, std::size_t width, std::size_t lines_max);

/// Takes some 10 ms at 1280x720. Pure.
void draw_placeholder(const Picture& picture, const PlaceholderText& text);

/// Loop thread; draws in a thread of its own.
class Placeholder {
 public:
  Placeholder(Loop& loop, std::shared_ptr<Feed> feed, Size size, FrameRate fps);

  /// From now on until hide(), again when the text changes.
  void show(PlaceholderText text);
  void hide();
  /// What is shown from the next show() on.
  void resize(Size size, FrameRate fps);
  /// Hides it and asks its worker to end.
  void end();
  bool shown() const { return text_.has_value(); }

  /// Often enough that a viewer does not take it for a frozen picture (300 ms).
  static constexpr Nanos period = 66ms;

 private:
  void draw();
  void drawn(const std::shared_ptr<gst::Handle<GstBuffer>>& buffer, const std::shared_ptr<gst::Handle<GstCaps>>& caps);

  Loop& loop_;
  const std::shared_ptr<Feed> feed_;
  Size size_;
  FrameRate fps_;
  Worker worker_;
  std::optional<PlaceholderText> text_;
  gst::Handle<GstBuffer> picture_;
  gst::Handle<GstCaps> caps_;
  Subscription timer_;
};

}  // namespace bigfoot::media
