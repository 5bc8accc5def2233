#pragma once
// When the next packet should have been here. A gap shows only when something behind it arrives: the last packet of a
// picture that is lost shows a frame interval later, and so does a picture of one packet. At 30 fps that is 33 ms on
// top of the round trip, in every tenth loss of a picture of ten packets and in every loss of a picture of one. So the
// rhythm of the stream is learned and silence is taken for a gap.

#include <cstdint>
#include <optional>

#include "base/clock.hpp"

namespace bigfoot::rtp {

class Cadence {
 public:
  /// A packet newer than all before. `in_order`: the one before it is here too, and it came by the stream itself: only
  /// then its time says something of the rhythm. `ends`: the picture's last packet (marker).
  void on_newest(std::uint32_t timestamp, bool ends, bool in_order, Timestamp arrival);

  struct Overdue {
    Timestamp at;
    bool inside = false;  ///< the picture has begun and not ended; else the next one was to begin
  };
  /// Nothing while the rhythm is not known, or when the sender marks no picture's end.
  std::optional<Overdue> overdue() const;

 private:
  void begin_picture(std::uint32_t timestamp, bool in_order, Timestamp arrival);

  bool started_ = false;
  bool ended_ = false;       // the newest packet ended its picture
  bool marks_ends_ = false;  // the picture before this one was ended by its marker
  std::uint32_t timestamp_ = 0;
  Timestamp arrival_;  // of the newest packet
  Timestamp begun_;    // when the newest picture began to arrive
  std::optional<Nanos> interval_;
  Nanos unsteadiness_{0};  // mean distance of a picture's beginning from where the interval puts it
  Nanos pause_{0};         // longest between two packets of a picture, forgotten slowly
};

}  // namespace bigfoot::rtp
