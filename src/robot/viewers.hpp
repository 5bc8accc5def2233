#pragma once
// All sessions of the robot: who may join, which message goes to whom, and the one timer that keeps them in time.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "robot/session.hpp"

namespace bigfoot::robot {

struct ViewerLimits {
  int sessions_max = 64;
  int half_open_max = 16;  ///< not yet connected; a stranger who never finishes cannot fill the robot
  SendBuffers buffers{};
};

/// Loop thread.
class Viewers final : private SessionOwner {
 public:
  using Send = std::function<void(const protocol::FromPeer&)>;
  Viewers(Loop& loop, PeerMaker make_peer, std::vector<CameraTrack> cameras, const ViewerMetrics& metrics,
          ViewerLimits limits, Send send, Log log);
  ~Viewers() override;

  void on(const protocol::StartSession& request);
  void on(const protocol::PeerMessage& message);
  void on(const protocol::EndSession& message);
  void address_changed(const transport::AddressChange& change);
  void streams_changed();
  /// For those who come from now on.
  void set_sessions_max(int sessions_max) { limits_.sessions_max = sessions_max; }
  /// The socket to the server is gone, and what went into it last may be as well.
  void signaling_lost();

  std::size_t count() const { return sessions_.size(); }
  std::vector<ViewerStatus> status() const;

 private:
  void send(const protocol::PeerMessage& message) override;
  void session_ended(const std::string& session_id, const std::string& reason, bool tell) override;

  Result<std::vector<CameraTrack>> wanted(const std::vector<std::string>& names) const;
  Result<> may_join() const;
  void refuse(const std::string& session_id, const std::string& reason);
  void tell_end(const std::string& session_id, const std::string& reason);
  void report();
  void forget(const std::string& session_id);
  void count_traffic(const Session& session);

  SessionContext context_;
  std::vector<CameraTrack> cameras_;
  ViewerLimits limits_;
  Send send_;
  Log log_;
  std::map<std::string, std::unique_ptr<Session>> sessions_;
  /// What the last report had counted, per session: counters only grow by the difference.
  std::map<std::string, transport::Traffic> reported_;
  Subscription tick_timer_, report_timer_;
  std::shared_ptr<Viewers*> self_;
};

}  // namespace bigfoot::robot
