#pragma once
// Packets in order of their numbers, holes between them, and the pictures that come out of that: each once, whole, in
// order. After a picture that will not become whole nothing comes out until the next key frame: every H.264 picture of
// a stream without temporal layers refers to the one before it.

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "h264/payload_peek.hpp"
#include "rtp/extensions.hpp"
#include "rtp/packet.hpp"
#include "rtp/repair.hpp"

namespace bigfoot::rtp {

/// A packet in the window, or the hole where it should be.
struct WindowPacket {
  bool here = false;
  bool marker = false;
  bool padding = false;  ///< nothing but padding: it takes a number, that is all
  bool repeat = false;   ///< came as RTX
  std::uint32_t timestamp = 0;
  h264::PayloadPeek peek;
  Timestamp arrival;
  std::optional<AbsCaptureTime> captured = {};
  Bytes payload;
};

/// An access unit.
struct ReceivedFrame {
  Bytes bytes;  ///< Annex B, start codes 00 00 00 01
  bool keyframe = false;
  std::uint32_t timestamp = 0;  ///< as in the packets
  std::int64_t ticks = 0;       ///< the same, 90 kHz, without its wraps; begins anew with each stream (see Receiver)
  Timestamp first_arrival;      ///< of its packets, whichever came first
  Timestamp last_arrival;       ///< it was whole then; later it waited for pictures in front of it
  std::size_t packets = 0;
  std::size_t repaired = 0;                     ///< of these, came as RTX
  std::optional<AbsCaptureTime> captured = {};  ///< where the sender said it
};

class Assembly {
 public:
  /// `repair` says which holes may still be filled, and hears which no longer matter. It must outlive this.
  explicit Assembly(Repair& repair) : repair_(repair) {}

  /// Another stream, whose first packet is `number`; what was in front of it is not known.
  void begin(std::int64_t number);
  /// Nothing in front of `number` (≥ next()) is wanted any more, nor what comes before the next key frame.
  void skip_to(std::int64_t number);
  /// The oldest number that is still wanted.
  std::int64_t first() const { return base_; }
  /// One behind the newest number.
  std::int64_t next() const { return base_ + static_cast<std::int64_t>(window_.size()); }
  bool has(std::int64_t number) const { return window_[static_cast<std::size_t>(number - base_)].here; }
  /// Holes in front of everything, for packets of a key frame whose beginning was not seen.
  void prepend_holes(std::size_t count);
  /// number ≥ first(), not here yet; behind next() with as many holes in between.
  void put(std::int64_t number, WindowPacket packet);

  /// Appends what is whole.
  void take(std::vector<ReceivedFrame>& out);
  /// The oldest hole will not be filled: its picture and all up to the next key frame are skipped.
  void give_up(std::int64_t lost);
  /// What comes next is of no use but from a key frame on.
  void need_key() { needs_key_ = true; }

  bool needs_key() const { return needs_key_; }
  /// needs_key(), and one has begun to arrive.
  bool key_coming() const { return key_coming_; }
  std::size_t packets() const { return window_.size(); }
  std::size_t bytes() const { return bytes_; }

  struct Stats {
    std::uint64_t frames = 0, keyframes = 0;
    std::uint64_t repaired = 0;   ///< frames with repeated packets
    std::uint64_t skipped = 0;    ///< frames of which something came, not delivered
    std::uint64_t malformed = 0;  ///< of these, whole and not H.264
  };
  const Stats& stats() const { return stats_; }

 private:
  struct Boundary {  // what stood in front of the window
    std::uint32_t timestamp = 0;
    bool ended = false;
  };
  struct Run {  // neighbours of one picture
    std::size_t end = 0;
    std::optional<std::size_t> sps = {};
    bool idr = false;
  };
  Run run_from(std::size_t at) const;
  bool begins_picture(std::size_t at) const;
  std::size_t awaited_from(std::size_t hole) const;
  std::optional<std::size_t> key_of(std::size_t at, const Run& run) const;
  template <class Wanted>
  std::optional<std::size_t> find_key(Wanted wanted) const;
  bool is_whole(std::size_t key) const;
  bool may_hold_key(std::size_t hole, std::size_t after) const;
  std::optional<std::size_t> find_hole() const;
  void seek();
  void skip(std::size_t count);
  void pop();
  void drop_padding();
  std::optional<std::size_t> frame_end();
  /// The packets of one picture, put together.
  struct Collected {
    ReceivedFrame frame;
    bool whole = false;
    bool slice = false;  ///< not parameter sets alone
  };
  void take_frame(std::size_t end, std::vector<ReceivedFrame>& out);
  Collected collect(std::size_t end);
  void deliver(ReceivedFrame frame, std::vector<ReceivedFrame>& out);
  void count_skipped(std::uint32_t timestamp);

  Repair& repair_;
  std::deque<WindowPacket> window_;
  std::int64_t base_ = 0;
  std::size_t bytes_ = 0;
  std::size_t scanned_ = 0;  // so many from the front are here and of one picture
  std::optional<Boundary> before_;
  bool needs_key_ = true;
  bool key_coming_ = false;
  std::optional<std::uint32_t> dead_;     // timestamp of the picture that was given up last
  std::optional<std::uint32_t> skipped_;  // the last one counted
  Bytes parameter_sets_;                  // some senders end them with a marker of their own, in front of the key frame
  Unwrapper<std::uint32_t> ticks_;
  Stats stats_;
};

}  // namespace bigfoot::rtp
