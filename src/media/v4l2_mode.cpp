#include "media/v4l2_mode.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <tuple>
#include <utility>

#include "media/v4l2_format.hpp"

namespace bigfoot::media {
namespace {

constexpr double rate_tolerance = 0.99;  // 29.97 is 30 to a person
constexpr std::size_t offers_shown = 8;
/// What slows two raw modes of a camera (the bus, the dark) slows all of them.
constexpr int tried_of_a_kind = 2;

bool good_enough(FrameRate rate, FrameRate wanted) { return rate.fps() >= wanted.fps() * rate_tolerance; }

/// The smallest value of a range that is not below `wanted`, even as 4:2:0 needs it; 0: there is none.
int next_in_range(int wanted, int min, int max, int step) {
  step = std::max(1, step);
  int value = wanted <= min ? min : min + (wanted - min + step - 1) / step * step;
  if (value % 2 != 0 && step % 2 != 0) value += step;
  return value <= max && value % 2 == 0 ? value : 0;
}

V4l2Rates rates_at(const V4l2Mode& mode, Size size) {
  if (size == mode.size) return {size, mode.rates, mode.any_rate_between};
  const auto asked =
      std::find_if(mode.asked.begin(), mode.asked.end(), [size](const V4l2Rates& rates) { return rates.size == size; });
  return asked == mode.asked.end() ? V4l2Rates{size, {}} : *asked;
}

/// The slowest rate that is good enough, else the fastest; the wanted one where the camera does not say.
FrameRate nearest_rate(const V4l2Rates& at, FrameRate wanted) {
  if (at.rates.empty()) return wanted;
  if (at.any_rate_between && good_enough(at.rates.front(), wanted))
    return wanted.fps() < at.rates.back().fps()    ? at.rates.back()
           : wanted.fps() > at.rates.front().fps() ? at.rates.front()
                                                   : wanted;
  FrameRate best = at.rates.front();
  for (const FrameRate rate : at.rates)
    if (good_enough(rate, wanted)) best = rate;
  return best;
}

bool has_format(const V4l2FormatRow& row, const std::string& format) {
  switch (row.kind) {
    case V4l2Kind::raw: return format == "auto" || format == "raw" || format == row.fourcc;
    case V4l2Kind::mjpeg: return format == "auto" || format == "mjpeg" || format == row.fourcc;
    case V4l2Kind::h264: return format == "auto" || format == "h264" || format == row.fourcc;
  }
  return false;
}

/// Less is better: what loses colour is no saving.
std::pair<V4l2Colour, double> cost_of(const V4l2Choice& choice) {
  const auto* row = v4l2_format(choice.fourcc);
  if (!row) return {V4l2Colour::none, 1e12};
  return {row->colour, (1 + row->cost) * choice.rate.fps() * choice.size.width * choice.size.height};
}

double area_apart(Size a, Size b) {
  return std::abs(std::log(static_cast<double>(a.width) * a.height / (static_cast<double>(b.width) * b.height)));
}

const V4l2RuledOut* ruled(const V4l2Choice& choice, const std::vector<V4l2RuledOut>& ruled_out) {
  const auto at =
      std::find_if(ruled_out.begin(), ruled_out.end(), [&](const V4l2RuledOut& out) { return out.mode == choice; });
  return at == ruled_out.end() ? nullptr : &*at;
}

V4l2Kind kind_of(const V4l2Choice& choice) {
  const auto* row = v4l2_format(choice.fourcc);
  return row ? row->kind : V4l2Kind::raw;
}

/// Of a long list the first, which is the cheapest, of each size and rate: other sizes and rates tell a person more
/// than other formats.
std::string shown(const std::vector<V4l2Choice>& offers) {
  std::vector<V4l2Choice> few;
  for (const auto& offer : offers) {
    const bool known = std::any_of(few.begin(), few.end(), [&offer](const V4l2Choice& other) {
      return other.size == offer.size && other.rate == offer.rate;
    });
    if (few.size() < offers_shown && (!known || offers.size() <= offers_shown)) few.push_back(offer);
  }
  std::string list;
  for (const auto& offer : few) list += (list.empty() ? "" : " · ") + offer.text();
  if (offers.size() > few.size()) list += " and " + std::to_string(offers.size() - few.size()) + " more";
  return list;
}

tl::unexpected<Error> refusal(const V4l2Device& device, const V4l2Wanted& wanted) {
  const std::string what = wanted.path + " refuses " + wanted.size.text() + " at " + rate_text(wanted.fps) + " fps" +
                           (wanted.format == "auto" ? "" : " as " + wanted.format);
  const auto offers = v4l2_offers(device, wanted);
  std::string fix;
  if (offers.empty())
    fix = device.modes.empty() ? "it offers neither raw nor MJPEG nor H.264 pictures: it is no camera for this"
                               : "nothing is left that it offers";
  else
    fix = "it offers: " + shown(offers);
  return fail(what, fix);
}

}  // namespace

std::optional<Size> nearest_size(const V4l2Mode& mode, Size wanted) {
  const Size size{
      next_in_range(std::min(wanted.width, mode.size.width), mode.size_min.width, mode.size.width, mode.step.width),
      next_in_range(std::min(wanted.height, mode.size.height), mode.size_min.height, mode.size.height,
                    mode.step.height)};
  if (size.width < 16 || size.height < 16 || size.width > 8192 || size.height > 8192) return std::nullopt;
  return size;
}

FrameRate rate_to_ask(const V4l2Choice& choice, FrameRate wanted) {
  return choice.rate.fps() >= wanted.fps() ? wanted : choice.rate;
}

std::string rate_text(FrameRate rate) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", rate.fps());
  return text;
}

