#include "media/painter.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <gst/video/gstvideopool.h>
#include <gst/video/video.h>

#include "media/gst/video.hpp"

namespace bigfoot::media {
namespace {

constexpr FrameRate any_rate{30, 1};
constexpr Colour black{};

int even(double value) { return static_cast<int>(std::lround(value / 2)) * 2; }

std::size_t columns_of(std::size_t cells) {
  return std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(cells)))));
}

/// As large as it can be in `size` with its sides in proportion.
Area fitted_area(Size picture, Size size) {
  const double scale =
      std::min(static_cast<double>(size.width) / picture.width, static_cast<double>(size.height) / picture.height);
  const int width = std::clamp(even(picture.width * scale), 2, size.width);
  const int height = std::clamp(even(picture.height * scale), 2, size.height);
  return {even((size.width - width) / 2.0), even((size.height - height) / 2.0), width, height};
}

void copy_rows(std::uint8_t* to, int to_stride, const std::uint8_t* from, int from_stride, int width, int rows) {
  for (int row = 0; row < rows; ++row)
    std::memcpy(to + static_cast<std::ptrdiff_t>(row) * to_stride,
                from + static_cast<std::ptrdiff_t>(row) * from_stride, static_cast<std::size_t>(width));
}

void copy(const Picture& from, const Picture& to, Area area) {
  copy_rows(to.y_row(area.y) + area.x, to.y_stride, from.y, from.y_stride, area.width, area.height);
  copy_rows(to.u_row(area.y / 2) + area.x / 2, to.uv_stride, from.u, from.uv_stride, area.width / 2, area.height / 2);
  copy_rows(to.v_row(area.y / 2) + area.x / 2, to.uv_stride, from.v, from.uv_stride, area.width / 2, area.height / 2);
}

}  // namespace

/// Buffers of one size, used again and again.
class Painter::Pool {
 public:
  explicit Pool(Size size) : size_(size), caps_(gst::raw_video_caps(size, any_rate)) {
    pool_ = gst::adopt(gst_video_buffer_pool_new());
    GstStructure* config = gst_buffer_pool_get_config(pool_.get());
    gst_buffer_pool_config_set_params(config, caps_.get(), static_cast<guint>(gst::raw_video_bytes(size, any_rate)), 2,
                                      0);
    gst_buffer_pool_set_config(pool_.get(), config);
    gst_buffer_pool_set_active(pool_.get(), TRUE);
  }
  ~Pool() { gst_buffer_pool_set_active(pool_.get(), FALSE); }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  Size size() const { return size_; }
  GstCaps* caps() const { return caps_.get(); }
  gst::Handle<GstBuffer> take() const {
    GstBuffer* buffer = nullptr;
    if (gst_buffer_pool_acquire_buffer(pool_.get(), &buffer, nullptr) != GST_FLOW_OK) return {};
    return gst::adopt(buffer);
  }

 private:
  Size size_;
  gst::Handle<GstCaps> caps_;
  gst::Handle<GstBufferPool> pool_;
};

/// Pictures of one format into I420 of one size, their sides in proportion, black around them.
class Painter::Fitter {
 public:
  Fitter(GstCaps* from, Size size) : size_(size) {
    if (from) from_ = gst::share(from);
    const auto to = gst::raw_video_caps(size, any_rate);
    if (!from || !gst_video_info_from_caps(&in_, from) || !gst_video_info_from_caps(&out_, to.get())) return;
    // The converter refuses others as none of its business (GStreamer 1.22: an assertion, and no converter).
    out_.fps_n = in_.fps_n;
    out_.fps_d = in_.fps_d;
    out_.interlace_mode = in_.interlace_mode;
    const Area area = fitted_area({GST_VIDEO_INFO_WIDTH(&in_), GST_VIDEO_INFO_HEIGHT(&in_)}, size);
    GstStructure* options = gst_structure_new(
        "options", GST_VIDEO_CONVERTER_OPT_DEST_X, G_TYPE_INT, area.x, GST_VIDEO_CONVERTER_OPT_DEST_Y, G_TYPE_INT,
        area.y, GST_VIDEO_CONVERTER_OPT_DEST_WIDTH, G_TYPE_INT, area.width, GST_VIDEO_CONVERTER_OPT_DEST_HEIGHT,
        G_TYPE_INT, area.height, GST_VIDEO_CONVERTER_OPT_RESAMPLER_METHOD, GST_TYPE_VIDEO_RESAMPLER_METHOD,
        GST_VIDEO_RESAMPLER_METHOD_LINEAR, nullptr);
    converter_ = gst_video_converter_new(&in_, &out_, options);
  }
  ~Fitter() {
    if (converter_) gst_video_converter_free(converter_);
  }
  Fitter(const Fitter&) = delete;
  Fitter& operator=(const Fitter&) = delete;

