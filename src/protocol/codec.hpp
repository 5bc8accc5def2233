#pragma once
// JSON text ↔ messages. The only place that knows JSON; pure, fuzzed. Unknown fields are ignored (newer peers), unknown
// types, wrong kinds and missing fields are errors that name the field.

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "protocol/message.hpp"

namespace bigfoot::protocol {

/// The `what` of every Error from here is "code: text" with the code of ErrorMessage::code.
[[nodiscard]] Result<FromPeer> decode_from_peer(std::string_view json);
[[nodiscard]] Result<FromServer> decode_from_server(std::string_view json);
std::string encode(const FromPeer& message);
std::string encode(const FromServer& message);
/// The `type` of the message on the wire: also the metric label.
std::string_view type_of(const FromPeer& message);
std::string_view type_of(const FromServer& message);
/// `meta` as a robot announces it: {"name":…, "cameras":[{"name":…}], "bigfoot":VERSION}.
Meta make_meta(std::string_view robot, const std::vector<std::string>& cameras, std::string_view version);
/// Reads `name` and `cameras` out of any JSON; text that is not JSON gives null.
Meta read_meta(std::string_view json);

}  // namespace bigfoot::protocol
