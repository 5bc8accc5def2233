#include "media/scene.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

namespace bigfoot::media {
namespace {

constexpr int texture_bits = 10;
constexpr int levels = 6;
constexpr double pole_spacing = 420;  // texels
constexpr int poles_ahead = 12;
constexpr double speed = 190;  // texels a second

struct Rgb {
  double r, g, b;
};
Rgb mix(Rgb a, Rgb b, double t) {
  t = std::clamp(t, 0.0, 1.0);
  return {a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t};
}
constexpr Rgb zenith{26, 38, 72}, middle{112, 86, 118}, haze{238, 178, 128};
constexpr Rgb far_hills{150, 108, 112}, near_hills{78, 52, 68}, soil{150, 84, 50};

std::uint32_t hash(std::uint32_t x, std::uint32_t y, std::uint32_t seed) {
  std::uint32_t h = x * 0x9E3779B1u ^ y * 0x85EBCA77u ^ seed * 0xC2B2AE3Du;
  h = (h ^ h >> 15) * 0x2C1B3C6Du;
  h = (h ^ h >> 12) * 0x297A2D39u;
  return h ^ h >> 15;
}
double unit(std::uint32_t h) { return static_cast<double>(h >> 8) / 16777215.0 * 2 - 1; }

/// One octave of smooth noise in [-1, 1], `cells` across, periodic; added to `to` (side × side) with a weight.
void add_octave(std::vector<float>& to, int side, int cells, std::uint32_t seed, double weight) {
  const int span = side / cells;
  const auto lattice = [&](int x, int y) {
    return unit(hash(static_cast<std::uint32_t>(x % cells), static_cast<std::uint32_t>(y % cells), seed));
  };
  for (int y = 0; y < side; ++y) {
    const int cell_y = y / span;
    const double ty = static_cast<double>(y % span) / span, fade_y = ty * ty * (3 - 2 * ty);
    for (int cell_x = 0; cell_x < cells; ++cell_x) {
      const double left = std::lerp(lattice(cell_x, cell_y), lattice(cell_x, cell_y + 1), fade_y);
      const double right = std::lerp(lattice(cell_x + 1, cell_y), lattice(cell_x + 1, cell_y + 1), fade_y);
      for (int x = 0; x < span; ++x)
        to[static_cast<std::size_t>(y) * side + cell_x * span + x] +=
            static_cast<float>(weight * std::lerp(left, right, static_cast<double>(x) / span));
    }
  }
}

/// Stones: a bright top and a dark foot each.
void add_stones(std::vector<float>& to, int side, int count) {
  for (int i = 0; i < count; ++i) {
    const std::uint32_t h = hash(static_cast<std::uint32_t>(i), 5, 99);
    const int cx = static_cast<int>(h % side), cy = static_cast<int>(h / 1024 % side);
    const double radius = 2.5 + static_cast<double>(h >> 20 & 255) / 255 * 9;
    const int reach = static_cast<int>(radius * 1.4);
    for (int dy = -reach; dy <= reach; ++dy)
      for (int dx = -reach; dx <= reach; ++dx) {
        const double away = std::hypot(dx, dy * 1.3) / radius;
        if (away > 1) continue;
        const double light = (-dx * 0.6 + dy * 0.8) / radius;  // the sun stands at the left, beyond
        to[static_cast<std::size_t>((cy + dy + side) % side) * side + (cx + dx + side) % side] +=
            static_cast<float>((1 - away * away) * (0.15 + light) * 1.2);
      }
  }
}

double ridge(double x, std::uint32_t seed, double width) {
  double height = 0, weight = 1, cell = width;
  for (int octave = 0; octave < 7; ++octave, cell /= 2, weight *= 0.5) {
    const double at = x / cell, t = at - std::floor(at), fade = t * t * (3 - 2 * t);
    const auto index = static_cast<std::uint32_t>(static_cast<std::int64_t>(std::floor(at)) + 1000);
    height += weight * std::lerp(unit(hash(index, seed, octave)), unit(hash(index + 1, seed, octave)), fade);
  }
  return height;
}

}  // namespace

struct Scene::Camera {
  int pan;         ///< pixels the picture is moved to the right
  double forward;  ///< texels driven
  double aside;    ///< texels
};

Scene::Scene(Size size)
    : size_(size),
      horizon_(size.height * 42 / 100 / 2 * 2),
      focal_(size.width * 0.72),
      pan_max_(size.width * 11 / 100 / 2 * 2),
      sky_width_(size.width + 2 * pan_max_),
      drone_(draw_strokes("-0121 -1113 -7191 -8183 -1383 o32627424 -3363 -3454 -3426 -6476", 6, size.height * 0.05,
                          std::max(1.5, size.height * 0.0075))) {
  make_sky();
  make_ground();
}

void Scene::make_sky() {
  const int w = sky_width_, h = horizon_;
  sky_y_.resize(static_cast<std::size_t>(w) * h);
  sky_u_.resize(static_cast<std::size_t>(w / 2) * (h / 2));
  sky_v_.resize(sky_u_.size());
  const double sun_x = w * 0.34, sun_y = h * 0.78, sun_radius = h * 0.085;
  std::vector<double> far_top(w), near_top(w);
  for (int x = 0; x < w; ++x) {
    far_top[x] = h * (0.80 + 0.075 * ridge(x, 3, w / 5.0));
    near_top[x] = h * (0.925 + 0.045 * ridge(x, 8, w / 9.0));
  }
  for (int y = 0; y < h; ++y)
    for (int x = 0; x < w; ++x) {
      const double down = static_cast<double>(y) / h;
      Rgb c = down < 0.55 ? mix(zenith, middle, down / 0.55) : mix(middle, haze, (down - 0.55) / 0.40);
      const double to_sun = std::hypot(x - sun_x, y - sun_y) / sun_radius;
      c = mix(c, {255, 214, 150}, 0.75 * std::exp(-to_sun * 0.33));
      c = mix(c, {255, 244, 214}, (1.06 - to_sun) * 16);
      const double grain = unit(hash(static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y), 21));
      const auto cover = [&](double top) { return std::clamp(y - top + 0.5, 0.0, 1.0); };
      if (y >= far_top[x] - 1) c = mix(c, mix(far_hills, haze, (y - far_top[x]) / (h * 0.48)), cover(far_top[x]));
      if (y >= near_top[x] - 1)
        c = mix(c, mix(near_hills, far_hills, (y - near_top[x]) / (h * 0.16)), cover(near_top[x]));
      const double lit = y >= near_top[x] ? 5 * grain : y >= far_top[x] ? 3 * grain : 1.2 * grain;
      const Colour colour =
          rgb(static_cast<int>(std::clamp(c.r + lit, 0.0, 255.0)), static_cast<int>(std::clamp(c.g + lit, 0.0, 255.0)),
              static_cast<int>(std::clamp(c.b + lit, 0.0, 255.0)));
      sky_y_[static_cast<std::size_t>(y) * w + x] = colour.y;
      if (x % 2 == 0 && y % 2 == 0) {
        sky_u_[static_cast<std::size_t>(y / 2) * (w / 2) + x / 2] = colour.u;
        sky_v_[static_cast<std::size_t>(y / 2) * (w / 2) + x / 2] = colour.v;
      }
    }
}

