#include "view/recordings.hpp"

#include <algorithm>
#include <utility>

namespace bigfoot::view {

Recordings::Recordings(Loop& loop, std::string file, Hooks hooks, const Log& log)
    : loop_(loop), file_(std::move(file)), hooks_(std::move(hooks)), log_(log), reserved_(!file_.empty()) {}

Recordings::~Recordings() {
  end();
  release();
}

void Recordings::release() {
  if (std::exchange(reserved_, false)) media::release_recording(file_);
}

void Recordings::feed(const std::string& camera, std::size_t cameras, const h264::AccessUnit& unit) {
  if (file_.empty()) return;
  auto recorder = recorders_.find(camera);
  if (recorder == recorders_.end()) {
    begin(camera, cameras);
    recorder = recorders_.find(camera);
  }
  if (recorder != recorders_.end() && recorder->second) recorder->second->feed(unit);
}

void Recordings::begin(const std::string& camera, std::size_t cameras) {
  if (recorders_.size() >= cameras_max) {
    if (!std::exchange(many_said_, true))
      hooks_.say("nothing is recorded of " + camera + ": " + std::to_string(cameras_max) +
                 " cameras are recorded already");
    return;
  }
  auto& recorder = recorders_[camera];
  const auto file = file_for(camera, cameras);
  if (!file) return hooks_.say("nothing is recorded of " + camera + ": " + file.error().text());
  media::RecorderListener& listener = *this;
  recorder = std::make_unique<media::Recorder>(loop_, *file, listener, log_);
}

/// The reserved one was made before it was known which cameras there are.
Result<std::string> Recordings::file_for(const std::string& camera, std::size_t cameras) {
  if (reserved_ && cameras < 2) {
    reserved_ = false;
    return file_;
  }
  release();
  const std::string own = media::recording_file(file_, camera, 2);
  if (const auto reserved = media::reserve_recording(own); !reserved) return tl::unexpected(reserved.error());
  return own;
}

void Recordings::gap(const std::string& camera) {
  if (const auto recorder = recorders_.find(camera); recorder != recorders_.end() && recorder->second)
    recorder->second->gap();
}

void Recordings::stop() {
  for (const auto& [camera, recorder] : recorders_)
    if (recorder) recorder->stop();
}

bool Recordings::stopped() const {
  return std::all_of(recorders_.begin(), recorders_.end(),
                     [](const auto& each) { return !each.second || each.second->stopped(); });
}

void Recordings::end() {
  for (const auto& [camera, recorder] : recorders_)
    if (recorder) recorder->end();
}

void Recordings::on_recording_stopped(const std::string& file, const Error& why) {
  hooks_.say("recording " + file + " ended: " + why.text());
}

void Recordings::on_recording_needs_keyframe() { hooks_.need_keyframe(); }

}  // namespace bigfoot::view
