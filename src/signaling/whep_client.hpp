#pragma once
// A viewer's side of WHEP (draft-ietf-wish-whep with the manners of RFC 9725): our offer is POSTed, the answer comes
// back, candidates are PATCHed, the end is a DELETE. One session after the other; a path that is lost is a new one.

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/loop.hpp"
#include "base/result.hpp"
#include "signaling/ice_links.hpp"
#include "signaling/reach.hpp"

namespace bigfoot::signaling {

struct WhepOptions {
  std::string url;    ///< parse_whep_url
  std::string token;  ///< Bearer; empty: none. Shown to the server of `url` only, not to where it leads
  std::string user_agent = "bigfoot";
  Nanos answer_max{10s};   ///< for a POST; servers give up on a robot after 5 s
  Nanos request_max{5s};   ///< for the others
  Nanos farewell_max{1s};  ///< for the DELETE
  /// How far in a Location or a redirect may lead at most. Never further than where the server stands that said it.
  Reach leads_max = Reach::machine;
};

struct WhepAnswer {
  std::string sdp;
  std::vector<IceLink> ice_servers;  ///< of this session; empty: the server told none
  bool trickles = false;             ///< trickle() is worth a try
};

struct WhepRefusal {
  Error error;                         ///< `next`: retry, always: whoever runs the server may mend it while we wait
  unsigned status = 0;                 ///< of HTTP; 0: the server was not reached
  std::optional<Nanos> retry_after{};  ///< at most 60 s
};

class WhepListener {
 public:
  virtual ~WhepListener() = default;
  /// To ask_ice_servers(); none when the server tells none. An error when it did not answer at all.
  virtual void on_ice_servers(const Result<std::vector<IceLink>>& servers) = 0;
  virtual void on_answer(const WhepAnswer& answer) = 0;
  /// No session came of the offer.
  virtual void on_refused(const WhepRefusal& refusal) = 0;
  /// The server does not know the session any more.
  virtual void on_ended(const std::string& why) = 0;
};

/// Loop thread only; the loop must run the default main context (GlibLoop). The listener may call anything here inside
/// its calls, but not destroy the client.
class WhepClient {
 public:
  static constexpr std::size_t waiting_max = 32;  ///< fragments behind the one under way; then the oldest is dropped

  WhepClient(Loop& loop, WhepOptions options, WhepListener& listener, Log log);
  ~WhepClient();  ///< silent; end() first for an orderly end
  WhepClient(const WhepClient&) = delete;
  WhepClient& operator=(const WhepClient&) = delete;

  /// Errors: a bad URL, a token that is none, https without TLS on this machine. Nothing is sent.
  [[nodiscard]] Result<> check() const;

  /// Servers tell their STUN and TURN servers with the answer, when our offer is long made; some also to OPTIONS (RFC
  /// 9725 4.6, Bigfoot's too). Costs one round trip, and no more than request_max; belongs to no session.
  void ask_ice_servers();
  /// Asks for a session; one that there is ends first. on_answer or on_refused follows. Candidates that are known
  /// belong into the offer: not every server takes them later.
  void offer(std::string sdp);
  /// A fragment with candidates of ours; waits for the answer and for its turn. Is dropped where the server does not
  /// trickle.
  void trickle(std::string sdpfrag);
  /// Tells the server; nothing is heard of this session any more.
  void end();

  /// Its own URL while there is one (it is as good as a password to it: not for logs); empty without one.
  std::string session_url() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bigfoot::signaling
