// Input: events of 17 bytes, each what a sender may write: a capture time, a report, or a frame whose time is asked
// for. Whatever it writes, no sum of times overflows, and what comes out lies where those clocks can be.
#include "latency/capture_times.hpp"

#include <cstdlib>

#include "latency/delay.hpp"
#include "latency/report_clock.hpp"

namespace {

using namespace bigfoot;
using namespace bigfoot::latency;

constexpr std::size_t event_bytes = 17;
// NTP: 1968 to 2104. An offset adds 68 years either way, an RTP timestamp a minute.
constexpr PeerTime first = PeerTime(-std::chrono::hours(24 * 366 * 71));
constexpr PeerTime last = PeerTime(std::chrono::hours(24 * 366 * 203));

void require(bool holds) {
  if (!holds) std::abort();
}

class Viewer {
 public:
  void hear(ByteReader event) {
    const std::uint8_t kind = event.u8();
    now_ += Millis(kind >> 2);
    switch (kind % 4) {
      case 0: captured(event); break;
      case 1: reported(event); break;
      default: ask(event.be32()); break;
    }
  }

 private:
  void captured(ByteReader& event) {
    const std::uint32_t timestamp = event.be32();
    const bool offset = event.u8() % 2 != 0;
    Bytes value(offset ? 16 : 8);
    const BytesView time = event.view(8);
    std::copy(time.begin(), time.end(), value.begin());
    // Three bytes are left: the sign, the size and the fraction of an offset.
    if (offset) value[8] = event.u8(), value[11] = event.u8(), value[12] = event.u8();
    const auto parsed = rtp::parse_abs_capture_time(value);
    require(parsed.has_value() && parsed->clock_offset.has_value() == offset);
    times_.on_capture_time(timestamp, *parsed);
    ask(timestamp);
  }
  void reported(ByteReader& event) {
    rtp::SenderReport report;
    report.rtp_timestamp = event.be32();
    report.ntp = event.be64();
    times_.on_report(report);
    if (report.ntp != 0) clock_.add(from_peer_ntp(report.ntp), now_, Micros(event.be32()));
    ask(report.rtp_timestamp);
  }
  void ask(std::uint32_t timestamp) const {
    const auto captured = times_.of(timestamp);
    if (captured) require(*captured >= first && *captured <= last);
    const auto clock = clock_.estimate();
    if (!clock) return;
    require(clock->error >= 0ns && clock->estimated);
    if (!captured) return;
    const auto delay = delay_of(*captured, now_, *clock);
    require(!delay || (delay->value >= 0ns && delay->value <= delay_max));
    (void)delay_words(delay);
  }

  Timestamp now_{std::chrono::hours(1)};
  CaptureTimes times_;
  ReportClock clock_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Viewer viewer;
  for (std::size_t at = 0; at + event_bytes <= size; at += event_bytes)
    viewer.hear(ByteReader(BytesView(data + at, event_bytes)));
  return 0;
}
