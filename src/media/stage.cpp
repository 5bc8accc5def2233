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

void Stage::set_overlay(std::vector<OverlayLine> lines) {
  const std::lock_guard lock(mutex_);
  if (content_.overlay == lines) return;
  content_.overlay = std::move(lines);
  changed();
}

Stage::Content Stage::content() const {
  const std::lock_guard lock(mutex_);
  return content_;
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

std::optional<Stage::Content> Stage::take(Window window) {
  std::unique_lock lock(mutex_);
  const auto ended = [&] { return !open_ || window != window_; };
  const auto woken = [&] { return ended() || changed_; };
  while (!woken())
    if (!tells_time())
      news_.wait(lock);
    else if (!news_.wait_for(lock, notice_period, woken))
      break;
  if (ended()) return std::nullopt;
  changed_ = false;
  Content taken = content_;
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

void Stage::repaint() {
  const std::lock_guard lock(mutex_);
  if (anything_) changed();
}

std::uint64_t Stage::overtaken() const {
  const std::lock_guard lock(mutex_);
  return overtaken_;
}

}  // namespace bigfoot::media
