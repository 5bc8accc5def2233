#pragma once
// What a WHEP server's refusal means to the person who wanted to watch: pure.

#include <optional>
#include <string>

#include "signaling/http_call.hpp"
#include "signaling/whep_client.hpp"

namespace bigfoot::signaling {

/// Any answer to a POST but 200, 201, 307 and 308. The server's own words are added, cut and printable.
WhepRefusal whep_refusal(const HttpReply& reply, const std::string& url);
/// 201 without an SDP.
WhepRefusal whep_no_answer(const std::string& url);
/// Nobody answered, or was asked, since a redirect led further in than it may: `why` (HttpCall) says how.
WhepRefusal not_reached(const std::string& url, const Error& why);
/// Too many redirects, or one that leads nowhere.
WhepRefusal bad_redirect(const Result<std::string>& target);

/// Retry-After in seconds (RFC 9110 10.2.3), 60 at most; nothing for the form with a date.
std::optional<Nanos> retry_after_of(const HttpReply& reply);

}  // namespace bigfoot::signaling
