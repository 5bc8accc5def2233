// One camera to one viewer over a path that loses on purpose, with each packet sent a second time before anybody asks:
// what `bench rtx-copies` puts in front of Chromium (docs/adr/0007). Our rooms without the robot and without a pacer,
// because a pacer would hold copies within its budget for repair. Viewers by POST /whep, counts by GET /stats.

#include <cstdio>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include <libsoup/soup.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/glib_loop.hpp"
#include "base/random.hpp"
#include "congestion/keyframe_policy.hpp"
#include "h264/profile_level_id.hpp"
#include "media/camera.hpp"
#include "media/gst/pipeline.hpp"
#include "rtp/sender.hpp"
#include "sdp/answer.hpp"
#include "transport/peer_connection.hpp"

namespace {

using namespace bigfoot;

/// When a packet goes out the second time.
enum class Copies {
  none,
  immediate,   ///< right behind itself
  frame_end,   ///< behind the last packet of its picture
  next_frame,  ///< Arguments::copy_delay later
};

struct Arguments {
  unsigned port = 0;
  Bitrate bitrate{2'500'000};
  Size size{1280, 720};
  Copies copies = Copies::none;
  Nanos copy_delay = 33ms;
  double loss = 0;       ///< of first sendings
  double copy_loss = 0;  ///< of copies and of repeats that were asked for
  bool answer_nacks = true;
  Nanos feedback_delay{0};  ///< RTCP is read this much later: the way back of a long path
  std::uint64_t seed = 1;
  Nanos lifetime = 120s;
};

/// Tasks that all wait equally long, in order.
class DelayLine {
 public:
  DelayLine(Loop& loop, Nanos delay) : loop_(loop), delay_(delay) {}
  void push(Loop::Task task) {
    if (delay_ <= Nanos{0}) return task();
    waiting_.push_back({loop_.now() + delay_, std::move(task)});
    if (waiting_.size() == 1) arm();
  }

 private:
  struct Waiting {
    Timestamp due;
    Loop::Task task;
  };
  void arm() {
    timer_ = loop_.after(waiting_.front().due - loop_.now(), [this] { run_due(); });
  }
  void run_due() {
    while (!waiting_.empty() && waiting_.front().due <= loop_.now()) {
      const Loop::Task task = std::move(waiting_.front().task);
      waiting_.pop_front();
      task();
    }
    if (!waiting_.empty()) arm();
  }

  Loop& loop_;
  Nanos delay_;
  std::deque<Waiting> waiting_;
  Subscription timer_;
};

/// A path that loses each packet with the same chance, whatever became of the others; the same ones for the same seed.
class Dice {
 public:
  Dice(double ratio, std::uint64_t seed) : engine_(seed), lost_(ratio) {}
  bool lost() { return lost_(engine_); }

 private:
  std::mt19937_64 engine_;
  std::bernoulli_distribution lost_;
};

struct Counts {
  std::uint64_t media = 0, media_lost = 0, media_bytes = 0;
  std::uint64_t copies = 0, copies_lost = 0, copy_bytes = 0;
  std::uint64_t asked = 0;  ///< packets named in NACKs, repetitions included
  std::uint64_t repeats = 0, repeats_lost = 0, repeat_bytes = 0;
  std::uint64_t plis = 0, keyframes = 0, pictures_skipped = 0;
};

rtp::TrackConfig track_config(const sdp::TrackNegotiated& agreed) {
  rtp::TrackConfig config;
  config.ssrc = agreed.ssrc;
  config.rtx_ssrc = agreed.rtx_payload_type ? agreed.rtx_ssrc : 0;
  config.payload_type = agreed.payload_type;
  config.rtx_payload_type = agreed.rtx_payload_type.value_or(0);
  config.extensions = agreed.extensions;
  config.mid = agreed.mid;
  config.cname = "rtx-copies";
  config.playout_delay = rtp::PlayoutDelay{};  // as the robot tells Chromium
  config.first_sequence = static_cast<std::uint16_t>(random_u32() & 0x7fff);
  config.first_rtx_sequence = static_cast<std::uint16_t>(random_u32() & 0x7fff);
  config.timestamp_offset = random_u32();
  return config;
}

/// One viewer. Loop thread.
class Viewer final : public transport::PeerListener {
 public:
  using Answered = std::function<void(unsigned status, const std::string& text)>;

