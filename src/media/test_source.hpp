#pragma once
// The `test:` camera's own thread: draws into an appsrc on the beat of the monotonic clock. A late beat is skipped,
// never made up, so that frames do not come in bursts.

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

#include "media/frame_ledger.hpp"
#include "media/gst/handle.hpp"
#include "media/test_pattern.hpp"

namespace bigfoot::media {

class TestSource {
 public:
  struct Options {
    TestPattern pattern = TestPattern::rover;
    Size size;
    FrameRate fps;
    std::string name;
  };
  using Awake = std::function<bool()>;

  /// `appsrc` belongs to a pipeline whose running time 0 is at `base`. `ledger` and `clock` must outlive it. `awake` is
  /// asked in the source's thread: a frame that nobody wants is counted, not drawn.
  TestSource(const Options& options, GstElement* appsrc, const Clock& clock, FrameLedger& ledger, Awake awake);
  ~TestSource();
  TestSource(const TestSource&) = delete;
  TestSource& operator=(const TestSource&) = delete;

  void start(Timestamp base);
  void stop();

 private:
  void run(Timestamp base);
  void draw(Timestamp base);

  const Options options_;
  gst::Handle<GstElement> appsrc_;
  const Clock& clock_;
  FrameLedger& ledger_;
  const Awake awake_;
  TestPicture picture_;
  gst::Handle<GstBufferPool> pool_;
  std::uint32_t drawn_ = 0;  // the source's thread
  std::mutex mutex_;
  std::condition_variable stopping_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace bigfoot::media