void Scene::make_ground() {
  const int side = 1 << texture_bits;
  std::vector<float> height(static_cast<std::size_t>(side) * side, 0.f);
  for (int octave = 0; octave < 7; ++octave)
    add_octave(height, side, 8 << octave, static_cast<std::uint32_t>(octave), 0.42 * std::pow(0.74, octave));
  add_stones(height, side, 1400);
  Bytes finest(height.size());
  for (std::size_t i = 0; i < height.size(); ++i) {
    const double grain = unit(hash(static_cast<std::uint32_t>(i), 1, 77));
    finest[i] = static_cast<std::uint8_t>(std::clamp(96 + 58 * height[i] + 15 * grain, 18.0, 225.0));
  }
  texture_.push_back(std::move(finest));
  for (int level = 1; level < levels; ++level) {
    const int wide = side >> level;
    const Bytes& from = texture_.back();
    Bytes to(static_cast<std::size_t>(wide) * wide);
    for (int y = 0; y < wide; ++y)
      for (int x = 0; x < wide; ++x) {
        const std::uint8_t* p = &from[static_cast<std::size_t>(2 * y) * 2 * wide + 2 * x];
        to[static_cast<std::size_t>(y) * wide + x] =
            static_cast<std::uint8_t>((p[0] + p[1] + p[2 * wide] + p[2 * wide + 1] + 2) / 4);
      }
    texture_.push_back(std::move(to));
  }
  const Colour hazy = rgb(static_cast<int>(haze.r), static_cast<int>(haze.g), static_cast<int>(haze.b));
  const double scale = 1280.0 / size_.width;  // the same ground at every size
  for (int y = horizon_; y < size_.height; ++y) {
    GroundRow row;
    const double below = y - horizon_ + 0.75, reach = size_.height - horizon_;
    const double across = reach / below * scale, along = across * focal_ / below;  // texels a pixel, a row
    row.level = std::clamp(static_cast<int>(std::lround(std::log2(std::sqrt(across * std::min(along, across * 4))))), 0,
                           levels - 1);
    row.step = static_cast<std::uint32_t>(across / (1 << row.level) * 65536);
    row.depth = across * focal_;
    const double clear = std::pow(std::clamp(below / reach, 0.0, 1.0), 0.42);
    row.fog_scale = static_cast<int>(256 * clear);
    row.fog_offset = static_cast<int>(256 * (1 - clear) * (hazy.y - 8));
    const Rgb tint = mix(haze, soil, clear * 1.05);
    row.colour = rgb(static_cast<int>(tint.r), static_cast<int>(tint.g), static_cast<int>(tint.b));
    rows_.push_back(row);
  }
}

