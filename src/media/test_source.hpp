#pragma once
// The `test:` camera's own thread: draws on the beat of the monotonic clock. A late beat is skipped,
// never made up, so that frames do not come in bursts.

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

#include "media/gst/handle.hpp"
#include "media/picture_input.hpp"
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

  /// `clock` must outlive it. While nobody watches a picture is counted, not drawn.
  TestSource(const Options& options, const Clock& clock, std::shared_ptr<PictureInput> to);
  ~TestSource();
  TestSource(const TestSource&) = delete;
  TestSource& operator=(const TestSource&) = delete;

  void start();
  void stop();

 private:
  void run();
  void draw();

  const Options options_;
  const Clock& clock_;
  const std::shared_ptr<PictureInput> to_;
  const gst::Handle<GstCaps> caps_;
  TestPicture picture_;
  gst::Handle<GstBufferPool> pool_;
  std::uint32_t drawn_ = 0;  // the source's thread
  std::mutex mutex_;
  std::condition_variable stopping_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace bigfoot::media
