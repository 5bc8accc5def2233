#pragma once
// A robot without sockets and GStreamer for this room's tests: a camera whose pictures and a transport whose events the
// test makes, and the other end's words.

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/fake_loop.hpp"
#include "h264/testing.hpp"
#include "robot/encoded_camera.hpp"
#include "robot/peer.hpp"
#include "robot/sending.hpp"
#include "rtp/packet.hpp"
#include "sdp/description.hpp"

namespace bigfoot::robot {

inline constexpr Nanos frame_time = 33ms;

/// Of 1280x720 progressive 4:2:0, as x264 writes it for its baseline profile (pictures come out as they went in).
inline Bytes sps_of(std::uint8_t profile_idc, std::uint8_t constraints, std::uint8_t level_idc) {
  return {0x67, profile_idc, constraints, level_idc, 0xda, 0x01, 0x40, 0x16, 0xe4};
}

class FakeCamera final : public EncodedCamera {
 public:
  FakeCamera(FakeLoop& loop, media::CameraListener& listener) : loop_(loop), listener_(listener) {}

  void start() override {
    state_ = media::CameraState::running;
    listener_.on_state(state_);
  }
  void stop() override { state_ = media::CameraState::stopped; }
  void end() override { stop(); }
  void reject_stream(Error why) override { rejected.push_back(std::move(why)); }
  void wake() override { awake = keyframe_ = true; }
  void sleep() override { awake = false; }
  void request_keyframe() override {
    ++keyframes_asked;
    keyframe_ = true;
  }
  void apply(media::CameraSettings settings) override { applied.push_back(std::move(settings)); }
  bool settled() const override { return is_settled; }
  /// Its encoder begins a new stream, as after another size.
  void restart(const std::string& profile) {
    state_ = media::CameraState::starting;
    listener_.on_state(state_);
    profile_level_id = profile;
    state_ = media::CameraState::running;
    listener_.on_state(state_);
  }
  media::CameraState state() const override { return state_; }
  media::CameraStats stats() const override {
    media::CameraStats stats;
    stats.takes_bitrate = takes_bitrate && !passed_through;
    stats.passed_through = passed_through;
    stats.frames_passed = frames_passed;
    stats.frames_captured = captured;
    stats.frames_encoded = encoded;
    stats.profile_level_id = profile_level_id;
    stats.trouble = trouble;
    stats.source_fault = source_fault;
    stats.encoder_fault = encoder_fault;
    stats.placeholders = placeholders;
    stats.hung = hung;
    stats.overdue_jobs = overdue_jobs;
    return stats;
  }
  std::vector<Nanos> take_encode_times() override { return {}; }
  std::vector<Nanos> take_recoveries() override { return std::exchange(recoveries, {}); }
  std::vector<Nanos> take_encoder_recoveries() override { return std::exchange(encoder_recoveries, {}); }

  /// One picture of `bytes` is captured, and encoded when somebody watches: its streaming thread's part.
  void capture(std::size_t bytes = 8'000) {
    if (state_ != media::CameraState::running) return;
    ++captured;
    if (!awake) return;
    const bool key = std::exchange(keyframe_, false);
    keyframes += key;
    give(key, bytes);
  }
  void give(bool key, std::size_t bytes) {
    using namespace h264;
    if (unusable > 0) {
      --unusable;
      AccessUnit unit = make_unit(Bytes(500, 0x55), ++encoded, loop_.now());  // no start code
      unit.keyframe = key;
      return listener_.on_access_unit(std::move(unit));
    }
    std::vector<Bytes> nals{nal_of(key ? 0x65 : 0x41, bytes, static_cast<std::uint32_t>(++encoded))};
    if (key) nals.insert(nals.begin(), {sps, nal_of(0x68, 5, 2)});
    AccessUnit unit = make_unit(annex_b(nals), encoded, loop_.now());
    unit.captured -= age;
    unit.encode_time = encode_time;
    unit.keyframe = key;
    listener_.on_access_unit(std::move(unit));
  }
  media::CameraListener& listener() { return listener_; }
  void break_down(const Error& error = {"the camera is gone", "plug it in", Next::restart_pipeline}) {
    listener_.on_fault(error, 1s);
  }

  Nanos age{0};          ///< of a picture when it is encoded …
  Nanos encode_time{0};  ///< … of which it was in the encoder for so long
  int unusable = 0;      ///< so many pictures come out broken
  std::uint64_t captured = 0, encoded = 0, keyframes = 0;
  int keyframes_asked = 0;
  bool awake = false;
  std::string profile_level_id;  ///< empty: the encoder was not tried yet
  std::string trouble;
  std::optional<Error> source_fault, encoder_fault;
  std::vector<Nanos> recoveries, encoder_recoveries;
  std::uint64_t placeholders = 0;
  std::vector<media::CameraSettings> applied;
  bool takes_bitrate = true;
  bool passed_through = false;  ///< what it gives is the source's own
  std::uint64_t frames_passed = 0;
  bool is_settled = true;
  std::vector<Error> rejected;  ///< streams
  Bytes sps = sps_of(0x42, 0xc0, 31);
  Nanos hung{0};
  std::uint64_t overdue_jobs = 0;