std::string V4l2Choice::text() const { return fourcc + " " + size.text() + "@" + rate_text(rate); }

std::vector<V4l2Choice> v4l2_modes(const V4l2Device& device, const V4l2Wanted& wanted) {
  std::vector<V4l2Choice> modes;
  for (const auto& mode : device.modes) {
    const auto* row = v4l2_format(mode.fourcc);
    const auto size = nearest_size(mode, wanted.size);
    if (!row || !size || !has_format(*row, wanted.format) || *size != wanted.size) continue;
    const V4l2Choice choice{mode.fourcc, *size, nearest_rate(rates_at(mode, *size), wanted.fps)};
    if (good_enough(choice.rate, wanted.fps) && std::find(modes.begin(), modes.end(), choice) == modes.end())
      modes.push_back(choice);
  }
  std::stable_sort(modes.begin(), modes.end(), [](const auto& a, const auto& b) { return cost_of(a) < cost_of(b); });
  if (!modes.empty())
    std::erase_if(modes,
                  [best = cost_of(modes.front()).first](const auto& mode) { return cost_of(mode).first > best; });
  return modes;
}

V4l2Choice pick_v4l2_mode(const std::vector<V4l2Choice>& modes, const std::vector<V4l2RuledOut>& ruled_out) {
  const auto slow_ones = [&](const V4l2Choice& mode) {
    return std::count_if(modes.begin(), modes.end(), [&](const V4l2Choice& other) {
      return ruled(other, ruled_out) && kind_of(other) == kind_of(mode);
    });
  };
  const V4l2Choice* best = nullptr;
  const V4l2RuledOut* most = nullptr;
  for (const auto& mode : modes) {
    if (const auto* out = ruled(mode, ruled_out)) {
      if (!most || out->fps > most->fps) most = out;
    } else if (slow_ones(mode) < tried_of_a_kind && (!best || slow_ones(mode) < slow_ones(*best))) {
      best = &mode;
    }
  }
  return best ? *best : most ? most->mode : V4l2Choice{};
}

Result<V4l2Choice> choose_v4l2_mode(const V4l2Device& device, const V4l2Wanted& wanted,
                                    const std::vector<V4l2RuledOut>& ruled_out) {
  const auto modes = v4l2_modes(device, wanted);
  if (modes.empty()) return refusal(device, wanted);
  return pick_v4l2_mode(modes, ruled_out);
}

std::vector<V4l2Choice> v4l2_offers(const V4l2Device& device, const V4l2Wanted& wanted) {
  std::vector<V4l2Choice> offers;
  for (const auto& mode : device.modes) {
    const auto size = nearest_size(mode, wanted.size);
    if (!size || !v4l2_format(mode.fourcc)) continue;
    const V4l2Choice choice{mode.fourcc, *size, nearest_rate(rates_at(mode, *size), wanted.fps)};
    if (std::find(offers.begin(), offers.end(), choice) == offers.end()) offers.push_back(choice);
  }
  const auto key = [&wanted](const V4l2Choice& choice) {
    const double short_of = std::max(0.0, 1 - choice.rate.fps() / wanted.fps.fps());
    return std::tuple(choice.size != wanted.size, short_of > 1 - rate_tolerance, area_apart(choice.size, wanted.size),
                      short_of, cost_of(choice));
  };
  std::stable_sort(offers.begin(), offers.end(),
                   [&key](const V4l2Choice& a, const V4l2Choice& b) { return key(a) < key(b); });
  return offers;
}

}  // namespace bigfoot::media
