#pragma once
// One viewer's queue of frames, let out in bursts that the path can take. Pure: it says what may go now and when to ask
// again; the session writes and sends.
//
//   pacer.push(track, frame, now)
//   while (auto item = pacer.next(now)) { write into the transport's buffer; commit; pacer.sent(*item, size, now); }
//   flush; pacer.set_blocked(socket is full); timer at pacer.wake(now)

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/units.hpp"
#include "h264/packetizer.hpp"
#include "rtp/rtx_budget.hpp"

namespace bigfoot::congestion {

struct PacerLimits {
  Nanos burst = 5ms;              ///< at most this much of the pacing rate leaves at once
  double factor = 2.5;            ///< pacing rate = factor × target rate
  Nanos queue = 50ms;             ///< `buffers.send`: a frame that waited longer than this for its turn is cut off
  std::size_t frames_max = 16;    ///< per track, whatever the time says
  std::size_t repeats_max = 512;  ///< asked-for repeats that wait; older ones are dropped first
};

class Pacer {
 public:
  using Limits = PacerLimits;
  struct Item {
    enum class Kind { media, repeat } kind = Kind::media;
    std::size_t track = 0;
    const h264::FramePtr* frame = nullptr;  ///< media; valid until the next call of a non-const member
    std::size_t index = 0;                  ///< media
    std::uint16_t sequence = 0;             ///< repeat
    std::size_t size = 0;                   ///< repeat: expected size
  };
  struct Pushed {
    bool queued = false;
    bool keyframe_wanted = false;  ///< this track shows nothing new until a key frame comes
    std::size_t dropped = 0;       ///< frames, the pushed one included
  };

  /// `target`: the rate of all tracks together.
  explicit Pacer(Bitrate target, Limits limits = Limits());

  /// From now on, for what waits too.
  void set_target(Bitrate target, Nanos burst);
  /// Tracks are numbered from 0; a lower priority value goes first.
  std::size_t add_track(int priority);

  /// Takes the frame, or refuses it because this track waits for a key frame. When the oldest frame that has not begun
  /// to leave waited longer than Limits::queue, all such frames are cut off and the gate closes until a key frame is
  /// pushed. A frame that has begun to leave is always finished.
  Pushed push(std::size_t track, const h264::FramePtr& frame, Timestamp now);
  /// A packet to be sent again; before media, within its budget of half the target rate.
  void push_repeat(std::size_t track, std::uint16_t sequence, std::size_t size);

  /// The packet that may leave now. The same one again until sent() or skip_repeat().
  std::optional<Item> next(Timestamp now);
  /// It was written: `size` bytes as they go into the socket.
  void sent(const Item& item, std::size_t size, Timestamp now);
  /// The repeat that next() named has left the history and cannot be written.
  void skip_repeat();

  /// EAGAIN, or no path: everything stays where it is until the socket is writable.
  void set_blocked(bool blocked);
  /// When next() will have something; nothing while idle or blocked.
  std::optional<Timestamp> wake(Timestamp now);

  /// A frame of this track was dropped after the encoder, elsewhere: what follows cannot be decoded.
  void close_gate(std::size_t track);
  /// A new path: nothing old is worth sending. All gates close; a frame half sent is finished all the same.
  void flush();

  bool idle() const;

 private:
  struct Queued {
    h264::FramePtr frame;
    std::size_t next = 0;
    Timestamp pushed;
  };
  struct Track {
    int priority = 0;
    bool open = false;
    std::deque<Queued> frames;
  };
  struct Waiting {
    std::size_t track;
    std::uint16_t sequence;
    std::size_t size;
  };
  std::size_t cut(Track& track);
  bool may_send(Timestamp now);
  Track* first_track();

  Limits limits_;
  Bitrate pacing_;
  rtp::RtxBudget budget_;
  std::vector<Track> tracks_;
  std::deque<Waiting> repeats_;
  bool blocked_ = false;

  Timestamp paid_until_;  // what has been sent is worth the time up to here
  Timestamp burst_end_;   // the running burst may be worth the time up to here
  bool waited_ = false;   // something is queued since before paid_until_: lateness of the timer is made good
};

}  // namespace bigfoot::congestion
