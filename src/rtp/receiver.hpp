#pragma once
// One camera's stream as a viewer receives it: packets in, access units out, each once, in order, the moment it is
// whole and nothing in front of it can still come. There is no jitter buffer: a picture without loss is never held.
// What to ask for again and how long to wait for it is rtp/repair (the rules and their reasons stand there), what comes
// out in which order rtp/assembly, when silence is a loss rtp/cadence. This class knows which packets are the stream's
// and when a key frame is asked for:
//
// - A key frame is asked for (PLI) when nothing can be delivered without one and none has begun to arrive: at the
//   start of a stream that does not begin with one, after a picture was given up, when the decoder says so. Again after
//   R + 150 ms, 300 ms, … R + 1 s: an answer takes R, up to a frame interval and the encoder's time; a PLI that comes
//   while the key frame is on its way makes the sender encode another one. One that stopped in the middle is not on its
//   way: after R + 150 ms in which nothing came and nothing is being repaired.
// - A whole key frame is taken at once when one is needed. When none is yet, one that stands behind a hole waits for it
//   (rule 3 of rtp/repair), so that no picture is lost that a repeat saves.
// - A stream begins again when its SSRC changes or its numbers leap (RFC 3550 A.1: two packets in a row). The first
//   of the two is kept: it is the one with the SPS. Numbers a little behind are late packets, the queue of a path that
//   was left, however many; they are another stream only when nothing newer came for a second.
// - After a standstill of this machine the timers are late and the packets wait in the socket: nothing is asked for or
//   given up for another 5 ms, in which the socket is read.

#include <cstdint>
#include <optional>
#include <vector>

#include "rtp/assembly.hpp"
#include "rtp/cadence.hpp"
#include "rtp/reception.hpp"
#include "rtp/repair.hpp"

namespace bigfoot::rtp {

struct ReceiverConfig {
  std::vector<std::uint8_t> payload_types;      ///< all of H.264; a sender may change between them
  std::vector<std::uint8_t> rtx_payload_types;  ///< of these; none where RTX was not negotiated
  bool nack = true;                             ///< the peer answers NACKs, on RTX or on the stream's own SSRC
  std::uint8_t abs_capture_time = 0;            ///< id of the header extension; 0: not negotiated
  std::size_t packets_max = 8192;               ///< held behind a hole: an eighth of the numbers. More: all are dropped
  std::size_t bytes_max = 16 * 1024 * 1024;     ///< their payloads; an access unit of 8 MiB and what may follow it
};

/// What is to be done now.
struct ReceiverStep {
  std::vector<ReceivedFrame> frames;  ///< to the decoder, in this order
  std::vector<std::uint16_t> nack;    ///< at most Repair::missing_max + 1
  bool keyframe = false;              ///< PLI
};

/// Loop thread. Time is passed in; two receivers share nothing.
class Receiver {
 public:
  explicit Receiver(ReceiverConfig config);
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  /// A packet of this camera, decrypted, media or RTX (RFC 4588); others are ignored. `arrival`: when it came, never
  /// after the `now` of the step that follows. Call step() when what the socket had is read.
  void on_packet(const Packet& packet, Timestamp arrival);
  /// After packets, and at next_due(). `rtt` and `jitter`: of the path, the best that is known (else
  /// Repair::rtt_guess or measured_rtt(), and reception().jitter()).
  [[nodiscard]] ReceiverStep step(Timestamp now, Nanos rtt, Nanos jitter);
  /// When step() is to be called although nothing came. As of the last step().
  std::optional<Timestamp> next_due() const { return due_; }
  /// The decoder cannot go on: nothing more is delivered but from a key frame on, and one is asked for.
  void need_keyframe() { assembly_.need_key(); }

  /// Of the present stream; nothing before its first packet.
  std::optional<std::uint32_t> ssrc() const { return ssrc_; }
  /// For receiver reports; a SenderReport of another SSRC is ignored.
  Reception& reception() { return reception_; }
  const Reception& reception() const { return reception_; }
  std::optional<Nanos> measured_rtt() const { return repair_.measured_rtt(); }
  /// An RTX packet that repeats what is missing here: for who does not know whose it is.
  bool awaits(const Packet& repeat) const;
  /// Packets held behind a hole.
  std::size_t held() const { return assembly_.packets(); }

  struct Stats {
    std::uint64_t packets = 0;     ///< of the stream, without RTX
    std::uint64_t repeats = 0;     ///< RTX
    std::uint64_t duplicates = 0;  ///< came twice, however
    std::uint64_t late = 0;        ///< came when no longer wanted; duplicates of what was delivered too
    std::uint64_t overflows = 0;   ///< too many holes or too much behind one: begun anew at the next key frame
    std::uint64_t streams = 0;     ///< begun: 1, and one for each restart of the sender
    std::uint64_t plis = 0;
    Assembly::Stats frames;
    Repair::Stats repair;
  };
  Stats stats() const;
  std::uint64_t streams() const { return stats_.streams; }

 private:
  struct Stray {
    Header header;
    WindowPacket packet;
    int count = 0;
  };
  WindowPacket keep(const Packet& packet, BytesView payload, bool repeat, Timestamp arrival) const;
  void on_media(const Packet& packet, Timestamp arrival);
  void on_repeat(const Packet& packet, Timestamp arrival);
  bool begins_anew(const Header& header, const WindowPacket& packet);
  bool is_stray(const Header& header) const;
  bool is_near(std::uint32_t timestamp) const;
  void begin(const Header& header, const WindowPacket& first);
  std::int64_t number_of(std::uint16_t sequence) const;
  void accept(std::int64_t number, WindowPacket packet);
  void append(std::int64_t number, WindowPacket packet);
  void overflow(std::int64_t number);
  void note_standstill(Timestamp now);
  std::optional<Timestamp> ask(Timestamp now, ReceiverStep& step);
  std::optional<Timestamp> ask_ahead(Timestamp now, ReceiverStep& step);
  std::optional<Timestamp> ask_keyframe(Timestamp now, ReceiverStep& step);

  ReceiverConfig config_;
  std::optional<std::uint32_t> ssrc_;
  std::uint32_t newest_timestamp_ = 0;
  std::optional<Stray> stray_;
  Reception reception_;
  Repair repair_;
  Assembly assembly_;
  Cadence cadence_;

  std::optional<Timestamp> pli_at_;
  int plis_ = 0;         // since the last key frame, or since the stream began
  Timestamp last_came_;  // anything that was wanted
  std::optional<Timestamp> due_;
  Timestamp hold_until_;
  Stats stats_;
};

/// Appends NACK and PLI of a step, for the stream's sender.
void append_requests(const ReceiverStep& step, std::uint32_t own_ssrc, std::uint32_t media_ssrc, Bytes& out);

}  // namespace bigfoot::rtp
