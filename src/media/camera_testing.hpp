#pragma once
// For tests of cameras: real pipelines on the real clock, each wait bounded by more than a busy machine takes.

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include <gtest/gtest.h>

#include "base/glib_loop.hpp"
#include "h264/nal.hpp"
#include "h264/sps.hpp"
#include "media/camera.hpp"

namespace bigfoot::media {

/// Keeps all that a camera says.
class Viewer : public CameraListener {
 public:
  explicit Viewer(Loop& loop) : loop_(loop) {}
  void on_access_unit(h264::AccessUnit unit) override {
    const std::lock_guard lock(mutex_);
    units_.push_back(std::move(unit));
    ++count_;
    loop_.post([] {});  // wakes run_until
  }
  void on_state(CameraState state) override { states.push_back(state); }
  void on_fault(const Error& error, Nanos) override { faults.push_back(error); }
  void on_refused(const std::vector<Refusal>& some) override {
    refused.insert(refused.end(), some.begin(), some.end());
  }
  void on_settled() override { ++settled; }
  void on_stream() override { ++streams; }

  std::vector<h264::AccessUnit> units() const {
    const std::lock_guard lock(mutex_);
    return units_;
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    units_.clear();
  }
  std::size_t count() const { return count_; }

  std::vector<CameraState> states;
  std::vector<Error> faults;
  std::vector<Refusal> refused;
  int settled = 0, streams = 0;

 private:
  Loop& loop_;
  mutable std::mutex mutex_;
  std::vector<h264::AccessUnit> units_;
  std::atomic<std::size_t> count_{0};
};

/// What viewers are promised, of the best of several rounds. Address sanitizers make encoding three times slower.
#ifdef __SANITIZE_ADDRESS__
inline constexpr int slower = 3;
#else
inline constexpr int slower = 1;
#endif
inline constexpr Nanos frozen_at_most = 300ms * slower;
inline constexpr Nanos missed_at_most = 1500ms * slower;

/// More patient than a robot: two cores that serve many tests may give a camera none for seconds. Silence is judged by
/// the tests that are about it.
inline CameraSettings settings_for(const std::string& uri, const std::string& name = "front") {
  CameraSettings settings;
  settings.name = name;
  auto source = parse_source_uri(uri);
  EXPECT_TRUE(source) << (source ? "" : source.error().text());
  settings.source = *source;
  settings.patience = {20s, 20s, 20s};
  return settings;
}

struct CameraTest : testing::Test {
  GlibLoop loop;
  Viewer viewer{loop};
  std::unique_ptr<Camera> camera;