  Viewer(Loop& loop, const Arguments& arguments, const transport::Certificate& certificate, media::Camera& camera,
         Answered answered)
      : loop_(loop),
        arguments_(arguments),
        camera_(camera),
        answered_(std::move(answered)),
        media_dice_(arguments.loss, arguments.seed),
        copy_dice_(arguments.copy_loss, arguments.seed + 1),
        copies_(loop, arguments.copy_delay),
        feedback_(loop, arguments.feedback_delay),
        wall_(loop.now(), loop.clock().wall()),
        peer_(loop, ice(), certificate, *this, {}) {}

  void answer(std::string offer) {
    offer_ = std::move(offer);
    if (const auto started = peer_.start(false); !started) return refuse(started.error());
    if (peer_.local().gathering_complete) return send_answer();
    gathering_timer_ = loop_.after(400ms, [this] { send_answer(); });
  }

  void on_frame(const h264::FramePtr& frame) {
    if (frame->keyframe) {
      ++counts_.keyframes;
      waits_for_keyframe_ = false;
      keyframes_.on_keyframe(loop_.now());
      ask_for_due_keyframe();
    }
    if (!track_ || !peer_.connected() || waits_for_keyframe_) return;
    if (!peer_.writable()) {  // the socket is full: what follows could not be decoded
      ++counts_.pictures_skipped;
      waits_for_keyframe_ = true;
      return want_keyframe();
    }
    send(frame);
  }

  nlohmann::json figures() const {
    nlohmann::json all = {{"media", counts_.media},
                          {"media_lost", counts_.media_lost},
                          {"media_bytes", counts_.media_bytes},
                          {"copies", counts_.copies},
                          {"copies_lost", counts_.copies_lost},
                          {"copy_bytes", counts_.copy_bytes},
                          {"asked", counts_.asked},
                          {"repeats", counts_.repeats},
                          {"repeats_lost", counts_.repeats_lost},
                          {"repeat_bytes", counts_.repeat_bytes},
                          {"plis", counts_.plis},
                          {"keyframes", counts_.keyframes},
                          {"pictures_skipped", counts_.pictures_skipped},
                          {"gso_batches", peer_.traffic().gso_batches}};
    if (!track_) return all;
    all["reported_loss"] = track_->stats().loss_ratio;
    all["reported_lost"] = track_->stats().lost;
    all["rtt_ms"] = to_millis(rtt());
    return all;
  }

 private:
  static transport::IceConfig ice() {
    transport::IceConfig config;
    config.loopback = true;
    return config;
  }

  void refuse(const Error& error) { answered_(500, error.text()); }
  void send_answer() {
    gathering_timer_.reset();
    const std::string offer = std::exchange(offer_, {});
    if (offer.empty()) return;
    sdp::Track ours;
    ours.name = "main";
    ours.ssrc = random_u32();
    ours.rtx_ssrc = random_u32();
    if (const auto id = h264::parse_profile_level_id(camera_.stats().profile_level_id)) ours.profile_level_id = *id;
    sdp::AnswerSide side{{random_u32(), 1}, peer_.local(), "rtx-copies", {ours}};
    side.transport.setup = sdp::Setup::passive;
    const auto answer = sdp::answer_offer(offer, side);
    if (!answer) return refuse(answer.error());
    if (const auto set = peer_.set_remote(answer->negotiated.remote); !set) return refuse(set.error());
    for (const auto& candidate : answer->negotiated.remote.candidates) peer_.add_remote_candidate(candidate);
    track_.emplace(track_config(answer->negotiated.tracks.front()), wall_);
    answered_(201, answer->text);
  }