 private:
  FakeLoop& loop_;
  media::CameraListener& listener_;
  media::CameraState state_ = media::CameraState::stopped;
  bool keyframe_ = false;
};

/// What one transport was told and let out. Outlives its session.
struct Wire {
  std::vector<Bytes> packets;  ///< plain RTP that the kernel took
  std::vector<sdp::RemoteTransport> remotes;
  std::vector<sdp::Candidate> candidates;  ///< of the peer
  int reports = 0;                         ///< RTCP
  std::vector<sdp::RemoteData> channels;   ///< opened over it
  bool controlling = false, closed = false;
};

class FakePeer final : public Peer {
 public:
  FakePeer(FakeLoop& loop, transport::PeerListener& listener, Nanos connect_max, std::shared_ptr<Wire> wire)
      : loop_(loop), listener_(listener), connect_max_(connect_max), wire_(std::move(wire)) {}

  Result<> start(bool controlling) override {
    if (no_interface) return fail("no network interface is up", "connect the robot to a network");
    wire_->controlling = controlling;
    generation_ = 1;
    deadline_ = loop_.after(connect_max_, [this] { give_up("not connected in time"); });
    set(transport::PeerState::connecting_ice);
    return {};
  }
  sdp::LocalTransport local() const override {
    sdp::LocalTransport local;
    local.ufrag = "ours" + std::to_string(generation_);
    local.pwd = "passwordoftwentytwochars";
    local.fingerprint = "sha-256 " + fingerprint();
    local.candidates = {"candidate:1 1 udp 2130706431 192.0.2.7 50000 typ host"};
    local.gathering_complete = gathered;
    return local;
  }
  Result<> set_remote(const sdp::RemoteTransport& remote) override {
    if (!wire_->remotes.empty() && wire_->remotes.front().fingerprints != remote.fingerprints)
      return fail("the peer's certificate changed within one session", "begin a new session");
    wire_->remotes.push_back(remote);
    return {};
  }
  void add_remote_candidate(const sdp::Candidate& candidate) override { wire_->candidates.push_back(candidate); }
  Result<> restart_ice() override {
    ++generation_;
    return {};
  }
  void new_path() override {
    ++generation_;
    listener_.on_renegotiate();
  }

  std::uint8_t* reserve(std::size_t size_max) override {
    if (!writable() || burst_.size() == 64) return nullptr;
    room_.resize(size_max);
    return room_.data();
  }
  void commit(std::size_t size, std::optional<std::uint16_t> transport_sequence) override {
    burst_.push_back({Bytes(room_.begin(), room_.begin() + static_cast<std::ptrdiff_t>(size)), transport_sequence});
  }
  transport::Sent flush() override {
    if (state_ != transport::PeerState::connected) {
      burst_.clear();
      return transport::Sent::no_path;
    }
    while (!burst_.empty() && socket_room > 0) take();
    if (burst_.empty()) return transport::Sent::all;
    ++traffic_.blocked;
    return transport::Sent::blocked;
  }
  bool writable() const override { return state_ == transport::PeerState::connected && burst_kept() == 0; }
  transport::Sent send_rtcp(BytesView) override {
    ++wire_->reports;
    return transport::Sent::all;
  }
  Result<> open_channels(const sdp::RemoteData& remote, ChannelUser& user) override {
    wire_->channels.push_back(remote);
    channel_user_ = &user;
    return {};
  }
  void close() override {
    deadline_.reset();
    wire_->closed = true;
    state_ = transport::PeerState::closed;
  }
  std::optional<transport::PathInfo> path() const override { return path_; }
  const transport::Traffic& traffic() const override { return traffic_; }

