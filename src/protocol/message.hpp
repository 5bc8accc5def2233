#pragma once
// Every signaling message as a value. The base is GStreamer's WebRTC signalling protocol (gst-plugins-rs
// net/webrtc/protocol, versions 1.0 and 1.1); what Bigfoot adds are optional fields, marked [ours] here and in
// docs/protocol.md, so that webrtcsink, webrtcsrc and gstwebrtc-api can talk to our server and ours to theirs.
// JSON exists only in the codec.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "protocol/limits.hpp"

namespace bigfoot::protocol {

enum class Role { producer, listener, consumer };

/// What a peer says about itself. GStreamer's protocol allows any JSON here; `json` keeps all of it, the rest is what
/// we read.
struct Meta {
  std::string json = "null";           ///< the whole value, for handing on unchanged
  std::string name;                    ///< robot name, `meta.name`
  std::vector<std::string> cameras;    ///< [ours] `meta.cameras[].name`, in the order of the m-lines
  std::optional<std::string> version;  ///< [ours] `meta.bigfoot`: this peer is Bigfoot's and knows our additions
  bool operator==(const Meta&) const = default;
};

struct Peer {
  std::string id;
  Meta meta;
  bool operator==(const Peer&) const = default;
};

/// Server → peer, first message.
struct Welcome {
  std::string peer_id;
  std::vector<std::string> features;  ///< [ours] what it can: "resume", "restart", …; empty from GStreamer's own
  bool operator==(const Welcome&) const = default;
};

/// Peer → server, only as the first message. `V1_1` allows an error in EndSession.
struct SetProtocolVersion {
  bool v1_1 = false;
  bool operator==(const SetProtocolVersion&) const = default;
};

/// Peer → server (SetPeerStatus) and server → listeners (PeerStatusChanged, with peer_id). No roles: the peer has left.
struct PeerStatus {
  std::optional<std::string> peer_id;
  std::vector<Role> roles;
  Meta meta;
  std::vector<std::string> resume;  ///< [ours] resume tokens of the sessions this peer still has, SetPeerStatus only
  bool has(Role role) const {
    for (const Role r : roles)
      if (r == role) return true;
    return false;
  }
  bool operator==(const PeerStatus&) const = default;
};
struct SetPeerStatus : PeerStatus {};
struct PeerStatusChanged : PeerStatus {};

/// Peer → server: `peer_id` is the other side. Server → other side: with session_id, `peer_id` is who asks.
struct StartSession {
  std::string peer_id;
  std::optional<std::string> session_id;
  std::optional<std::string> offer;         ///< SDP; given when the asking side offers (WHEP), else the producer offers
  std::vector<std::string> cameras;         ///< [ours] wanted cameras; empty: all
  std::optional<std::string> client;        ///< [ours] User-Agent of the viewer: chooses playout-delay, nothing else
  std::optional<std::string> resume_token;  ///< [ours] server → producer: proves this session after a reconnect
  bool channels = false;                    ///< [ours] the viewer takes data channels: the producer offers them
  bool operator==(const StartSession&) const = default;
};

/// Server → asking side.
struct SessionStarted {
  std::string peer_id;
  std::string session_id;
  std::optional<std::string> resume_token;  ///< [ours]
  bool operator==(const SessionStarted&) const = default;
};

/// [ours] Server → a peer that presented resume tokens: both sides are back, `peer` messages pass again.
struct SessionResumed {
  std::string peer_id;
  std::string session_id;
  bool operator==(const SessionResumed&) const = default;
};

struct EndSession {
  std::string session_id;
  std::optional<std::string> error;  ///< version 1.1: why
  bool v1_1 = false;                 ///< written as `endSessionV1_1`
  bool operator==(const EndSession&) const = default;
};

struct Sdp {
  enum class Type { offer, answer };
  Type type = Type::offer;
  std::string sdp;
  bool operator==(const Sdp&) const = default;
};
struct IceCandidate {
  std::string candidate;  ///< "candidate:…"; empty: no more will follow
  std::uint32_t sdp_m_line_index = 0;
  bool operator==(const IceCandidate&) const = default;
};
/// [ours] Viewer → robot: make an offer with new ICE credentials.
struct RestartIce {
  bool operator==(const RestartIce&) const = default;
};
/// [ours] The body of a WHEP PATCH (application/trickle-ice-sdpfrag) and the robot's reply (empty: taken, nothing to
/// say).
struct Fragment {
  std::string request_id;  ///< pairs reply and request
  std::string sdpfrag;
  std::optional<std::string> error;  ///< reply: refused, why
  bool operator==(const Fragment&) const = default;
};
/// Where a picture's time goes once it left the robot, in its order; each begins where the one before ends.
enum class ViewerStage {
  network,     ///< its first packet leaves the robot → it is at the viewer
  reassembly,  ///< → its last packet, repeated ones too
  wait,        ///< → into the decoder
  decode,      ///< → decoded
  display,     ///< → given to the screen
};
inline constexpr std::array viewer_stages{ViewerStage::network, ViewerStage::reassembly, ViewerStage::wait,
                                          ViewerStage::decode, ViewerStage::display};
/// As the wire and the metrics call it.
constexpr const char* to_string(ViewerStage stage) {
  switch (stage) {
    case ViewerStage::network: return "network";
    case ViewerStage::reassembly: return "reassembly";
    case ViewerStage::wait: return "wait";
    case ViewerStage::decode: return "decode";
    case ViewerStage::display: return "display";
  }
  return "display";
}
/// What is not known is lacking.
using ViewerStages = std::map<ViewerStage, Nanos>;

/// How well a viewer's clock and the robot's are known to each other.
enum class Certainty { known, weak, guessed };
inline constexpr std::array certainties{Certainty::known, Certainty::weak, Certainty::guessed};
/// Of a clock that is known: an error above it is weak. The same as latency::clock_error_weak and the page's.
inline constexpr Nanos clock_error_weak = 20ms;
/// The label `estimated` of the metrics.
constexpr const char* to_string(Certainty certainty) {
  switch (certainty) {
    case Certainty::known: return "false";
    case Certainty::weak: return "weak";
    case Certainty::guessed: return "true";
  }
  return "true";
}

/// [ours] Viewer → robot, about every 2 s and camera shown: how old its pictures are when they are seen.
struct ViewerReport {
  std::string camera;
  Nanos delay{};                     ///< capture → displayed, the median since the last report; 0 to report_delay_max
  bool estimated = false;            ///< the robot's clock is a guess: it answered no pings on the channel `clock`
  std::optional<Nanos> clock_error;  ///< of `delay`, at most; only when it is not estimated; 0 to report_delay_max
  ViewerStages stages{};             ///< of the same pictures, each its median; 0 to report_delay_max
  bool operator==(const ViewerReport&) const = default;
  Certainty certainty() const {
    if (estimated) return Certainty::guessed;
    return clock_error > clock_error_weak ? Certainty::weak : Certainty::known;
  }
};
/// [ours] Viewer → robot: the cameras that it looks at, in place of those of the last such message. A viewer that never
/// says it looks at all of them. Names that the session has no camera of mean nothing.
struct Watch {
  std::vector<std::string> cameras;  ///< may be empty: none
  bool operator==(const Watch&) const = default;
};
/// Both ways, forwarded to the other side of the session.
struct PeerMessage {
  std::string session_id;
  std::variant<Sdp, IceCandidate, RestartIce, Fragment, ViewerReport, Watch> content;
  bool operator==(const PeerMessage&) const = default;
};

struct List {
  bool operator==(const List&) const = default;
};
struct ListConsumers {
  bool operator==(const ListConsumers&) const = default;
};
struct Producers {
  std::vector<Peer> peers;
  bool operator==(const Producers&) const = default;
};
struct Consumers {
  std::vector<Peer> peers;
  bool operator==(const Consumers&) const = default;
};

/// [ours] A key of a camera's configuration ("bitrate", "controls.brightness") and its value as the file has it.
struct Setting {
  std::string key;
  std::string value;
  bool operator==(const Setting&) const = default;
};
/// [ours] Server → robot: change these keys of a camera while it runs.
struct Configure {
  std::string request_id;
  std::string camera;
  std::vector<Setting> values;
  bool operator==(const Configure&) const = default;
};
/// [ours] Something that is wrong with the values that were asked for.
struct ValueFault {
  std::string what;
  std::string fix;  ///< may be empty
  bool operator==(const ValueFault&) const = default;
};
/// [ours] Robot → server. With `error` nothing was changed.
struct Configured {
  std::string request_id;
  std::optional<std::string> error;  ///< unknown-camera, forbidden, bad-values
  std::vector<ValueFault> faults;    ///< all of them
  std::vector<Setting> values;       ///< every key of the camera as it is now
  std::vector<std::string> changed;  ///< keys that have another value than before
  std::vector<Setting> not_applied;  ///< key and why: the value is kept, the camera cannot take it
  bool operator==(const Configured&) const = default;
};

struct ErrorMessage {
  std::string details;              ///< for people, says what to change
  std::optional<std::string> code;  ///< [ours] for programs: bad-json, unknown-type, too-large, rate, no-session, …
  std::optional<std::string> session_id;  ///< [ours] the session it is about
  bool operator==(const ErrorMessage&) const = default;
};

/// What a peer may say to the server.
using FromPeer = std::variant<SetProtocolVersion, SetPeerStatus, StartSession, EndSession, PeerMessage, List,
                              ListConsumers, Configured>;
/// What the server may say to a peer.
using FromServer = std::variant<Welcome, PeerStatusChanged, StartSession, SessionStarted, SessionResumed, EndSession,
                                PeerMessage, Producers, Consumers, Configure, ErrorMessage>;

}  // namespace bigfoot::protocol
