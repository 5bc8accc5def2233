#pragma once
// Who gives the pictures, as a session asks for them: a robot over signaling, or whatever answers WHEP. Loop thread.

#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "view/picture_reports.hpp"

namespace bigfoot::view {

class SenderListener {
 public:
  virtual ~SenderListener() = default;
  virtual void on_server_up() = 0;
  virtual void on_server_down(const std::string& why) = 0;
  /// The robot is at the server, or is not (or there never was one of that name).
  virtual void on_robot(bool here) = 0;
  /// No session: why, in words.
  virtual void on_refused(const std::string& why) = 0;
  /// The session is over; `why` may be empty.
  virtual void on_ended(const std::string& why) = 0;
  /// It goes on after the server was away: what is said is heard again.
  virtual void on_resumed() = 0;
  /// To be answered, by answer().
  virtual void on_offer(const std::string& sdp) = 0;
  /// To our offer.
  virtual void on_answer(const std::string& sdp) = 0;
  /// "candidate:…"; empty: no more will come.
  virtual void on_candidate(const std::string& candidate) = 0;
};

class Sender {
 public:
  virtual ~Sender() = default;
  /// Errors: an address that is none.
  [[nodiscard]] virtual Result<> start() = 0;
  /// Says goodbye, for which the loop must run on for farewell().
  virtual void stop() = 0;
  virtual Nanos farewell() const { return Nanos{0}; }

  /// We offer: begin() is told what.
  virtual bool we_offer() const = 0;
  /// Asks for a session; it had none, or end() was called.
  virtual void begin(const std::string& offer) = 0;
  /// The session is not wanted any more: what still comes of it is not heard.
  virtual void end() = 0;
  virtual void answer(const std::string& sdp) = 0;
  virtual void candidate(const std::string& candidate, std::size_t m_line) = 0;
  /// How old the pictures of `camera` are when they are seen.
  virtual void report(const std::string& camera, const PictureReport& report) = 0;
  /// Makes new credentials when asked, in the same session; on_offer() follows.
  virtual bool can_restart() const = 0;
  virtual void restart() = 0;
  /// This machine's addresses changed: its own connections may be dead.
  virtual void network_changed() = 0;

  /// Its address, for people.
  virtual std::string where() const = 0;
  /// Of the session; empty without one.
  virtual std::string session() const = 0;
};

}  // namespace bigfoot::view
