// A server's words when it closes or refuses, and when it does so: whatever it says, a connection is tried again within
// a minute.
#include "signaling/link.hpp"

#include <cstdlib>

#include "base/bytes.hpp"

namespace {

using namespace bigfoot;
using namespace bigfoot::signaling;

void require(bool holds) {
  if (!holds) std::abort();
}

LinkEvent event_of(std::uint8_t kind, std::string_view words) {
  const std::uint16_t code = static_cast<std::uint16_t>(kind * 41);
  switch (kind % 7) {
    case 0: return link_event::Opened{};
    case 1: return link_event::Welcomed{};
    case 2: return link_event::Heard{};
    case 3: return link_event::NetworkChanged{};
    case 4: return link_event::TimePassed{};
    default: return link_event::Lost{close_in_words(code, words), code, read_retry_after(words)};
  }
}

}  // namespace

// Events: what happened, how long after the last one, how many bytes of words.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto pause = read_retry_after(text)) require(*pause >= 0ns && *pause <= 1h);
  ByteReader reader({data, size});
  Timestamp now{1h};
  LinkState state = step(LinkState({}, 2, 7), link_event::Start{}, now).state;
  while (reader.left() >= 3) {
    const std::uint8_t kind = reader.u8();
    now += Millis(100) * reader.u8();
    const BytesView words = reader.view(std::min<std::size_t>(reader.u8(), reader.left()));
    const LinkEvent event = event_of(kind, {reinterpret_cast<const char*>(words.data()), words.size()});
    state = step(std::move(state), event, now).state;
    require(state.phase != Phase::stopped && state.url < state.urls);
    require(state.deadline - now <= 1min);
    require(!in_words(state, "ws://s", now).empty());
  }
  return 0;
}