  void make(CameraSettings settings) { camera = std::make_unique<Camera>(loop, std::move(settings), viewer, Log{}); }
  bool wait(const std::function<bool()>& done, Nanos at_most = 30s) { return loop.run_until(done, at_most); }
  void pass(Nanos span) {
    loop.run_until([] { return false; }, span);
  }
  /// Throws where a test could not go on.
  void require(bool good, const std::string& what) {
    if (!viewer.faults.empty()) throw std::runtime_error(viewer.faults.front().text());
    if (!good) throw std::runtime_error(what);
  }
  /// Its source gives pictures before it is woken: none of what is encoded is a placeholder for a slow start.
  void run(CameraSettings settings, bool awake = true) {
    make(std::move(settings));
    camera->start();
    require(wait([&] { return camera->stats().frames_captured > 0 || !viewer.faults.empty(); }), "not running");
    if (awake) camera->wake();
  }
  void run_frames(std::size_t frames, Nanos at_most = 60s) {
    const std::size_t until = viewer.count() + frames;
    require(wait([&] { return viewer.count() >= until || !viewer.faults.empty(); }, at_most), "too few frames");
  }
  Error fault_of(CameraSettings settings, Nanos at_most = 30s) {
    make(std::move(settings));
    camera->start();
    EXPECT_TRUE(wait([&] { return !viewer.faults.empty(); }, at_most));
    return viewer.faults.empty() ? Error{} : viewer.faults.front();
  }
};

inline std::vector<h264::NalType> types_of(const h264::AccessUnit& unit) {
  std::vector<h264::NalType> types;
  h264::NalReader reader(unit.bytes);
  for (BytesView nal = reader.next(); !nal.empty(); nal = reader.next()) types.push_back(h264::nal_type(nal[0]));
  return types;
}

inline std::size_t slices_of(const h264::AccessUnit& unit) {
  const auto types = types_of(unit);
  return static_cast<std::size_t>(std::count_if(types.begin(), types.end(), h264::is_slice));
}

inline h264::Sps sps_of(const h264::AccessUnit& unit) {
  h264::NalReader reader(unit.bytes);
  for (BytesView nal = reader.next(); !nal.empty(); nal = reader.next())
    if (h264::nal_type(nal[0]) == h264::NalType::sps) return h264::parse_sps(nal).value();
  ADD_FAILURE() << "no SPS";
  return {};
}

inline double rate_of(const std::vector<h264::AccessUnit>& units, Nanos interval) {
  std::size_t bytes = 0;
  for (const auto& unit : units) bytes += unit.bytes.size();
  return static_cast<double>(bytes) * 8 / (to_seconds(interval) * static_cast<double>(units.size()));
}

/// The mean time between two pictures: a busy machine drops some.
inline Nanos interval_of(const std::vector<h264::AccessUnit>& units) {
  return (units.back().captured - units.front().captured) / static_cast<std::int64_t>(units.size() - 1);
}

/// The mean time between `span` pictures that came one after the other, where they came slowest.
inline Nanos slowest_interval_of(const std::vector<h264::AccessUnit>& units, std::size_t span) {
  Nanos slowest{0};
  for (std::size_t i = span; i < units.size(); ++i)
    slowest = std::max(slowest, (units[i].captured - units[i - span].captured) / static_cast<std::int64_t>(span));
  return slowest;
}

inline Nanos median_of(std::vector<Nanos> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Notes when no thread of this process ran, as in a virtual machine that is held: one that wants to every 5 ms comes
/// late.
class Standstills {
 public:
  Standstills() : thread_([this] { watch(); }) {}
  ~Standstills() {
    ended_ = true;
    thread_.join();
  }
  bool between(Timestamp from, Timestamp to) const {
    const std::lock_guard lock(mutex_);
    return std::any_of(spans_.begin(), spans_.end(),
                       [&](const auto& span) { return span.first < to && span.second > from; });
  }
  /// How late a thread is that wants to run now, nine times in ten.
  Nanos usual_delay() const {
    const std::lock_guard lock(mutex_);
    auto delays = delays_;
    if (delays.empty()) return Nanos{0};
    std::sort(delays.begin(), delays.end());
    return delays[delays.size() * 9 / 10];
  }
  Nanos longest() const {
    const std::lock_guard lock(mutex_);
    Nanos longest{0};
    for (const auto& [from, to] : spans_) longest = std::max<Nanos>(longest, to - from);
    return longest;
  }

 private:
  void watch() {
    const SystemClock clock;
    for (Timestamp last = clock.now(); !ended_;) {
      std::this_thread::sleep_for(5ms);
      const Timestamp now = clock.now();
      const std::lock_guard lock(mutex_);
      if (now - last > 15ms) spans_.emplace_back(last, now);
      delays_.push_back(now - last - 5ms);
      last = now;
    }
  }
  mutable std::mutex mutex_;
  std::vector<std::pair<Timestamp, Timestamp>> spans_;
  std::vector<Nanos> delays_;
  std::atomic<bool> ended_{false};
  std::thread thread_;  // last: it uses the others
};

/// The times between pictures; without those in which, or just before which, the machine stood still.
inline std::vector<Nanos> gaps_of(const std::vector<h264::AccessUnit>& units, const Standstills& standstills) {
  std::vector<Nanos> gaps;
  for (std::size_t i = 1; i < units.size(); ++i)
    if (!standstills.between(units[i > 1 ? i - 2 : 0].captured, units[i].captured))
      gaps.push_back(units[i].captured - units[i - 1].captured);
  return gaps;
}

/// A folder of its own that goes with it.
struct TemporaryFolder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("bigfoot-media-" + std::to_string(getpid()));
  TemporaryFolder() { std::filesystem::create_directories(path); }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
};

}  // namespace bigfoot::media
