// N viewers that only count: each takes /whep/ROBOT through our own transport, decrypts, counts packets, and sends the
// feedback a browser would (transport-wide feedback 15 times a second, RR once, PLI at the start). Prints one JSON line
// at the end, or when SIGTERM ends it. Used by `bench viewers` and `bench join`, where it runs in a namespace of its
// own so that its work is not the robot's, and by the end-to-end tests.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <glib-unix.h>
#include <libsoup/soup.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/glib_loop.hpp"
#include "base/random.hpp"
#include "flood.hpp"
#include "h264/sps.hpp"
#include "rtp/extensions.hpp"
#include "rtp/packet.hpp"
#include "rtp/rtcp.hpp"
#include "rtp/twcc.hpp"
#include "sdp/description.hpp"
#include "sdp/remote.hpp"
#include "transport/peer_connection.hpp"

namespace {

using namespace bigfoot;

constexpr std::uint8_t transport_cc_id = 3;
constexpr std::uint8_t media_payload_type = 102;  // as make_offer() says
constexpr Nanos feedback_interval = 66ms;
constexpr Nanos flood_interval = 10ms;

/// What becomes of a viewer beyond counting.
struct Manners {
  bool honest = true;     ///< claims the certificate that it has
  bool mute = false;      ///< takes the answer and never says another word
  int flood = 0;          ///< hostile RTCP datagrams a second
  Nanos ask_keyframe{0};  ///< a PLI each time this has passed; 0: never
};

/// The certificate that this viewer claims to have.
std::string claimed(const sdp::LocalTransport& local, bool honest) {
  if (honest) return local.fingerprint;
  std::string other = local.fingerprint;
  other.back() = other.back() == '0' ? '1' : '0';
  return other;
}

std::string make_offer(const sdp::LocalTransport& local, bool honest) {
  std::string text =
      "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
      "m=video 9 UDP/TLS/RTP/SAVPF 102 103\r\nc=IN IP4 "
      "0.0.0.0\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=recvonly\r\na=mid:0\r\n"
      "a=rtpmap:102 H264/90000\r\na=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n"
      "a=rtcp-fb:102 nack\r\na=rtcp-fb:102 nack pli\r\na=rtcp-fb:102 ccm fir\r\na=rtcp-fb:102 transport-cc\r\n"
      "a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n";
  text += "a=extmap:" + std::to_string(transport_cc_id) + " " + std::string(rtp::transport_cc_uri) + "\r\n";
  text += "a=ice-ufrag:" + local.ufrag + "\r\na=ice-pwd:" + local.pwd + "\r\na=ice-options:trickle\r\n";
  text += "a=fingerprint:" + claimed(local, honest) + "\r\na=setup:actpass\r\n";
  for (const std::string& candidate : local.candidates) text += "a=" + candidate + "\r\n";
  return text;
}

class Receiver final : public transport::PeerListener {
 public:
  Receiver(Loop& loop, SoupSession* http, std::string url, const transport::IceConfig& ice,
           const transport::Certificate& certificate, const Manners& manners)
      : loop_(loop),
        http_(http),
        url_(std::move(url)),
        peer_(loop, ice, certificate, *this, {}),
        twcc_(random_u32(), 0),
        manners_(manners) {}
  ~Receiver() override { leave(); }

  void start() {
    asked_ = loop_.now();
    if (const auto started = peer_.start(true); !started) return give_up(started.error().text());
    if (peer_.local().gathering_complete) post_offer();
  }
  /// Ends the transport and tells no server: what a player does that is closed in a hurry.
  void vanish() {
    location_.clear();
    peer_.close();
  }
  void leave() {
    if (location_.empty()) return;
    SoupMessage* message = soup_message_new("DELETE", location_.c_str());
    GBytes* body = soup_session_send_and_read(http_, message, nullptr, nullptr);
    if (body != nullptr) g_bytes_unref(body);
    g_object_unref(message);
    location_.clear();
    peer_.close();
  }

