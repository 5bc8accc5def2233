#pragma once
// For tests: rooms that are told JSON and answer in lines "peer JSON", "peer close CODE" or "counted ROBOT CAMERA", so
// that a walk reads like a trace.

#include <string>
#include <vector>

#include "protocol/codec.hpp"
#include "server/rooms.hpp"

namespace bigfoot::server {

class ScriptedRooms {
 public:
  using Lines = std::vector<std::string>;
  explicit ScriptedRooms(RoomLimits limits = {}, Bytes key = Bytes(ResumeTokens::key_bytes, 7))
      : rooms_(limits, ResumeTokens(std::move(key)), [this] { return "s" + std::to_string(++last_session_); }) {}

  Lines join(const std::string& peer) { return lines(rooms_.join(peer)); }
  Lines says(const std::string& peer, std::string_view json) {
    const auto message = protocol::decode_from_peer(json);
    if (!message) return {"not a message: " + message.error().text()};
    return lines(rooms_.receive(peer, *message, now()));
  }
  Lines leaves(const std::string& peer) { return lines(rooms_.leave(peer, now())); }
  Lines after(Nanos span) {
    clock_.advance(span);
    return lines(rooms_.tick(now()));
  }
  Rooms& rooms() { return rooms_; }
  Now now() const { return {clock_.now(), clock_.wall()}; }
  /// Session ids go on from here, so that rooms after a "restart" give new ones.
  void number_sessions_from(int last) { last_session_ = last; }

  // What robots and pages of ours say first.
  Lines robot(const std::string& peer, const std::string& name, const std::string& resume = "") {
    join(peer);
    return says(peer, R"({"type":"setPeerStatus","roles":["producer"],"meta":{"name":")" + name +
                          R"(","cameras":[{"name":"front"},{"name":"rear"}],"bigfoot":"1"})" + resume_field(resume) +
                          "}");
  }
  Lines page(const std::string& peer, const std::string& resume = "") {
    join(peer);
    return says(peer, R"({"type":"setPeerStatus","roles":["listener"],"meta":null)" + resume_field(resume) + "}");
  }
  /// The value of a string field of a line.
  static std::string field(const std::string& line, const std::string& name) {
    const std::string mark = "\"" + name + "\":\"";
    const auto at = line.find(mark);
    if (at == std::string::npos) return {};
    return line.substr(at + mark.size(), line.find('"', at + mark.size()) - at - mark.size());
  }

 private:
  static std::string resume_field(const std::string& token) {
    return token.empty() ? "" : R"(,"resume":[")" + token + R"("])";
  }
  static Lines lines(const Actions& actions) {
    Lines out;
    for (const Action& action : actions) {
      if (const auto* sent = std::get_if<Send>(&action))
        out.push_back(sent->peer + " " + protocol::encode(sent->message));
      if (const auto* closed = std::get_if<Close>(&action))
        out.push_back(closed->peer + " close " + std::to_string(closed->code));
      if (const auto* seen = std::get_if<Seen>(&action))
        out.push_back("counted " + seen->robot + " " + seen->report.camera);
    }
    return out;
  }
  int last_session_ = 0;
  FakeClock clock_;
  Rooms rooms_;
};

}  // namespace bigfoot::server