  // What happens to it.
  void connect() {
    deadline_.reset();
    path_ = {.local = "192.0.2.7:50000",
             .base = "192.0.2.7",
             .remote = "192.0.2.9:50000",
             .local_type = "host",
             .remote_type = "host",
             .generation = generation_};
    set(transport::PeerState::handshaking);
    set(transport::PeerState::connected);
    listener_.on_path(*path_);
  }
  void lose_path() { set(transport::PeerState::disconnected); }
  void path_comes_back() {
    set(transport::PeerState::connected);
    new_path_is_up();
  }
  /// Before the old one was found dead.
  void new_path_is_up() { listener_.on_path(*path_); }
  void say_goodbye() { set(transport::PeerState::closed); }
  void give_up(const std::string& why) {
    set(transport::PeerState::closed);
    listener_.on_failed({why, {}, Next::reconnect});
  }
  void gather() {
    gathered = true;
    listener_.on_local_candidate("");
  }
  void hear(const rtp::RtcpPacket& packet) {
    Bytes bytes;
    rtp::append_rtcp(packet, bytes);
    listener_.on_rtcp(bytes);
  }
  /// The viewer's words on a channel that it opened, and ours to them; nothing when nobody wants the channel.
  std::optional<Bytes> say(const std::string& label, BytesView message) {
    if (!channel_user_ || !channel_user_->wants_channel(label)) return std::nullopt;
    return channel_user_->on_channel_message(label, message);
  }
  /// The socket has room again.
  void drain() {
    socket_room = room_of_an_open_socket;
    while (!burst_.empty()) take();
    listener_.on_writable();
  }
  transport::PeerListener& listener() { return listener_; }
  static std::string fingerprint() {
    std::string digest = "AB";
    for (int i = 1; i < 32; ++i) digest += ":AB";
    return digest;
  }

  static constexpr std::size_t room_of_an_open_socket = 1u << 30;
  std::size_t socket_room = room_of_an_open_socket;  ///< packets
  bool gathered = true;
  bool no_interface = false;

 private:
  struct Committed {
    Bytes bytes;
    std::optional<std::uint16_t> number;
  };
  void set(transport::PeerState state) {
    state_ = state;
    listener_.on_state(state);
  }
  std::size_t burst_kept() const { return socket_room == 0 ? burst_.size() : 0; }
  void take() {
    --socket_room;
    Committed packet = std::move(burst_.front());
    burst_.pop_front();
    ++traffic_.packets_sent;
    traffic_.bytes_sent += packet.bytes.size();
    if (packet.number) listener_.on_packet_sent(*packet.number, packet.bytes.size(), loop_.now());
    wire_->packets.push_back(std::move(packet.bytes));
  }

