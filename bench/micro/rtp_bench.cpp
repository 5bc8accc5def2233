// The cost of one packet and of one frame, without encryption and sockets. `bin/rtp_bench`.

#include <benchmark/benchmark.h>

#include "congestion/pacer.hpp"
#include "h264/nal.hpp"
#include "h264/packetizer.hpp"
#include "h264/testing.hpp"
#include "rtp/sender.hpp"
#include "rtp/twcc.hpp"

namespace {

using namespace bigfoot;

constexpr std::size_t frame_bytes = 10'400;  // 2.5 Mbit/s at 30 fps

h264::AccessUnit unit_of(std::size_t bytes, bool key) {
  std::vector<Bytes> nals{h264::nal_of(key ? 0x65 : 0x41, bytes, 1)};
  if (key) nals.insert(nals.begin(), {h264::nal_of(0x67, 28, 1), h264::nal_of(0x68, 4, 2)});
  return h264::make_unit(h264::annex_b(nals));
}

h264::FramePtr frame_of(std::size_t bytes) {
  h264::Packetizer packetizer;
  return *packetizer.packetize(unit_of(bytes, false));
}

rtp::TrackConfig config() {
  return {.ssrc = 1,
          .rtx_ssrc = 2,
          .payload_type = 102,
          .rtx_payload_type = 103,
          .extensions = {.transport_cc = 3, .playout_delay = 4, .abs_capture_time = 5, .mid = 1},
          .mid = "0",
          .cname = "robot",
          .playout_delay = rtp::PlayoutDelay{},
          .history = {}};
}

void split_annex_b(benchmark::State& state) {
  const auto unit = unit_of(static_cast<std::size_t>(state.range(0)), true);
  std::vector<BytesView> nals;
  for (auto _ : state) {
    nals.clear();
    h264::split_annex_b(unit.bytes, nals);
    benchmark::DoNotOptimize(nals.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * unit.bytes.size()));
}
BENCHMARK(split_annex_b)->Arg(frame_bytes)->Arg(100'000);

void packetize_frame(benchmark::State& state) {
  h264::Packetizer packetizer;
  const auto unit = unit_of(frame_bytes, state.range(0) != 0);
  for (auto _ : state) benchmark::DoNotOptimize(packetizer.packetize(unit));
}
BENCHMARK(packetize_frame)->ArgName("key")->Arg(0)->Arg(1);

/// Header, extensions, payload copy, history: what write() costs for one packet.
void write_packet(benchmark::State& state) {
  const auto one = frame_of(frame_bytes), two = frame_of(frame_bytes);
  rtp::TrackSender sender(config(), rtp::WallOffset());
  Timestamp now{std::chrono::hours(1)};
  Bytes out(rtp::packet_bytes_max);
  std::uint16_t transport = 0;
  std::int64_t packets = 0;
  bool odd = false;
  for (auto _ : state) {
    const auto& frame = (odd = !odd) ? one : two;
    for (std::size_t i = 0; i < frame->count(); ++i)
      benchmark::DoNotOptimize(sender.write(frame, i, transport++, now, out));
    packets += static_cast<std::int64_t>(frame->count());
    now += 33ms;
  }
  state.SetItemsProcessed(packets);
}
BENCHMARK(write_packet);

/// One viewer's second: 30 frames through pacer, writer and TWCC, with 15 feedbacks. The figure is time per such
/// second.
void viewer_second(benchmark::State& state) {
  const auto frame = frame_of(frame_bytes);
  rtp::TrackSender sender(config(), rtp::WallOffset());
  rtp::TwccSender twcc;
  rtp::TwccReceiver receiver(1, 2);
  congestion::Pacer pacer(Bitrate{2'500'000});
  const std::size_t track = pacer.add_track(0);
  Timestamp now{std::chrono::hours(1)};
  h264::Packetizer packetizer;
  pacer.push(track, *packetizer.packetize(unit_of(100, true)), now);
  Bytes out(rtp::packet_bytes_max);
  for (auto _ : state) {
    for (int i = 0; i < 30; ++i, now += 33ms) {
      pacer.push(track, frame, now);
      for (auto wake = pacer.wake(now); wake; wake = pacer.wake(now)) {
        now = std::max(now, *wake);
        while (const auto item = pacer.next(now)) {
          const std::uint16_t number = twcc.next();
          const std::size_t size = sender.write(*item->frame, item->index, number, now, out);
          twcc.on_sent(number, size, now);
          receiver.on_packet(number, now);
          pacer.sent(*item, size, now);
        }
      }
      if (i % 2 == 0) continue;
      state.PauseTiming();
      const auto feedback = receiver.take();
      state.ResumeTiming();
      benchmark::DoNotOptimize(twcc.on_feedback(*feedback).size());
    }
  }
}
BENCHMARK(viewer_second)->Unit(benchmark::kMicrosecond);

void parse_rtcp_of_chromium(benchmark::State& state) {
  rtp::TwccReceiver receiver(1, 2);
  for (std::uint16_t i = 0; i < 20; ++i) receiver.on_packet(i, Timestamp(i * 3ms));
  Bytes wire;
  rtp::append_rtcp(rtp::ReceiverReport{.ssrc = 1, .reports = {rtp::ReportBlock{}}}, wire);
  rtp::append_rtcp(*receiver.take(), wire);
  for (auto _ : state) benchmark::DoNotOptimize(rtp::parse_rtcp(wire));
}
BENCHMARK(parse_rtcp_of_chromium);

}  // namespace
