#include "signaling/whep_refusal.hpp"

#include <algorithm>
#include <array>

#include "signaling/link.hpp"

namespace bigfoot::signaling {
namespace {

constexpr Nanos longest_retry_after = 60s;

struct Meaning {
  unsigned status;
  const char* what;
  const char* fix;
};

constexpr const char* check_address = "check the address";
constexpr std::array meanings{
    Meaning{400, "did not understand the offer", ""},
    Meaning{401, "wants to know who watches", "give a token that it takes: --token-file FILE"},
    Meaning{403, "does not let this viewer watch", "ask who runs it for a token that may"},
    Meaning{404, "has nothing to watch at this address", check_address},
    Meaning{405, "takes no WHEP offers at this address", check_address},
    Meaning{406, "has no H.264 for us", "let the sender encode as H.264"},
    Meaning{409, "has no picture at this address now", ""},
    Meaning{410, "has nothing to watch at this address any more", check_address},
    Meaning{413, "finds the offer too large", ""},
    Meaning{415, "takes no WHEP offers at this address", check_address},
    Meaning{422, "could not use the offer", ""},
    Meaning{429, "was asked too often", ""},
    Meaning{502, "could not reach the sender", ""},
    Meaning{503, "cannot give the picture now", ""},
    Meaning{504, "had no answer of the sender in time", ""},
};

Meaning meaning_of(unsigned status) {
  const auto found =
      std::find_if(meanings.begin(), meanings.end(), [&](const Meaning& m) { return m.status == status; });
  if (found != meanings.end()) return *found;
  if (status >= 300 && status < 400) return {status, "is somewhere else", "give its new address"};
  if (status >= 500) return {status, "failed", ""};
  return {status, "refused the offer", ""};
}

/// The first line of what the server says, when it says it as text.
std::string own_words(const HttpReply& reply) {
  if (!reply.header("Content-Type").starts_with("text/plain")) return {};
  std::string words;
  for (const char c : reply.body.substr(0, 200)) {
    if (c == '\r' || c == '\n') break;
    words += static_cast<unsigned char>(c) < ' ' || c == 127 ? '?' : c;
  }
  return words;
}

}  // namespace

WhepRefusal whep_refusal(const HttpReply& reply, const std::string& url) {
  const Meaning meaning = meaning_of(reply.status);
  std::string what = "the WHEP server at " + url + " " + meaning.what + " (HTTP " + std::to_string(reply.status) + ")";
  std::string words = own_words(reply);
  if (words.empty() && reply.status >= 300 && reply.status < 400) words = reply.header("Location").substr(0, 200);
  if (!words.empty()) what += ": " + words;
  return {{std::move(what), meaning.fix, Next::retry}, reply.status, retry_after_of(reply)};
}

WhepRefusal whep_no_answer(const std::string& url) {
  return {{"the WHEP server at " + url + " answered without an SDP", check_address, Next::retry}, 201};
}

WhepRefusal not_reached(const std::string& url, const Error& why) {
  if (why.next == Next::give_up)
    return {{"the WHEP server leads to " + url + ": " + why.what, why.fix, Next::retry}, 307};
  return {{"the WHEP server at " + url + " gave no answer: " + why.what, "", Next::retry}};
}

WhepRefusal bad_redirect(const Result<std::string>& target) {
  if (target)
    return {{"the WHEP server leads from one address to the next and nowhere else", check_address, Next::retry}, 307};
  return {{target.error().what, check_address, Next::retry}, 307};
}

std::optional<Nanos> retry_after_of(const HttpReply& reply) {
  const auto value = reply.header("Retry-After");
  if (value.empty()) return std::nullopt;
  const auto seconds = read_retry_after("retry-after=" + std::string(value));
  return seconds ? std::optional(std::min(*seconds, longest_retry_after)) : std::nullopt;
}

}  // namespace bigfoot::signaling