  bool is_for(GstCaps* from, Size size) const {
    return size == size_ && from && from_ && gst_caps_is_equal(from, from_.get());
  }
  bool fit(GstBuffer* picture, GstBuffer* into) const {
    GstVideoFrame read, write;
    if (!converter_ || !gst_video_frame_map(&read, &in_, picture, GST_MAP_READ)) return false;
    const bool writable = gst_video_frame_map(&write, &out_, into, GST_MAP_WRITE);
    if (writable) {
      gst_video_converter_frame(converter_, &read, &write);
      gst_video_frame_unmap(&write);
    }
    gst_video_frame_unmap(&read);
    return writable;
  }

 private:
  gst::Handle<GstCaps> from_;
  Size size_;
  GstVideoInfo in_{}, out_{};
  GstVideoConverter* converter_ = nullptr;
};

Painter::Painter() = default;
Painter::~Painter() = default;

std::vector<Area> Painter::grid(std::size_t cells, Size cell) {
  const int columns = static_cast<int>(columns_of(cells));
  std::vector<Area> areas;
  areas.reserve(cells);
  for (int index = 0; index < static_cast<int>(cells); ++index)
    areas.push_back({index % columns * cell.width, index / columns * cell.height, cell.width, cell.height});
  return areas;
}

/// Only what came since is fitted anew.
bool Painter::fit(std::size_t tile, const Tile& what, Size size) {
  Fitted& fitted = fitted_[tile];
  if (!what.image) return false;
  if (fitted.of == what.image && fitted.size == size) return true;
  if (!fitted.fitter || !fitted.fitter->is_for(what.image->caps(), size))
    fitted.fitter = std::make_shared<Fitter>(what.image->caps(), size);
  if (!fitted.made || fitted.size != size)
    fitted.made = gst::adopt(gst_buffer_new_allocate(nullptr, gst::raw_video_bytes(size, any_rate), nullptr));
  fitted.size = size;
  fitted.of = fitted.made && fitted.fitter->fit(what.image->buffer(), fitted.made.get()) ? what.image : nullptr;
  return fitted.of != nullptr;
}

Size Painter::cell_of(const Stage::Content& content, std::optional<Size> window) {
  const std::size_t tiles = content.tiles.size();
  if (window) {
    const int columns = static_cast<int>(columns_of(tiles));
    const int rows = (static_cast<int>(tiles) + columns - 1) / columns;
    return {std::max(window->width / columns & ~1, 2), std::max(window->height / rows & ~1, 2)};
  }
  if (tiles > 1) return cell;
  const ImagePtr& image = content.tiles.front().image;
  if (!image || image->size() == Size{}) return usual;
  return {even(image->size().width), even(image->size().height)};
}

void Painter::draw(const Picture& picture, const Stage::Content& content, const std::vector<Area>& areas,
                   Timestamp now) {
  fill(picture, {0, 0, picture.size.width, picture.size.height}, black);
  for (std::size_t tile = 0; tile < areas.size(); ++tile) {
    const Tile& what = content.tiles[tile];
    const Area area = areas[tile];
    if (fit(tile, what, {area.width, area.height}))
      gst::draw_into(fitted_[tile].made.get(), {area.width, area.height}, any_rate,
                     [&](const Picture& made) { copy(made, picture, area); });
    if (what.notice) overlay_.notice(picture, area, *what.notice, now);
    if (areas.size() > 1) overlay_.label(picture, area, what.label);
    overlay_.lines(picture, area, what.overlay, what.notice.has_value());
  }
}

ImagePtr Painter::paint(const Stage::Content& content, Timestamp now, std::optional<Size> window) {
  const Tile& first = content.tiles.front();
  if (content.tiles.size() == 1 && first.image && !first.notice && first.overlay.empty() &&
      (!window || *window == first.image->size())) {
    fitted_.clear();  // the decoder may have few such buffers
    return first.image;
  }
  fitted_.resize(content.tiles.size());
  const auto areas = grid(content.tiles.size(), cell_of(content, window));
  Size whole;
  for (const Area& area : areas)
    whole = {std::max(whole.width, area.x + area.width), std::max(whole.height, area.y + area.height)};
  if (!pool_ || pool_->size() != whole) pool_ = std::make_unique<Pool>(whole);
  auto buffer = pool_->take();
  if (!buffer) return nullptr;
  const bool drawn = gst::draw_into(buffer.get(), whole, any_rate,
                                    [&](const Picture& picture) { draw(picture, content, areas, now); });
  return drawn ? std::make_shared<const Image>(std::move(buffer), pool_->caps()) : nullptr;
}

}  // namespace bigfoot::media