  bool connected() const { return connected_at_ > asked_; }
  /// Nothing more will happen before it is told to leave.
  bool settled() const { return failed() || connected() || answered_; }
  bool failed() const { return !error_.empty(); }
  const std::string& error() const { return error_; }
  double connect_ms() const { return to_millis(connected_at_ - asked_); }
  double first_packet_ms() const { return packets_ > 0 ? to_millis(first_packet_at_ - asked_) : 0; }
  std::uint64_t packets() const { return packets_; }
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t frames() const { return frames_; }
  std::uint64_t keyframes() const { return keyframes_; }
  std::uint64_t repeated_bytes() const { return repeated_bytes_; }
  /// The usual time between two pictures by the sender's clock, whatever it took them to come: the median.
  double interval_ms() const {
    std::vector<std::int64_t> steps;
    for (std::size_t i = 1; i < pictures_.size(); ++i) steps.push_back(pictures_[i] - pictures_[i - 1]);
    if (steps.empty()) return 0;
    std::nth_element(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2), steps.end());
    return static_cast<double>(steps[steps.size() / 2]) / 90;
  }
  /// From the first picture to the last by the sender's clock.
  double media_seconds() const {
    return pictures_.empty() ? 0 : static_cast<double>(pictures_.back() - pictures_.front()) / 90'000;
  }
  /// Sequence numbers that never came.
  std::int64_t missing() const { return media_packets_ == 0 ? 0 : highest_ - first_ + 1 - media_packets_; }
  std::uint64_t flooded() const { return flood_.sent(); }
  /// From each PLI until a key frame began to arrive.
  const std::vector<double>& keyframe_ms() const { return keyframe_ms_; }
  std::string srtp_profile() const { return peer_.srtp_profile(); }

 private:
  void on_local_candidate(const std::string& candidate) override {
    if (candidate.empty()) post_offer();
  }
  void on_state(transport::PeerState state) override {
    if (state != transport::PeerState::connected || connected()) return;
    connected_at_ = loop_.now();
    feedback_timer_ = loop_.every(feedback_interval, [this] { send_feedback(); });
    report_timer_ = loop_.every(1s, [this] { send_report(); });
    if (manners_.flood > 0) flood_timer_ = loop_.every(flood_interval, [this] { flood(); });
    if (manners_.ask_keyframe > Nanos{0})
      ask_timer_ = loop_.every(manners_.ask_keyframe, [this] { ask_for_keyframe(); });
  }
  void on_path(const transport::PathInfo&) override {}
  void on_rtcp(BytesView) override {}
  void on_rtp(BytesView bytes) override {
    const auto packet = rtp::parse_packet(bytes);
    if (!packet) return;
    const Timestamp now = loop_.now();
    if (packets_++ == 0) first_packet_at_ = now;
    bytes_ += bytes.size();
    if (packet->header.payload_type == media_payload_type)
      on_media(*packet, now);
    else
      repeated_bytes_ += bytes.size();
    if (const auto value = packet->extension(transport_cc_id); value && value->size() == 2)
      twcc_.on_packet(load_be16(value->data()), now);
  }
  void on_packet_sent(std::uint16_t, std::size_t, Timestamp) override {}
  void on_writable() override {}
  void on_renegotiate() override {}
  void on_failed(const Error& error) override { give_up(error.text()); }

