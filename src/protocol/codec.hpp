#pragma once
// JSON text ↔ messages. The only place that knows JSON; pure, fuzzed. Unknown fields are ignored (newer peers), unknown
// types, wrong kinds and missing fields are errors that name the field.

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "protocol/message.hpp"

namespace bigfoot::protocol {

/// The `what` of every Error from here is "code: text"; the codes are bad-json, too-large, unknown-type, missing-field
/// and bad-field. Nothing throws; nesting deeper than 32 is refused before it is parsed. Any thread.
[[nodiscard]] Result<FromPeer> decode_from_peer(std::string_view json);
[[nodiscard]] Result<FromServer> decode_from_server(std::string_view json);
/// Valid UTF-8 always: bytes that are not (a User-Agent may hold anything) become U+FFFD. What only the server may say
/// is not written for a peer: StartSession::session_id and resume_token. Values, faults and reasons of a camera are cut
/// at value_bytes_max, which is what a reader takes.
std::string encode(const FromPeer& message);
std::string encode(const FromServer& message);
/// A JSON object of a camera's keys, `{"bitrate": 800000, "controls": {"brightness": 20}}`, as settings in their order.
/// Errors as above (bad-json, too-large, bad-field): no object, above values_bytes_max, a list, null, deeper than this,
/// or what a robot would not read in a `configure`: more than values_max, a key or a value that is too long.
[[nodiscard]] Result<std::vector<Setting>> read_settings(std::string_view json);
/// The same back: `{"controls": {"brightness": "20"}}`.
std::string write_settings(const std::vector<Setting>& settings);
/// The `type` of the message on the wire: also the metric label.
std::string_view type_of(const FromPeer& message);
std::string_view type_of(const FromServer& message);
/// The refusal as it goes back to the peer that sent the message: `code` and `details` split again.
ErrorMessage to_message(const Error& error);
/// `meta` as a robot announces it: {"name":…, "cameras":[{"name":…}], "bigfoot":VERSION}. Those of `passed_through`
/// have "passedThrough":true besides.
Meta make_meta(std::string_view robot, const std::vector<std::string>& cameras, std::string_view version,
               const std::vector<std::string>& passed_through = {});
/// `meta` of a peer of which only the name is told: {"name":…}.
Meta name_only(std::string_view name);
/// Reads `name`, `cameras` and `bigfoot` out of any JSON; text that is not JSON, or larger or deeper than a meta may
/// be, gives null.
Meta read_meta(std::string_view json);

}  // namespace bigfoot::protocol
