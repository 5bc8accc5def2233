#include "media/stage.hpp"

#include <algorithm>
#include <utility>

namespace bigfoot::media {

Stage::Stage(const std::vector<std::string>& cameras) : fresh_(cameras.size(), false) {
  for (const std::string& camera : cameras) content_.tiles.push_back({camera, nullptr});
}

void Stage::changed() {
  changed_ = anything_ = true;
  news_.notify_all();
}

void Stage::set_picture(std::size_t tile, ImagePtr image, std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  if (fresh_.at(tile)) ++overtaken_;
  fresh_[tile] = true;
  content_.tiles[tile].image = std::move(image);
  content_.tiles[tile].id = id;
  changed();
}

void Stage::set_notice(std::size_t tile, std::optional<Notice> notice) {
  const std::lock_guard lock(mutex_);
  if (content_.tiles.at(tile).notice == notice) return;
  content_.tiles[tile].notice = std::move(notice);
  changed();
}

void Stage::set_overlay(std::size_t tile, std::vector<OverlayLine> lines) {
  const std::lock_guard lock(mutex_);
  if (content_.tiles.at(tile).overlay == lines) return;
  content_.tiles[tile].overlay = std::move(lines);
  changed();
}

Stage::Content Stage::content() const {
  const std::lock_guard lock(mutex_);
  return content_;
}

ImagePtr Stage::picture(std::size_t tile) const {
  const std::lock_guard lock(mutex_);
  return content_.tiles.at(tile).image;
}

bool Stage::tells_time() const {
  return std::any_of(content_.tiles.begin(), content_.tiles.end(),
                     [](const Tile& tile) { return tile.notice && tile.notice->since; });
}

Stage::Window Stage::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  changed_ = anything_;
  news_.notify_all();
  return ++window_;
}

std::optional<Stage::Content> Stage::take(Window window, Nanos at_most) {
  std::unique_lock lock(mutex_);
  const auto ended = [&] { return !open_ || window != window_; };
  const auto woken = [&] { return ended() || changed_ || woken_; };
  const auto until = std::chrono::steady_clock::now() + at_most;
  while (!woken()) {
    const bool tells = tells_time();
    const auto look_at = tells ? std::min(until, std::chrono::steady_clock::now() + notice_period) : until;
    if (news_.wait_until(lock, look_at, woken)) continue;
    if (tells || std::chrono::steady_clock::now() >= until) {
      changed_ = changed_ || tells;
      break;
    }
  }
  if (ended()) return std::nullopt;
  Content taken = content_;
  taken.same = !changed_;
  changed_ = woken_ = false;
  for (std::size_t tile = 0; tile < fresh_.size(); ++tile)
    if (fresh_[tile]) taken.fresh.push_back(tile);
  fresh_.assign(fresh_.size(), false);
  return taken;
}

void Stage::close(Window window) {
  const std::lock_guard lock(mutex_);
  if (window != window_) return;
  open_ = false;
  news_.notify_all();
}

void Stage::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  news_.notify_all();
}

std::uint64_t Stage::overtaken() const {
  const std::lock_guard lock(mutex_);
  return overtaken_;
}

}  // namespace bigfoot::media
