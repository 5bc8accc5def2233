#pragma once
// One HTTP request, from the asking to the end of the answer: libsoup on the loop's main context, with a deadline and a
// limit to the answer, and without following anything by itself.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/gobject.hpp"
#include "base/loop.hpp"
#include "base/result.hpp"
#include "signaling/reach.hpp"

typedef struct _SoupSession SoupSession;

namespace bigfoot::signaling {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpAsk {
  std::string method;
  std::string url;  ///< http or https: parse_whep_url
  HttpHeaders headers{};
  std::string content_type{};
  std::string body{};
  /// No further in may the URL lead, whatever it is called: judged by the addresses that are connected to.
  Reach reach_max = Reach::machine;
};

struct HttpReply {
  unsigned status = 0;
  HttpHeaders headers;
  std::string body;
  Reach reach = Reach::world;  ///< where who answered stands; a proxy, where there is one

  /// The first of that name, in any case; empty when there is none.
  std::string_view header(std::string_view name) const;
  std::vector<std::string_view> all(std::string_view name) const;
};

/// Loop thread only.
class HttpCall {
 public:
  static constexpr std::size_t body_bytes_max = 64 * 1024;
  using Done = std::function<void(Result<HttpReply> reply)>;

  /// Asks at once. `done` is called once, never inside the constructor, and may destroy the call. The session must
  /// outlive it. Errors: Next::retry: not reached, lost, not whole within `time_max`, a body above 64 KiB;
  /// Next::give_up: the URL leads further in than it may, and nothing was sent.
  HttpCall(Loop& loop, SoupSession* session, const HttpAsk& ask, Nanos time_max, Done done);
  ~HttpCall();  ///< silent; what is under way is given up
  HttpCall(const HttpCall&) = delete;
  HttpCall& operator=(const HttpCall&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bigfoot::signaling
