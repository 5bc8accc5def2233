#pragma once
// One generation of ICE: one NiceAgent with one stream of one component. libnice never gathers again, so a new address,
// STUN server or TURN credential means a new IcePath; a restart that the peer asks for stays on the same agent.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "sdp/transport.hpp"
#include "transport/candidate_filter.hpp"
#include "transport/ice_config.hpp"
#include "transport/peer_connection.hpp"
#include "transport/sender.hpp"

namespace bigfoot::transport {

class IcePath;

/// Loop thread. A handler may stop() the path but must not destroy it.
class IcePathEvents {
 public:
  virtual ~IcePathEvents() = default;
  /// A candidate, or nothing: gathering is complete. Not called for what start() finds at once.
  virtual void on_path_candidate(IcePath& path, const std::optional<sdp::Candidate>& candidate) = 0;
  /// A pair is selected, for the first time or anew: its socket and addresses are other ones.
  virtual void on_path_selected(IcePath& path) = 0;
  /// The peer's consent is lost (RFC 7675): nothing may be sent on it any more.
  virtual void on_path_failed(IcePath& path) = 0;
  /// Not STUN. May be changed in place.
  virtual void on_path_datagram(IcePath& path, std::span<std::uint8_t> datagram) = 0;
};

class IcePath final : public DatagramRoute {
 public:
  IcePath(std::uint32_t generation, const IceConfig& config, bool controlling, IcePathEvents& events, Log log);
  ~IcePath() override;
  IcePath(const IcePath&) = delete;
  IcePath& operator=(const IcePath&) = delete;

  /// Begins to gather. Errors: no usable address, no free port in the range, a server URL that we cannot use.
  [[nodiscard]] Result<> start();
  /// No event any more. The agent is closed when the path is destroyed.
  void stop();
  /// New local credentials on the same sockets; the pair in use stays until another is selected.
  [[nodiscard]] Result<> restart();

  [[nodiscard]] Result<> set_remote(const std::string& ufrag, const std::string& pwd, bool ice_lite = false);
  bool has_remote() const { return !remote_ufrag_.empty(); }
  /// Before set_remote they wait (bounded); then each is judged, counted and, when usable, checked.
  void add_remote_candidate(const sdp::Candidate& candidate);
  const CandidateFilter& filter() const { return filter_; }

  std::uint32_t generation() const { return generation_; }
  const std::string& ufrag() const { return ufrag_; }
  const std::string& pwd() const { return pwd_; }
  std::vector<sdp::Candidate> candidates() const;
  bool gathered() const { return gathered_; }
  /// Every pair so far has failed, or the selected one was lost.
  bool failed() const { return failed_; }
  /// The selected pair; nothing before the first.
  const std::optional<PathInfo>& info() const { return info_; }

  int fd() const override;
  const sockaddr* remote() const override;
  socklen_t remote_size() const override;
  std::optional<std::size_t> send_relayed(const std::uint8_t* base, std::span<const WirePacket> packets) override;

 private:
  struct Agent;
  Result<> add_servers();
  Result<> add_addresses();
  void read_credentials();
  void on_candidate(const sdp::Candidate& candidate);
  void on_gathered();
  void on_selected();
  void on_component_failed();
  void check(const sdp::Candidate& candidate);

  const std::uint32_t generation_;
  const IceConfig config_;
  const bool controlling_;
  IcePathEvents* events_;  // nullptr once stopped
  Log log_;
  CandidateFilter filter_;
  std::string ufrag_;
  std::string pwd_;
  std::string remote_ufrag_;
  std::vector<sdp::Candidate> local_;
  std::vector<sdp::Candidate> waiting_;  // for set_remote
  bool starting_ = false;
  bool gathered_ = false;
  bool failed_ = false;
  std::optional<PathInfo> info_;
  std::unique_ptr<Agent> agent_;
};

}  // namespace bigfoot::transport