void Scene::draw(const Picture& picture, Nanos time) const {
  const double t = to_seconds(time), turn = 2 * std::numbers::pi;
  Camera camera{};
  camera.pan = static_cast<int>(std::lround(pan_max_ * std::sin(t * turn / 23) / 2)) * 2;
  camera.forward = speed * t;
  camera.aside = 130 * std::sin(t * turn / 31);
  draw_sky(picture, camera);
  draw_ground(picture, camera);
  draw_poles(picture, camera);
  draw_drone(picture, time);
}

void Scene::draw_sky(const Picture& picture, const Camera& camera) const {
  const int from = pan_max_ - camera.pan;
  for (int y = 0; y < horizon_; ++y)
    std::memcpy(picture.y_row(y), &sky_y_[static_cast<std::size_t>(y) * sky_width_ + from], size_.width);
  for (int y = 0; y < horizon_ / 2; ++y) {
    const std::size_t at = static_cast<std::size_t>(y) * (sky_width_ / 2) + from / 2;
    std::memcpy(picture.u_row(y), &sky_u_[at], size_.width / 2);
    std::memcpy(picture.v_row(y), &sky_v_[at], size_.width / 2);
  }
}

void Scene::draw_ground(const Picture& picture, const Camera& camera) const {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const GroundRow& row = rows_[i];
    const int bits = texture_bits - row.level, y = horizon_ + static_cast<int>(i);
    const std::uint32_t mask = (1u << bits) - 1;
    const auto line =
        static_cast<std::uint32_t>(static_cast<std::int64_t>((row.depth + camera.forward) / (1 << row.level))) & mask;
    const std::uint8_t* texels = &texture_[row.level][static_cast<std::size_t>(line) << bits];
    const double left = camera.aside / (1 << row.level) - (size_.width / 2.0 + camera.pan) * row.step / 65536.0;
    auto at = static_cast<std::uint32_t>(static_cast<std::int64_t>(left * 65536));
    const std::uint32_t step = row.step, wrap = mask << 16 | 0xFFFF;
    const int scale = row.fog_scale, offset = row.fog_offset;
    std::uint8_t* out = picture.y_row(y);
    for (int x = 0; x < size_.width; ++x, at += step)
      out[x] = static_cast<std::uint8_t>((texels[(at & wrap) >> 16] * scale + offset) >> 8);
    if (y % 2 == 0) {
      std::memset(picture.u_row(y / 2), row.colour.u, size_.width / 2);
      std::memset(picture.v_row(y / 2), row.colour.v, size_.width / 2);
    }
  }
}

namespace {
void fill(const Picture& picture, int left, int top, int right, int bottom, Colour colour) {
  left = std::clamp(left, 0, picture.size.width), right = std::clamp(right, 0, picture.size.width);
  top = std::clamp(top, 0, picture.size.height), bottom = std::clamp(bottom, 0, picture.size.height);
  if (left >= right) return;
  for (int y = top; y < bottom; ++y) {
    std::memset(picture.y_row(y) + left, colour.y, right - left);
    if (y % 2 != 0) continue;
    std::memset(picture.u_row(y / 2) + left / 2, colour.u, (right + 1) / 2 - left / 2);
    std::memset(picture.v_row(y / 2) + left / 2, colour.v, (right + 1) / 2 - left / 2);
  }
}
}  // namespace

void Scene::draw_poles(const Picture& picture, const Camera& camera) const {
  constexpr Colour orange = rgb(240, 112, 32), white = rgb(238, 236, 230), shade = rgb(120, 66, 38);
  const double reach = size_.height - horizon_, scale = 1280.0 / size_.width;
  const double first = std::ceil((camera.forward + focal_ * scale * 0.9) / pole_spacing) * pole_spacing;
  for (int i = poles_ahead - 1; i >= 0; --i) {
    const double depth = first + i * pole_spacing - camera.forward, across = depth / focal_;
    const int foot = horizon_ + static_cast<int>(reach * scale / across);
    const int tall = static_cast<int>(330 / across), wide = std::max(1, static_cast<int>(13 / across));
    for (const int side : {-1, 1}) {
      const int x = size_.width / 2 + camera.pan + static_cast<int>((side * 560 - camera.aside) / across);
      fill(picture, x - wide * 2, foot - wide / 2, x + wide * 7, foot + wide / 3 + 1, shade);
      for (int stripe = 0; stripe < 5; ++stripe)
        fill(picture, x - wide / 2, foot - tall * (stripe + 1) / 5, x - wide / 2 + wide, foot - tall * stripe / 5,
             stripe % 2 == 0 ? white : orange);
    }
  }
}

void Scene::draw_drone(const Picture& picture, Nanos time) const {
  const double t = to_seconds(time);
  const int x = static_cast<int>(size_.width * (0.5 + 0.36 * std::sin(t * 0.53)));
  const int y = static_cast<int>(horizon_ * (0.50 + 0.13 * std::sin(t * 1.13)));
  blend(picture, x - drone_.width / 2, y - drone_.height / 2, drone_, 24);
}

}  // namespace bigfoot::media