  void on_local_candidate(const std::string& candidate) override {
    if (candidate.empty()) send_answer();
  }
  void on_state(transport::PeerState state) override {
    if (state != transport::PeerState::connected) return;
    waits_for_keyframe_ = true;
    want_keyframe();
    report_timer_ = loop_.every(1s, [this] { send_report(); });
  }
  void on_path(const transport::PathInfo&) override {}
  void on_rtp(BytesView) override {}
  void on_packet_sent(std::uint16_t, std::size_t, Timestamp) override {}
  void on_writable() override {}
  void on_renegotiate() override {}
  void on_failed(const Error& error) override { std::fprintf(stderr, "viewer: %s\n", error.text().c_str()); }
  void on_rtcp(BytesView datagram) override {
    feedback_.push([this, copy = Bytes(datagram.begin(), datagram.end())] { read_feedback(copy); });
  }

  void read_feedback(BytesView datagram) {
    const auto packets = rtp::parse_rtcp(datagram);
    if (!packets || !track_) return;
    for (const rtp::RtcpPacket& packet : *packets) {
      if (const auto* nack = std::get_if<rtp::Nack>(&packet)) on(*nack);
      if (const auto* report = std::get_if<rtp::ReceiverReport>(&packet))
        for (const rtp::ReportBlock& block : report->reports) track_->on_report(block, loop_.now());
      if (std::holds_alternative<rtp::Pli>(packet)) {
        ++counts_.plis;
        want_keyframe();
      }
    }
  }
  void on(const rtp::Nack& nack) {
    if (nack.media_ssrc != track_->ssrc()) return;
    counts_.asked += nack.lost.size();
    if (!arguments_.answer_nacks) return;
    std::vector<rtp::TrackSender::Repeat> repeats;
    track_->on_nack(nack, rtt(), loop_.now(), repeats);
    for (const auto& repeat : repeats) {
      ++counts_.repeats;
      put_again(repeat.sequence, counts_.repeats_lost, counts_.repeat_bytes);
    }
    peer_.flush();
  }
  Nanos rtt() const { return track_->stats().rtt.value_or(100ms); }

  void want_keyframe() {
    keyframes_.on_request(loop_.now(), true, track_ ? rtt() : Nanos{0});
    ask_for_due_keyframe();
  }
  void ask_for_due_keyframe() {
    const auto step = keyframes_.step(loop_.now());
    if (step.ask_now) camera_.request_keyframe();
    keyframe_timer_.reset();
    if (step.wake) keyframe_timer_ = loop_.after(*step.wake - loop_.now(), [this] { ask_for_due_keyframe(); });
  }
  void send_report() {
    report_.clear();
    track_->append_report(loop_.now(), report_);
    peer_.send_rtcp(report_);
  }

