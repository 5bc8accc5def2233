// Any bytes: refused with a code, or read, written and read again to the same message.

#include <cstdlib>

#include "protocol/codec.hpp"

namespace {

using bigfoot::Result;

void must(bool holds) {
  if (!holds) std::abort();
}

template <class Message>
void check(std::string_view text, Result<Message> (*decode)(std::string_view)) {
  const auto message = decode(text);
  if (!message) {
    must(bigfoot::protocol::to_message(message.error()).code.has_value());
    return;
  }
  const auto again = decode(bigfoot::protocol::encode(*message));
  must(again.has_value());
  must(*again == *message);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text, &bigfoot::protocol::decode_from_peer);
  check(text, &bigfoot::protocol::decode_from_server);
  if (const auto settings = bigfoot::protocol::read_settings(text))
    must(bigfoot::protocol::read_settings(bigfoot::protocol::write_settings(*settings)).has_value());
  const bigfoot::protocol::Meta meta = bigfoot::protocol::read_meta(text);
  must(bigfoot::protocol::read_meta(meta.json) == meta);
  return 0;
}
