#include <algorithm>
#include <cstdlib>

#include "latency/clock_answers.hpp"
#include "latency/clock_estimator.hpp"
#include "latency/delay.hpp"
#include "latency/stage_message.hpp"

namespace {

using namespace bigfoot;
using namespace bigfoot::latency;

void require(bool holds) {
  if (!holds) std::abort();
}

/// What was read is written and read again, and says the same.
void check_codec(BytesView bytes) {
  const auto message = read_clock_message(bytes);
  if (!message) return;
  const Bytes written = std::visit([](const auto& each) { return write_clock_message(each); }, *message);
  require(written.size() <= bytes.size() && std::equal(written.begin(), written.end(), bytes.begin()));
  require(read_clock_message(written) == message);
}

void check_stages(BytesView bytes) {
  if (const auto question = read_stages_question(bytes))
    require(read_stages_question(write_stages_question(*question)) == question);
  const auto answer = read_stages_answer(bytes);
  if (!answer) return;
  const Bytes written = write_stages_answer(*answer);
  require(written.size() <= bytes.size() && std::equal(written.begin(), written.end(), bytes.begin()));
}

}  // namespace

// The whole input as one message; then as a talk: pieces of 22 bytes, a step of time and an answer, right or made up.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView bytes(data, size);
  check_codec(bytes);
  check_stages(bytes);
  Timestamp now{std::chrono::hours(1)};
  ClockEstimator clock(now);
  ClockAnswers answers(rtp::WallOffset(now, WallTime(std::chrono::hours(400'000))));
  for (std::size_t at = 0; at + 22 <= size; at += 22) {
    now += Millis(data[at]) * data[at];
    (void)clock.ask(now);
    const auto message = read_clock_message(bytes.subspan(at + 1, 21));
    if (message && std::holds_alternative<ClockPong>(*message)) (void)clock.on_pong(std::get<ClockPong>(*message), now);
    if (const auto answer = answers.answer(bytes.subspan(at + 1, 21), now, now)) check_codec(*answer);
    const auto estimate = clock.estimate(now);
    if (!estimate) continue;
    require(estimate->error >= 0ns && estimate->error <= 1h);
    (void)delay_words(delay_of(PeerTime(1h), now, *estimate));
  }
  return 0;
}