  void send(const h264::FramePtr& frame) {
    const std::uint16_t first = track_->next_sequence();
    for (std::size_t index = 0; index < frame->count(); ++index) {
      const std::uint16_t sequence = track_->next_sequence();
      put_media(frame, index);
      if (arguments_.copies == Copies::immediate) put_copies(sequence, 1);
    }
    if (arguments_.copies == Copies::frame_end) put_copies(first, frame->count());
    peer_.flush();
    if (arguments_.copies != Copies::next_frame) return;
    copies_.push([this, first, count = frame->count()] {
      put_copies(first, count);
      peer_.flush();
    });
  }
  std::span<std::uint8_t> room() {
    std::uint8_t* out = peer_.reserve(rtp::packet_bytes_max);
    if (out == nullptr && peer_.flush() == transport::Sent::all) out = peer_.reserve(rtp::packet_bytes_max);
    return {out, out == nullptr ? 0 : rtp::packet_bytes_max};
  }
  /// A lost packet is written, so that it is in the history and its numbers are spent, and not handed on.
  void put_media(const h264::FramePtr& frame, std::size_t index) {
    const std::uint16_t number = transport_sequence_++;
    const auto out = room();
    const std::size_t size = track_->write(frame, index, number, loop_.now(), out.empty() ? spare_ : out);
    ++counts_.media;
    counts_.media_bytes += size;
    const bool lost = media_dice_.lost();
    counts_.media_lost += lost || out.empty();
    if (!lost && !out.empty()) peer_.commit(size, number);
  }
  void put_copies(std::uint16_t first, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      ++counts_.copies;
      put_again(static_cast<std::uint16_t>(first + i), counts_.copies_lost, counts_.copy_bytes);
    }
  }
  void put_again(std::uint16_t sequence, std::uint64_t& lost, std::uint64_t& bytes) {
    const std::uint16_t number = transport_sequence_++;
    const auto out = room();
    const std::size_t size = out.empty() ? 0 : track_->write_rtx(sequence, number, loop_.now(), out);
    bytes += size;
    if (size == 0 || copy_dice_.lost()) {
      ++lost;
      return;
    }
    peer_.commit(size, number);
  }

  Loop& loop_;
  const Arguments& arguments_;
  media::Camera& camera_;
  Answered answered_;
  std::string offer_;
  Dice media_dice_, copy_dice_;
  DelayLine copies_, feedback_;
  rtp::WallOffset wall_;
  congestion::KeyframePolicy keyframes_;
  std::optional<rtp::TrackSender> track_;
  std::uint16_t transport_sequence_ = 0;
  bool waits_for_keyframe_ = true;
  Counts counts_;
  Bytes report_;
  Bytes spare_ = Bytes(rtp::packet_bytes_max);  ///< where a packet goes for which the burst has no room
  Subscription gathering_timer_, report_timer_, keyframe_timer_;
  transport::PeerConnection peer_;
};

/// The camera and the door of the one viewer.
class Sender final : public media::CameraListener {
 public:
  Sender(Loop& loop, const Arguments& arguments)
      : loop_(loop), arguments_(arguments), camera_(loop, settings(arguments), *this, {}) {
    camera_.start();
    camera_.wake();
  }
  ~Sender() override {
    camera_.stop();
    if (server_ != nullptr) g_object_unref(server_);
  }

  bool listen() {
    server_ = soup_server_new(nullptr, nullptr);
    const auto handler = [](SoupServer*, SoupServerMessage* message, const char* path, GHashTable*, gpointer self) {
      static_cast<Sender*>(self)->on_request(message, path);
    };
    soup_server_add_handler(server_, nullptr, handler, this, nullptr);
    GSocketAddress* address = g_inet_socket_address_new_from_string("127.0.0.1", arguments_.port);
    const bool listening = soup_server_listen(server_, address, SoupServerListenOptions(0), nullptr);
    g_object_unref(address);
    return listening;
  }

 private:
  static media::CameraSettings settings(const Arguments& arguments) {
    media::CameraSettings settings;
    settings.encoder = "x264enc";
    settings.bitrate = arguments.bitrate;
    settings.size = arguments.size;
    return settings;
  }

  void on_access_unit(h264::AccessUnit unit) override {
    loop_.post([this, unit = std::move(unit)]() mutable {
      const auto frame = packetizer_.packetize(std::move(unit));
      if (frame && viewer_) viewer_->on_frame(*frame);
    });
  }
  void on_state(media::CameraState) override {}
  void on_fault(const Error& error, Nanos) override { std::fprintf(stderr, "camera: %s\n", error.text().c_str()); }