  void on_media(const rtp::Packet& packet, Timestamp now) {
    const std::int64_t sequence = sequence_.unwrap(packet.header.sequence);
    if (media_packets_++ == 0) first_ = highest_ = sequence;
    highest_ = std::max(highest_, sequence);
    if (packet.header.marker) {
      ++frames_;
      pictures_.push_back(time_.unwrap(packet.header.timestamp));
    }
    media_ssrc_ = packet.header.ssrc;
    constexpr unsigned stap_a = 24;  // SPS and PPS, in front of each of our key frames and nowhere else
    if (packet.payload.empty() || (packet.payload[0] & 0x1fu) != stap_a) return;
    ++keyframes_;
    note_size(packet.payload);
    if (asked_keyframe_) keyframe_ms_.push_back(to_millis(now - *std::exchange(asked_keyframe_, std::nullopt)));
  }
  /// Said when it changes, for tests that change it.
  void note_size(BytesView payload) {
    constexpr std::size_t header = 3;  // of the packet, and the length of its first unit
    if (payload.size() < header) return;
    const std::size_t length = std::min<std::size_t>(load_be16(payload.data() + 1), payload.size() - header);
    const auto sps = h264::parse_sps(payload.subspan(header, length));
    if (!sps || sps->size == size_) return;
    size_ = sps->size;
    std::printf("size %s\n", size_.text().c_str());
    std::fflush(stdout);
  }
  void flood() {
    for (auto left = manners_.flood * flood_interval / 1s; left > 0 && media_packets_ > 0; --left) {
      flood_.next(media_ssrc_, static_cast<std::uint16_t>(highest_), out_);
      peer_.send_rtcp(out_);
    }
  }
  void ask_for_keyframe() {
    if (asked_keyframe_ || media_packets_ == 0) return;
    asked_keyframe_ = loop_.now();
    out_.clear();
    rtp::append_rtcp(rtp::Pli{1, media_ssrc_}, out_);
    peer_.send_rtcp(out_);
  }

  void give_up(const std::string& why) {
    if (error_.empty()) error_ = why.empty() ? "failed" : why;
  }
  void post_offer() {
    if (posted_) return;
    posted_ = true;
    SoupMessage* message = soup_message_new("POST", url_.c_str());
    const std::string offer = make_offer(peer_.local(), manners_.honest);
    GBytes* body = g_bytes_new(offer.data(), offer.size());
    soup_message_set_request_body_from_bytes(message, "application/sdp", body);
    g_bytes_unref(body);
    const auto done = [](GObject* source, GAsyncResult* result, gpointer self) {
      static_cast<Receiver*>(self)->on_answer(SOUP_SESSION(source), result);
    };
    message_ = message;
    soup_session_send_and_read_async(http_, message, G_PRIORITY_DEFAULT, nullptr, done, this);
  }
  void on_answer(SoupSession* session, GAsyncResult* result) {
    GError* error = nullptr;
    GBytes* body = soup_session_send_and_read_finish(session, result, &error);
    const std::string text =
        body != nullptr ? std::string(static_cast<const char*>(g_bytes_get_data(body, nullptr)), g_bytes_get_size(body))
                        : "";
    if (body != nullptr) g_bytes_unref(body);
    const auto status = soup_message_get_status(message_);
    if (const char* location = soup_message_headers_get_one(soup_message_get_response_headers(message_), "Location")) {
      GUri* absolute = g_uri_parse_relative(soup_message_get_uri(message_), location,
                                            static_cast<GUriFlags>(SOUP_HTTP_URI_FLAGS), nullptr);
      char* printed = g_uri_to_string(absolute);
      location_ = printed;
      g_free(printed);
      g_uri_unref(absolute);
    }
    g_object_unref(message_);
    if (error != nullptr || status != 201) {
      give_up("WHEP answered " + std::to_string(status) + ": " + (error != nullptr ? error->message : text));
      g_clear_error(&error);
      return;
    }
    if (manners_.mute)
      answered_ = true;
    else
      take_answer(text);
  }
  void take_answer(const std::string& text) {
    const auto description = sdp::parse_description(text);
    if (!description || description->media.empty()) return give_up("the answer is no SDP");
    const auto remote = sdp::read_remote(*description, description->media.front(), sdp::Side::answer);
    if (!remote) return give_up(remote.error().text());
    if (const auto set = peer_.set_remote(*remote); !set) return give_up(set.error().text());
    for (const auto& line : description->media.front().values("candidate"))
      if (const auto candidate = sdp::parse_candidate("candidate:" + std::string(line)))
        peer_.add_remote_candidate(*candidate);
  }
  void send_feedback() {
    while (const auto feedback = twcc_.take()) {
      out_.clear();
      rtp::append_rtcp(*feedback, out_);
      peer_.send_rtcp(out_);
    }
  }
  void send_report() {
    rtp::ReportBlock block;
    block.ssrc = media_ssrc_;
    block.highest_sequence = static_cast<std::uint32_t>(highest_);
    out_.clear();
    rtp::append_rtcp(rtp::ReceiverReport{1, {block}}, out_);
    peer_.send_rtcp(out_);
  }

