#include "media/placeholder.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/text_sign.hpp"
#include "media/glyphs.hpp"
#include "media/gst/video.hpp"

namespace bigfoot::media {
namespace {

constexpr Nanos draw_at_most = 5s;
constexpr Colour background = rgb(24, 28, 34);
constexpr double line_height = 1.7;  // of its capitals
constexpr std::uint8_t ink = 225, dim_ink = 140, rule_luma = 70;
constexpr std::size_t reason_lines_max = 4, fix_lines_max = 6;

void fill(const Picture& picture, Colour colour) {
  const auto& [size, y, u, v, y_stride, uv_stride] = picture;
  for (int row = 0; row < size.height; ++row) std::memset(picture.y_row(row), colour.y, size.width);
  for (int row = 0; row < size.height / 2; ++row) {
    std::memset(picture.u_row(row), colour.u, size.width / 2);
    std::memset(picture.v_row(row), colour.v, size.width / 2);
  }
}

/// Where in `text` its sign of that number begins: words on a picture are counted as they are seen, and a sign of
/// several bytes is not cut in two.
std::size_t offset_of(std::string_view text, std::size_t sign) {
  std::size_t at = 0;
  for (; at < text.size() && sign > 0; --sign) at += sign_at(text, at).bytes;
  return at;
}

/// Text from the top down.
class Page {
 public:
  explicit Page(const Picture& picture)
      : picture_(picture), unit_(std::min(picture.size.height / 720.0, picture.size.width / 1280.0)) {
    left_ = px(96);
    top_ = px(190);
  }
  void line(const std::string& text, double height, std::uint8_t luma) { write({text}, face_of(height), height, luma); }
  /// At most `lines_max`, and no more than there is room for.
  void lines(const std::string& text, double height, std::uint8_t luma, std::size_t lines_max) {
    const Typeface face = face_of(height);
    const int sign = std::max(1, face.width("N"));
    const auto width = static_cast<std::size_t>(std::max(8, (picture_.size.width - 2 * left_) / sign));
    const int room = std::max(1, (picture_.size.height - top_) / std::max(1, px(height * line_height)));
    write(wrap_words(text, width, std::min(lines_max, static_cast<std::size_t>(room))), face, height, luma);
  }
  void space(double height) { top_ += px(height); }
  void rule() {
    for (int row = top_; row < std::min(top_ + std::max(2, px(3)), picture_.size.height); ++row)
      std::memset(picture_.y_row(row) + left_, rule_luma, std::max(0, picture_.size.width - 2 * left_));
    space(44);
  }

 private:
  int px(double at720) const { return static_cast<int>(std::lround(at720 * unit_)); }
  Typeface face_of(double height) const { return Typeface(height * unit_, std::max(1.2, height * unit_ / 7)); }
  void write(const std::vector<std::string>& texts, const Typeface& face, double height, std::uint8_t luma) {
    for (const std::string& text : texts) {
      face.draw(picture_, left_, top_, text, luma);
      top_ += px(height * line_height);
    }
  }

  const Picture& picture_;
  const double unit_;
  int left_, top_;
};

}  // namespace

std::vector<std::string> wrap_words(const std::string& text, std::size_t width, std::size_t lines_max) {
  std::vector<std::string> lines;
  std::string rest = text;
  while (!rest.empty() && lines.size() < lines_max) {
    std::size_t end = std::min(rest.find('\n'), rest.size());
    if (const std::size_t fits = offset_of(rest, width); end > fits) {
      end = rest.rfind(' ', fits);
      if (end == std::string::npos || end == 0) end = fits;
    }
    lines.push_back(rest.substr(0, end));
    rest.erase(0, std::min(rest.size(), rest.find_first_not_of(' ', end)));
    if (rest.starts_with('\n')) rest.erase(0, 1);
  }
  if (!rest.empty() && !lines.empty()) {
    std::string& last = lines.back();
    last = last.substr(0, offset_of(last, width > 3 ? width - 3 : 0)) + "...";
  }
  return lines;
}

void draw_placeholder(const Picture& picture, const PlaceholderText& text) {
  fill(picture, background);
  Page page(picture);
  page.line(text.name, 34, dim_ink);
  page.space(10);
  page.line("No picture", 64, ink);
  page.rule();
  page.lines(text.what, 26, ink, reason_lines_max);
  page.space(14);
  page.lines(text.fix, 22, dim_ink, fix_lines_max);
}

Placeholder::Placeholder(Loop& loop, std::shared_ptr<Feed> feed, Size size, FrameRate fps)
    : loop_(loop), feed_(std::move(feed)), size_(size), fps_(fps), worker_(loop, [](const std::string&, Nanos) {}) {}

void Placeholder::show(PlaceholderText text) {
  if (text_ == text) return;
  text_ = std::move(text);
  draw();
}

void Placeholder::hide() {
  text_.reset();
  timer_.reset();
}

void Placeholder::end() {
  hide();
  worker_.end();
}

void Placeholder::resize(Size size, FrameRate fps) {
  hide();
  size_ = size;
  fps_ = fps;
}

void Placeholder::draw() {
  const auto picture = std::make_shared<gst::Handle<GstBuffer>>();
  const auto caps = std::make_shared<gst::Handle<GstCaps>>();
  auto job = [picture, caps, feed = feed_, text = *text_, size = size_, fps = fps_] {
    *caps = gst::raw_video_caps(size, fps);
    *picture = gst::adopt(gst_buffer_new_allocate(nullptr, gst::raw_video_bytes(size, fps), nullptr));
    gst::draw_into(picture->get(), size, fps, [&](const Picture& to) { draw_placeholder(to, text); });
    // In the format of the pictures before: the encoder goes on in the same stream, without a key frame.
    if (auto known = feed->caps())
      if (auto converted = gst::convert(picture->get(), caps->get(), known.get())) {
        *picture = std::move(converted);
        *caps = std::move(known);
      }
  };
  worker_.run("drawing", draw_at_most, std::move(job), [this, picture, caps] { drawn(picture, caps); });
}

void Placeholder::drawn(const std::shared_ptr<gst::Handle<GstBuffer>>& buffer,
                        const std::shared_ptr<gst::Handle<GstCaps>>& caps) {
  if (!text_ || !*buffer) return;
  picture_ = std::move(*buffer);
  caps_ = std::move(*caps);
  feed_->placeholder(picture_.get(), caps_.get());
  if (!timer_) timer_ = loop_.every(period, [this] { feed_->placeholder(picture_.get(), caps_.get()); });
}

}  // namespace bigfoot::media
