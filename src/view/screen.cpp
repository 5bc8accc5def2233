#include "view/screen.hpp"

#include <algorithm>
#include <utility>

namespace bigfoot::view {
namespace {

using media::Tone;

std::string title_of(const ViewLife& life, const std::string& robot) {
  switch (life.state) {
    case ViewState::server: return "No server";
    case ViewState::robot: return robot + " is offline";
    case ViewState::refused: return "Refused";
    default: return life.ever_live ? "Reconnecting" : "Connecting";
  }
}

Tone tone_of(const std::optional<latency::Delay>& delay) {
  if (!delay) return Tone::plain;
  switch (latency::grade_of(*delay)) {
    case latency::DelayGrade::good: return Tone::plain;
    case latency::DelayGrade::slow: return Tone::warning;
    case latency::DelayGrade::bad: return Tone::alarm;
  }
  return Tone::alarm;
}

}  // namespace

std::optional<media::Notice> notice_of(const ViewLife& life, const std::string& words, const std::string& robot,
                                       std::optional<Nanos> age, Timestamp now) {
  const bool path = life.state == ViewState::live || life.state == ViewState::frozen;
  const bool fresh = age && *age < Freeze::frozen_after;
  if (path && fresh) return std::nullopt;
  if (age && !fresh)
    return media::Notice{"FROZEN", "No new picture. Do not steer by this one." + (path ? "" : " " + words + "."),
                         Tone::alarm, now - *age};
  const std::string title = path ? "Waiting for the first picture" : title_of(life, robot);
  return media::Notice{title, words, life.ever_live ? Tone::warning : Tone::plain, {}};
}

std::vector<media::OverlayLine> lines_of(const CameraSecond& camera, const ViewSecond& second) {
  std::vector<media::OverlayLine> lines;
  for (std::string& line : overlay_lines(camera, second)) {
    const Tone tone = line.starts_with("Delay ") ? tone_of(camera.newest_delay) : Tone::plain;
    lines.push_back({std::move(line), tone});
  }
  return lines;
}

Screen::Screen(Loop& loop, Settings settings, ScreenListener& listener, const Log& log)
    : loop_(loop), settings_(std::move(settings)), listener_(listener), log_(log), cameras_{settings_.title} {
  open();
}

void Screen::open() {
  notices_.assign(cameras_.size(), std::nullopt);
  media::Display::Settings settings;
  settings.sink = settings_.sink;
  settings.cameras = cameras_;
  settings.title = settings_.title + " · Bigfoot";
  settings.fullscreen = settings_.fullscreen;
  media::DisplayListener& listener = *this;
  display_.reset();  // first: a sink may own the screen
  display_ = std::make_unique<media::Display>(loop_, std::move(settings), listener, log_);
  display_->start();
}

void Screen::set_cameras(std::vector<std::string> cameras) {
  if (cameras.empty()) cameras = {settings_.title};
  if (cameras == cameras_) return;
  // Of other names, too: the old one's picture must not stand under the new one's, nor the label.
  const bool another = std::exchange(cameras_known_, true) || cameras.size() != cameras_.size();
  cameras_ = std::move(cameras);
  if (another) open();
}

std::optional<std::size_t> Screen::tile_of(const std::string& camera) const {
  const auto found = std::find(cameras_.begin(), cameras_.end(), camera);
  if (found == cameras_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - cameras_.begin());
}

void Screen::stop() {
  giving_up_.reset();
  display_->stop();
}

void Screen::show(const std::string& camera, const media::DecodedPicture& picture) {
  if (const auto tile = tile_of(camera)) display_->show(*tile, picture.image, picture.id);
}

void Screen::set_notice(const std::string& camera, std::optional<media::Notice> notice) {
  const auto tile = tile_of(camera);
  if (!tile || notices_[*tile] == notice) return;
  notices_[*tile] = notice;
  display_->set_notice(*tile, std::move(notice));
}

void Screen::set_figures(const ViewSecond& second) {
  if (!settings_.overlay) return;
  for (const CameraSecond& camera : second.cameras)
    if (const auto tile = tile_of(camera.name)) display_->set_overlay(*tile, lines_of(camera, second));
}

void Screen::on_shown(std::size_t camera, std::uint64_t id, Timestamp at) {
  if (camera < cameras_.size()) listener_.screen_shown(cameras_[camera], id, at);
}

void Screen::on_key(const std::string& key) {
  if (key == "q") return listener_.screen_quit();
  if (key == "s")
    for (std::size_t tile = 0; tile < cameras_.size(); ++tile)
      if (media::ImagePtr image = display_->picture(tile)) listener_.screen_snapshot(cameras_[tile], std::move(image));
  if (key == "o") {
    settings_.overlay = !settings_.overlay;
    for (std::size_t tile = 0; !settings_.overlay && tile < cameras_.size(); ++tile) display_->set_overlay(tile, {});
  }
  if (key == "f" || key == "F11" || (key == "Escape" && settings_.fullscreen)) {
    settings_.fullscreen = !settings_.fullscreen;
    display_->set_fullscreen(settings_.fullscreen);
  }
}

void Screen::on_display_fault(const Error& error, Nanos) {
  if (!ever_open_) return listener_.screen_gone(error);  // whose words say it all
  listener_.screen_fault(error);
  fault_ = error;
  if (giving_up_) return;
  listener_.screen_says("the display is gone, and tried again for " + std::to_string(patience / 1s) +
                        " s: " + error.what);
  giving_up_ = loop_.after(patience, [this] { listener_.screen_gone(fault_); });
}

void Screen::on_display_open() {
  ever_open_ = true;
  if (!giving_up_) return;
  giving_up_.reset();
  listener_.screen_says("the display is back");
}

}  // namespace bigfoot::view