  Loop& loop_;
  SoupSession* http_;
  std::string url_, location_, error_;
  transport::PeerConnection peer_;
  rtp::TwccReceiver twcc_;
  Manners manners_;
  Flood flood_;
  SoupMessage* message_ = nullptr;
  bool posted_ = false;
  bool answered_ = false;
  Timestamp asked_{}, connected_at_{}, first_packet_at_{};
  std::uint64_t packets_ = 0, bytes_ = 0, frames_ = 0, keyframes_ = 0, repeated_bytes_ = 0;
  std::uint32_t media_ssrc_ = 0;
  Size size_;
  rtp::Unwrapper<std::uint16_t> sequence_;
  std::int64_t media_packets_ = 0, first_ = 0, highest_ = 0;
  std::optional<Timestamp> asked_keyframe_;
  std::vector<double> keyframe_ms_;
  rtp::Unwrapper<std::uint32_t> time_;
  std::vector<std::int64_t> pictures_;  ///< their RTP times
  Bytes out_;
  Subscription feedback_timer_, report_timer_, flood_timer_, ask_timer_;
};

struct Arguments {
  std::string url;
  int count = 1;
  double seconds = 5;
  std::uint64_t frames = 0;  ///< leave when each has so many; 0: stay for the seconds
  double apart_ms = 20;
  bool one_by_one = false;  ///< join: each leaves before the next comes
  bool loopback = false;
  bool wrong_fingerprint = false;
  bool mute = false;
  bool vanish = false;
  int flood = 0;
  double ask_keyframe = 0;
};

