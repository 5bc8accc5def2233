// Input: access units, each behind a byte that says how long after the one before it was taken (in 20 ms) and a byte
// with its length.
#include <algorithm>

#include "h264/passthrough.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bigfoot;
  using Verdict = h264::PassThrough::Verdict;
  const h264::PassRules rules{{1280, 720}, {0x42, 0xe0, 52}};
  h264::PassThrough judge(rules);
  Timestamp now{};
  bool passed = false, refused = false;
  for (std::size_t at = 0; at + 2 <= size;) {
    now += 20ms * data[at];
    const std::size_t length = std::min<std::size_t>(data[at + 1], size - at - 2);
    const Verdict verdict = judge.step({data + at + 2, length}, now);
    if (refused && verdict != Verdict::refused) __builtin_trap();
    if (passed && verdict == Verdict::waits) __builtin_trap();
    if ((verdict == Verdict::refused) != judge.why().has_value()) __builtin_trap();
    if (judge.keyframe() && verdict != Verdict::passes) __builtin_trap();
    if (verdict == Verdict::passes && (!judge.sps() || judge.sps()->size != rules.size)) __builtin_trap();
    refused = verdict == Verdict::refused;
    passed = verdict == Verdict::passes;
    at += 2 + length;
  }
  return 0;
}