  void on_request(SoupServerMessage* message, const std::string& path) {
    const std::string method = soup_server_message_get_method(message);
    if (method == "GET" && path == "/stats") return reply(message, 200, "application/json", stats().dump());
    if (method != "POST" || path != "/whep") return reply(message, 404, "text/plain", "POST /whep or GET /stats");
    if (viewer_) return reply(message, 409, "text/plain", "this sender has had its viewer");
    const SoupMessageBody* body = soup_server_message_get_request_body(message);
    soup_server_message_pause(message);
    const auto answered = [this, message](unsigned status, const std::string& text) {
      reply(message, status, status == 201 ? "application/sdp" : "text/plain", text);
      soup_server_message_unpause(message);
    };
    viewer_ = std::make_unique<Viewer>(loop_, arguments_, certificate_, camera_, answered);
    viewer_->answer(std::string(body->data, static_cast<std::size_t>(body->length)));
  }
  static void reply(SoupServerMessage* message, unsigned status, const char* type, const std::string& text) {
    soup_server_message_set_status(message, status, nullptr);
    soup_server_message_set_response(message, type, SOUP_MEMORY_COPY, text.data(), text.size());
  }
  nlohmann::json stats() const {
    nlohmann::json all = viewer_ ? viewer_->figures() : nlohmann::json::object();
    all["running"] = camera_.stats().frames_encoded > 0;
    all["encode_ms"] = to_millis(camera_.stats().encode_p50);
    return all;
  }

  Loop& loop_;
  const Arguments& arguments_;
  transport::Certificate certificate_;
  h264::Packetizer packetizer_;
  SoupServer* server_ = nullptr;
  media::Camera camera_;
  std::unique_ptr<Viewer> viewer_;
};

Nanos from_millis(double ms) { return Nanos(static_cast<std::int64_t>(ms * 1e6)); }

int complain(const std::string& why) {
  std::fprintf(stderr, "rtx_copies: %s\n", why.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  std::string bitrate = "2.5M", size = "1280x720";
  double copy_delay_ms = 33, feedback_delay_ms = 0, seconds = 120;
  const std::map<std::string, Copies> kinds{{"none", Copies::none},
                                            {"immediate", Copies::immediate},
                                            {"frame-end", Copies::frame_end},
                                            {"next-frame", Copies::next_frame}};
  CLI::App app("A sender that repeats every packet before it is asked to");
  app.add_option("--port", arguments.port, "of POST /whep and GET /stats, on 127.0.0.1")->required();
  app.add_option("--bitrate", bitrate, "of the encoder");
  app.add_option("--size", size, "of the picture");
  app.add_option("--copies", arguments.copies, "when the copies go out")->transform(CLI::CheckedTransformer(kinds));
  app.add_option("--copy-delay", copy_delay_ms, "ms, for next-frame")->check(CLI::Range(1.0, 500.0));
  app.add_option("--loss", arguments.loss, "ratio of first sendings that are lost")->check(CLI::Range(0.0, 1.0));
  app.add_option("--copy-loss", arguments.copy_loss, "ratio of copies and asked-for repeats that are lost")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--answer-nacks", arguments.answer_nacks, "on or off");
  app.add_option("--feedback-delay", feedback_delay_ms, "ms that RTCP waits before it is read")
      ->check(CLI::Range(0.0, 1000.0));
  app.add_option("--seed", arguments.seed, "of what is lost");
  app.add_option("--seconds", seconds, "until it ends by itself")->check(CLI::Range(1.0, 600.0));
  CLI11_PARSE(app, argc, argv);
  const auto rate = parse_bitrate(bitrate);
  const auto pixels = parse_size(size);
  if (!rate || !pixels) return complain((rate ? pixels.error() : rate.error()).text());
  if (const auto ready = media::gst::start(); !ready) return complain(ready.error().text());
  arguments.bitrate = *rate;
  arguments.size = *pixels;
  arguments.copy_delay = from_millis(copy_delay_ms);
  arguments.feedback_delay = from_millis(feedback_delay_ms);
  arguments.lifetime = from_millis(seconds * 1000);
  GlibLoop loop;
  Sender sender(loop, arguments);
  if (!sender.listen()) return complain("port " + std::to_string(arguments.port) + " is taken");
  loop.run_until([] { return false; }, arguments.lifetime);
  return 0;
}