nlohmann::json figures(const std::vector<std::unique_ptr<Receiver>>& receivers, double seconds) {
  nlohmann::json all = {{"seconds", seconds}};
  for (const char* count :
       {"connected", "packets", "bytes", "frames", "keyframes", "missing", "repeated_bytes", "flooded"})
    all[count] = 0;
  for (const char* list : {"errors", "keyframe_ms", "interval_ms", "media_seconds"})
    all[list] = nlohmann::json::array();
  for (const auto& receiver : receivers) {
    if (receiver->failed()) all["errors"].push_back(receiver->error());
    if (!receiver->connected()) continue;
    all["connected"] = all["connected"].get<int>() + 1;
    all["packets"] = all["packets"].get<std::uint64_t>() + receiver->packets();
    all["bytes"] = all["bytes"].get<std::uint64_t>() + receiver->bytes();
    all["frames"] = all["frames"].get<std::uint64_t>() + receiver->frames();
    all["keyframes"] = all["keyframes"].get<std::uint64_t>() + receiver->keyframes();
    all["missing"] = all["missing"].get<std::int64_t>() + receiver->missing();
    all["repeated_bytes"] = all["repeated_bytes"].get<std::uint64_t>() + receiver->repeated_bytes();
    all["flooded"] = all["flooded"].get<std::uint64_t>() + receiver->flooded();
    for (const double ms : receiver->keyframe_ms()) all["keyframe_ms"].push_back(ms);
    all["interval_ms"].push_back(receiver->interval_ms());
    all["media_seconds"].push_back(receiver->media_seconds());
    all["connect_ms"].push_back(receiver->connect_ms());
    all["first_packet_ms"].push_back(receiver->first_packet_ms());
    all["srtp"] = receiver->srtp_profile();
  }
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Viewers that only count");
  app.add_option("--url", arguments.url, "http://HOST:PORT/whep/ROBOT")->required();
  app.add_option("--count", arguments.count, "viewers")->check(CLI::Range(1, 200));
  app.add_option("--seconds", arguments.seconds, "how long to watch after the last one connected")
      ->check(CLI::Range(0.0, 600.0));
  app.add_option("--frames", arguments.frames, "leave as soon as each has got so many pictures; --seconds bounds it");
  app.add_option("--apart-ms", arguments.apart_ms, "pause between two joins")->check(CLI::Range(0.0, 10000.0));
  app.add_flag("--one-by-one", arguments.one_by_one, "each leaves before the next comes");
  app.add_flag("--loopback", arguments.loopback, "use 127.0.0.1");
  app.add_flag("--mute", arguments.mute, "take the answer and never say another word: half-open for ever");
  app.add_flag("--vanish", arguments.vanish, "close the transport without DELETE");
  app.add_option("--flood", arguments.flood, "hostile RTCP datagrams a second, once connected")
      ->check(CLI::Range(0, 100000));
  app.add_option("--ask-keyframe", arguments.ask_keyframe, "ask for a key frame this often, in seconds")
      ->check(CLI::Range(0.0, 600.0));
  app.add_flag("--wrong-fingerprint", arguments.wrong_fingerprint,
               "claim another certificate in the offer: must get nothing");
  CLI11_PARSE(app, argc, argv);

  GlibLoop loop;
  SoupSession* http = soup_session_new_with_options("max-conns", 256, "max-conns-per-host", 256, nullptr);
  const transport::Certificate certificate;
  transport::IceConfig ice;
  ice.loopback = arguments.loopback;
  const auto pause = Nanos(static_cast<std::int64_t>(arguments.apart_ms * 1e6));
  const Manners manners{.honest = !arguments.wrong_fingerprint,
                        .mute = arguments.mute,
                        .flood = arguments.flood,
                        .ask_keyframe = Nanos(static_cast<std::int64_t>(arguments.ask_keyframe * 1e9))};
  std::vector<std::unique_ptr<Receiver>> receivers;
  for (int i = 0; i < arguments.count; ++i) {
    receivers.push_back(std::make_unique<Receiver>(loop, http, arguments.url, ice, certificate, manners));
    Receiver& receiver = *receivers.back();
    receiver.start();
    if (arguments.one_by_one) {
      loop.run_until([&] { return receiver.failed() || receiver.packets() > 0; }, 10s);
      loop.run_until([] { return false; }, Nanos(static_cast<std::int64_t>(arguments.seconds * 1e9)));
      receiver.leave();
    }
    loop.run_until([] { return false; }, pause);
  }
  bool ended = false;
  const GSourceFunc end = [](gpointer flag) -> gboolean {
    *static_cast<bool*>(flag) = true;
    return G_SOURCE_CONTINUE;
  };
  g_unix_signal_add(SIGTERM, end, &ended);
  const auto settled = [&] {
    if (ended) return true;
    for (const auto& receiver : receivers)
      if (!receiver->settled()) return false;
    return true;
  };
  loop.run_until(settled, 20s);
  if (!arguments.one_by_one) {
    std::printf("settled\n");  // the one who measures starts now
    std::fflush(stdout);
    const auto seen_enough = [&] {
      if (ended || arguments.frames == 0) return ended;
      for (const auto& receiver : receivers)
        if (receiver->frames() < arguments.frames) return false;
      return true;
    };
    loop.run_until(seen_enough, Nanos(static_cast<std::int64_t>(arguments.seconds * 1e9)));
  }
  std::printf("%s\n", figures(receivers, arguments.seconds).dump().c_str());
  if (arguments.vanish)
    for (const auto& receiver : receivers) receiver->vanish();
  loop.run_until([] { return false; }, 20ms);  // the goodbye leaves
  receivers.clear();
  g_object_unref(http);
  return 0;
}