  FakeLoop& loop_;
  transport::PeerListener& listener_;
  Nanos connect_max_;
  std::shared_ptr<Wire> wire_;
  Subscription deadline_;
  transport::PeerState state_ = transport::PeerState::idle;
  std::uint32_t generation_ = 0;
  std::optional<transport::PathInfo> path_;
  transport::Traffic traffic_;
  Bytes room_;
  std::deque<Committed> burst_;
  ChannelUser* channel_user_ = nullptr;
};

/// Makes transports and keeps hold of them: `peers[i]` while its session lives, `wires[i]` for good.
struct FakePeers {
  explicit FakePeers(FakeLoop& l) : loop(l) {}
  PeerMaker maker() {
    return [this](transport::PeerListener& listener, Nanos connect_max, const Log&) {
      wires.push_back(std::make_shared<Wire>());
      auto peer = std::make_unique<FakePeer>(loop, listener, connect_max, wires.back());
      peer->no_interface = no_interface;
      peer->gathered = gathered;
      peers.push_back(peer.get());
      return peer;
    };
  }
  FakeLoop& loop;
  std::vector<FakePeer*> peers;
  std::vector<std::shared_ptr<Wire>> wires;
  bool no_interface = false;  ///< of the next
  bool gathered = true;       ///< of the next
};

/// A picture as it arrived.
struct Picture {
  std::uint32_t timestamp = 0;
  bool keyframe = false;
  bool operator==(const Picture&) const = default;
};

/// The whole pictures of one stream, in order; `gaps` counts sequence numbers that never came.
struct Watched {
  std::vector<Picture> pictures;
  int gaps = 0;
  int broken = 0;   ///< pictures whose end came without their beginning
  int repeats = 0;  ///< packets of the RTX stream
  /// No key frame between these pictures was left out and no picture refers to one that is missing: none is missing, or
  /// a key frame follows. `frame_ticks`: 90 kHz.
  bool decodable(std::uint32_t frame_ticks) const {
    if (pictures.empty() || !pictures.front().keyframe) return false;
    for (std::size_t i = 1; i < pictures.size(); ++i)
      if (pictures[i].timestamp - pictures[i - 1].timestamp > frame_ticks && !pictures[i].keyframe) return false;
    return gaps == 0 && broken == 0;
  }
  std::size_t keyframes() const {
    return static_cast<std::size_t>(
        std::count_if(pictures.begin(), pictures.end(), [](const Picture& each) { return each.keyframe; }));
  }
};

/// Reads what a viewer was sent of the stream with this payload type (ours are 96 for the first camera, 98 for the
/// second).
inline Watched watch(const std::vector<Bytes>& packets, std::uint8_t payload_type = 96) {
  Watched seen;
  std::optional<std::uint16_t> expected;
  std::optional<std::uint32_t> begun;
  bool key = false;
  for (const Bytes& bytes : packets) {
    const auto packet = rtp::parse_packet(bytes);
    if (!packet) continue;
    const rtp::Header& header = packet->header;
    if (header.payload_type == payload_type + 1) ++seen.repeats;
    if (header.payload_type != payload_type || packet->payload.size() < 2) continue;
    if (expected && header.sequence != *expected) ++seen.gaps;
    expected = static_cast<std::uint16_t>(header.sequence + 1);
    const unsigned type = packet->payload[0] & 0x1fu;
    const bool fragment = type == 28;
    if (header.timestamp != begun.value_or(header.timestamp + 1)) {
      if (fragment && (packet->payload[1] & 0x80) == 0) ++seen.broken;
      begun = header.timestamp;
      key = type == 24;  // SPS and PPS stand in front of each key frame of ours
    }
    if (header.marker) seen.pictures.push_back({header.timestamp, key});
  }
  return seen;
}

/// A viewer's answer to `offer`: takes everything but the m-lines in `refused`.
inline std::string answer_to(const std::string& offer, const std::string& ufrag = "theirs",
                             const std::vector<std::size_t>& refused = {}) {
  const auto parsed = sdp::parse_description(offer);
  if (!parsed) return {};
  sdp::Description answer;
  answer.origin = "- 1 1 IN IP4 127.0.0.1";
  answer.lines = {{'t', "0 0"}};
  std::string bundle = "BUNDLE";
  for (std::size_t i = 0; i < parsed->media.size(); ++i) {
    const sdp::Media& theirs = parsed->media[i];
    sdp::Media ours;
    ours.type = theirs.type;
    ours.protocol = theirs.protocol;
    ours.formats = theirs.formats;
    ours.lines = {{'c', "IN IP4 0.0.0.0"}};
    for (const char* same : {"mid", "extmap", "rtpmap", "fmtp", "rtcp-fb", "sctp-port", "max-message-size"})
      for (const auto value : theirs.values(same)) ours.add(same, std::string(value));
    const bool refuses = std::find(refused.begin(), refused.end(), i) != refused.end();
    ours.add(refuses ? "inactive" : "recvonly");
    for (const char* flag : {"rtcp-mux", "rtcp-rsize"}) ours.add(flag);
    ours.add("ice-ufrag", ufrag);
    ours.add("ice-pwd", "theirpasswordof22characters");
    ours.add("fingerprint", "sha-256 " + FakePeer::fingerprint());
    ours.add("setup", "active");
    bundle += " " + std::string(theirs.value("mid").value_or(""));
    answer.media.push_back(std::move(ours));
  }
  answer.add("group", bundle);
  return sdp::to_string(answer);
}

/// A WHEP player's offer of one video m-line.
inline std::string player_offer(const std::string& codec = "H264/90000", const std::string& ufrag = "theirs") {
  return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
         "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=rtcp-mux\r\na=recvonly\r\na=mid:0\r\n"
         "a=rtpmap:96 " +
         codec +
         "\r\na=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n"
         "a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
         "a=ice-ufrag:" +
         ufrag + "\r\na=ice-pwd:theirpasswordof22characters\r\na=fingerprint:sha-256 " + FakePeer::fingerprint() +
         "\r\na=setup:actpass\r\n";
}

/// Cameras, transports and time of one test.
class RobotLab : public ::testing::Test {
 protected:
  Rung& add_camera(const std::string& name) {
    media::CameraSettings settings;
    settings.name = name;
    return add_camera(settings);
  }
  Rung& add_camera(const media::CameraSettings& settings) {
    const auto make = [this](media::CameraListener& listener) {
      auto camera = std::make_unique<FakeCamera>(loop, listener);
      cameras.push_back(camera.get());
      return camera;
    };
    rungs.push_back(std::make_unique<Rung>(loop, settings, make, counters.camera(settings.name), Log()));
    rungs.back()->start();
    return *rungs.back();
  }
  CameraTrack track(std::size_t camera) { return {rungs[camera].get(), counters.camera(rungs[camera]->name())}; }
  std::vector<CameraTrack> tracks() {
    std::vector<CameraTrack> all;
    for (std::size_t i = 0; i < rungs.size(); ++i) all.push_back(track(i));
    return all;
  }
  /// `count` pictures of every camera, one a frame time.
  void film(int count, std::size_t bytes = 8'000) {
    for (int i = 0; i < count; ++i) {
      for (FakeCamera* camera : cameras) camera->capture(bytes);
      loop.advance(frame_time);
    }
  }

  FakeLoop loop;
  telemetry::Metrics metrics;
  RobotMetrics counters{metrics, "rover-7"};
  std::vector<FakeCamera*> cameras;
  std::vector<std::unique_ptr<Rung>> rungs;
  FakePeers transports{loop};
};

}  // namespace bigfoot::robot
