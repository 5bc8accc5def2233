#pragma once
// What was sent, so that it can be sent again. A frame that went to fifty viewers is one frame in memory: each viewer's
// history refers to it, one entry a frame.

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "h264/packetizer.hpp"

namespace bigfoot::rtp {

class History {
 public:
  struct Limits {
    Nanos keep = 1s;                 ///< at least this; keep_for() lengthens it to 4 RTT
    std::size_t packets_max = 8192;  ///< a quarter of the sequence space: an old number is never taken for a new one
  };
  struct Found {
    const h264::FramePtr* frame;  ///< valid until the next call of a non-const member
    std::size_t index;
  };
  enum class Answer { resend, too_soon, gone };

  History() : History(Limits()) {}
  explicit History(Limits limits) : limits_(limits), keep_(limits.keep) {}

  /// max(limits.keep, 4 RTT), of an RTT of 2 s at most: the viewer's reports tell it, and they may say anything.
  void keep_for(Nanos rtt);
  /// Packets come in the order of their sequence numbers, without gaps.
  void add(std::uint16_t sequence, const h264::FramePtr& frame, std::size_t index, Timestamp now);
  std::optional<Found> find(std::uint16_t sequence) const;
  /// May it be sent again now? At most once in `interval` (about one RTT): the repair may still be on its way.
  /// `resend` notes the time.
  Answer ask(std::uint16_t sequence, Nanos interval, Timestamp now);
  void forget_old(Timestamp now);
  void clear();
  std::size_t packets() const { return packets_; }

 private:
  struct Run {  // consecutive packets of one frame
    std::int64_t first = 0;
    std::size_t first_index = 0;
    std::size_t count = 0;
    h264::FramePtr frame;
    Timestamp sent;
    std::vector<std::optional<Timestamp>> resent = {};  // by packet; empty until the first is asked for
  };
  std::optional<std::size_t> run_of(std::uint16_t sequence) const;
  std::int64_t unwrap(std::uint16_t sequence) const;

  Limits limits_;
  Nanos keep_;
  std::deque<Run> runs_;
  std::size_t packets_ = 0;
  std::int64_t next_ = 0;  // unwrapped number after the newest
};

}  // namespace bigfoot::rtp
