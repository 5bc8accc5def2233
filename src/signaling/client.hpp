#pragma once
// A peer's connection to its signaling server, kept alive for ever: the robot's now, the native client's as well. It
// connects to the first server of the list that answers, says who it is, proves the sessions that still live, and after
// every loss does so again (backoff 250 ms to 5 s with jitter). Media does not depend on it once connected.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/loop.hpp"
#include "base/result.hpp"
#include "base/route.hpp"
#include "protocol/message.hpp"
#include "signaling/link.hpp"

namespace bigfoot::signaling {

class Listener {
 public:
  virtual ~Listener() = default;
  /// Welcomed, and setPeerStatus with the resume tokens is on its way.
  virtual void on_connected(const std::string& peer_id) = 0;
  /// Once for every connection lost and every server that did not answer; with several servers `retry_in` is 0 until
  /// the last of them failed too.
  virtual void on_disconnected(const std::string& reason, Nanos retry_in) = 0;
  /// Everything but the welcome.
  virtual void on_message(const protocol::FromServer& message) = 0;
};

struct Options {
  std::vector<std::string> urls;  ///< ws, wss, http or https: parse_server_url; "the first that answers"
  protocol::Meta meta;
  std::vector<protocol::Role> roles;
  std::string user_agent = "bigfoot";
  LinkTimes times;
  Nanos ping{5s};  ///< whole seconds
  std::function<std::string(const std::string&)> route = source_towards;
};

/// Loop thread only; the loop must run the default main context (GlibLoop). The listener may call anything here inside
/// its calls, but not destroy the client.
class Client {
 public:
  Client(Loop& loop, Options options, Listener& listener, Log log);
  ~Client();  ///< silent; the connection just ends. stop() first for an orderly close.
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Errors: no url, a bad one (all of them are named), wss without TLS on this machine.
  [[nodiscard]] Result<> start();
  /// Sends what was said, closes, and stays silent. Live sessions are forgotten: a later start() is a new peer.
  void stop();

  /// True when the message went out or is kept: while there is no connection (or the session is not resumed yet) up to
  /// 64 messages of sessions with a resume token wait, the oldest dropped first, and go out after sessionResumed.
  bool send(const protocol::FromPeer& message);
  /// This machine's addresses or routes changed: unless the connection's own way is the same as before, a new one at
  /// once, instead of noticing up to 10 s later that the old one is dead, or waiting for the next try. Sessions are
  /// resumed.
  void network_changed();
  /// Tells the server when it changes.
  void set_meta(protocol::Meta meta);

  bool online() const;
  /// "waiting for ws://… (connection refused), next try in 1.2 s": for logs, `status` and people.
  std::string state_in_words() const;
  /// How often it was welcomed since start().
  std::uint64_t connections() const;
  /// Messages that waited and were dropped.
  std::uint64_t dropped() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bigfoot::signaling
