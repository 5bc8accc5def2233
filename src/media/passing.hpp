#pragma once
// One generation of a source that gives H.264: each access unit is judged, and handed on as it is.

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "h264/passthrough.hpp"
#include "media/feed.hpp"
#include "media/gst/handle.hpp"
#include "media/junction.hpp"

namespace bigfoot::media {

class Passing {
 public:
  struct Links {
    std::shared_ptr<Feed> feed;
    std::shared_ptr<FrameLedger> ledger;
    std::shared_ptr<Junction> junction;
  };
  Passing(h264::PassRules rules, Links links);

  /// Streaming thread. `buffer` holds one access unit as a byte stream.
  void take(GstBuffer* buffer, Timestamp captured);
  /// Nothing goes through any more, and nothing is on its way. Any thread, as the others.
  void close();

  /// Why nothing goes through; none while it does.
  std::optional<Error> why() const;
  /// Six hex digits of the SPS of the stream that goes through; empty before it does.
  std::string profile_level_id() const;
  /// When the last access unit came, whether it went through or not; zero: none.
  Timestamp last_came() const { return last_came_; }

 private:
  const Links links_;
  const SystemClock clock_;  // streaming threads may outlive the loop's when a driver hangs
  std::atomic<Timestamp> last_came_{Timestamp{}};
  mutable std::mutex mutex_;
  h264::PassThrough judge_;
  bool passes_ = false;
  bool closed_ = false;
};

}  // namespace bigfoot::media
