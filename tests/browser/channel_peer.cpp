// A PeerConnection with data channels for a browser to talk to, without robot or server. Lines of JSON on standard
// input and output carry the descriptions and what happens:
//   ← {"type":"offer"|"answer","sdp":…}   → the same, and {"event":"connected"|"open"|"closed"|"failed"|"message",…}
//   ← {"open":LABEL}  {"close":LABEL}  {"send":LABEL,"text":…}
// It sends every message back on its channel. The end of standard input ends it.
//
//   channel_peer offer    offers one camera (that sends nothing) and data channels
//   channel_peer answer   waits for an offer of a camera and data channels, or of data channels alone

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/glib_loop.hpp"
#include "sdp/answer.hpp"
#include "sdp/media_view.hpp"
#include "sdp/offer.hpp"
#include "sdp/remote.hpp"
#include "sdp/sections.hpp"
#include "transport/peer_connection.hpp"

namespace bigfoot::transport {
namespace {

using nlohmann::json;

void tell(const json& what) {
  std::printf("%s\n", what.dump(-1, ' ', false, json::error_handler_t::replace).c_str());
  std::fflush(stdout);
}

IceConfig on_this_machine() {
  IceConfig config;
  config.loopback = true;
  return config;
}

class Peer final : public PeerListener, public ChannelListener {
 public:
  explicit Peer(GlibLoop& loop) : peer_(loop, on_this_machine(), certificate_, *this, Log()) {
    offer_.origin = {4711, 1};
    offer_.cname = "channel-peer";
    offer_.tracks = {{"front", {0x42, 0xe0, 0x1f}, 11, 12, true}};
    offer_.data = sdp::OfferedData{{}, 1};
  }
  Result<> begin(bool offers) {
    if (auto started = peer_.start(offers); !started) return started;
    offer_.transport = peer_.local();
    if (offers) tell({{"type", "offer"}, {"sdp", sdp::make_offer(offer_)}});
    return {};
  }
  Result<> hear(const json& line) {
    if (line.contains("sdp")) return described(line.at("type") == "offer", line.at("sdp").get<std::string>());
    if (line.contains("open")) {
      auto opened = peer_.channels()->open({.label = line.at("open"), .ordered = false, .max_retransmits = 0});
      if (!opened) return tl::unexpected(opened.error());
      channels_.push_back(*opened);
      return {};
    }
    for (DataChannel* channel : channels_) {
      if (line.contains("send") && channel->label() == line.at("send"))
        return channel->send(line.at("text").get<std::string>());
      if (line.contains("close") && channel->label() == line.at("close")) {
        std::erase(channels_, channel);
        channel->close();
        return {};
      }
    }
    return fail("no such channel");
  }

  void on_channel_open(DataChannel& channel) override {
    const auto& options = channel.options();
    tell({{"event", "open"},
          {"label", options.label},
          {"protocol", options.protocol},
          {"id", channel.id()},
          {"ordered", options.ordered},
          {"maxRetransmits", options.max_retransmits ? json(*options.max_retransmits) : json()},
          {"maxPacketLifeTime", options.max_packet_life_time ? json(options.max_packet_life_time->count()) : json()}});
    if (channel.opened_by_peer()) channels_.push_back(&channel);
  }
  void on_channel_message(DataChannel& channel, BytesView message, MessageKind kind) override {
    if (const auto sent = channel.send(message, kind); !sent) tell({{"event", "fault"}, {"why", sent.error().what}});
  }
  void on_channel_writable(DataChannel&) override {}
  void on_channel_closed(DataChannel& channel) override {
    std::erase(channels_, &channel);
    tell({{"event", "closed"}, {"label", channel.label()}});
  }
  void on_channels_failed(const Error& error) override { tell({{"event", "failed"}, {"why", error.what}}); }

  void on_local_candidate(const std::string&) override {}
  void on_state(PeerState state) override { tell({{"event", to_string(state)}}); }
  void on_path(const PathInfo&) override {}
  void on_rtcp(BytesView) override {}
  void on_rtp(BytesView) override {}
  void on_packet_sent(std::uint16_t, std::size_t, Timestamp) override {}
  void on_writable() override {}
  void on_renegotiate() override {}
  void on_failed(const Error& error) override { tell({{"event", "failed"}, {"why", error.what}}); }

 private:
  /// What no robot does: an answer without a camera, to a browser that has no H.264.
  Result<sdp::Answer> answer_data_alone(const sdp::Description& offer) {
    const auto& media = offer.media.at(0);
    const auto data = sdp::read_data(media);
    auto remote = sdp::read_remote(offer, media, sdp::Side::offer);
    if (!data || !remote) return fail("no data channels are offered");
    const std::string mid(sdp::mid_of(media));
    auto description = sdp::make_head(offer_.origin, {mid});
    auto section = sdp::make_data(mid, offer_.data->side);
    sdp::add_transport(section, offer_.transport, sdp::Setup::passive, true);
    description.media.push_back(std::move(section));
    sdp::Answer answer;
    answer.text = sdp::to_string(description);
    answer.negotiated.remote = std::move(*remote);
    answer.negotiated.data = sdp::DataNegotiated{0, mid, *data};
    return answer;
  }
  Result<sdp::Answer> answer_to(const std::string& text) {
    const auto offer = sdp::parse_description(text);
    if (offer && offer->media.size() == 1 && offer->media[0].type == "application") return answer_data_alone(*offer);
    return sdp::answer_offer(text, {offer_.origin, offer_.transport, offer_.cname, offer_.tracks, offer_.data->side});
  }
  Result<> described(bool is_offer, const std::string& text) {
    sdp::Negotiated agreed;
    std::string answer;
    if (is_offer) {
      auto made = answer_to(text);
      if (!made) return tl::unexpected(made.error());
      agreed = made->negotiated;
      answer = made->text;
    } else {
      auto read = sdp::read_answer(offer_, text);
      if (!read) return tl::unexpected(read.error());
      agreed = *read;
    }
    if (!agreed.data) return fail("no data channels were agreed");
    if (auto set = peer_.set_remote(agreed.remote); !set) return set;
    if (auto opened = peer_.open_channels(agreed.data->remote, *this); !opened) return tl::unexpected(opened.error());
    if (is_offer) tell({{"type", "answer"}, {"sdp", answer}});
    return {};
  }

  Certificate certificate_;
  sdp::Offer offer_;
  std::vector<DataChannel*> channels_;
  PeerConnection peer_;
};

/// Whole lines of standard input, without blocking; false at its end.
bool read_lines(std::string& kept, const std::function<void(const std::string&)>& line) {
  char chunk[4096];
  for (;;) {
    const ssize_t got = read(STDIN_FILENO, chunk, sizeof chunk);
    if (got <= 0) return got < 0;
    kept.append(chunk, static_cast<std::size_t>(got));
    for (auto end = kept.find('\n'); end != std::string::npos; end = kept.find('\n')) {
      const std::string one = kept.substr(0, end);
      kept.erase(0, end + 1);
      line(one);
    }
  }
}

int run(bool offers) {
  GlibLoop loop;
  Peer peer(loop);
  if (const auto begun = peer.begin(offers); !begun) {
    std::fprintf(stderr, "%s\n", begun.error().text().c_str());
    return 1;
  }
  fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
  std::string kept;
  const auto input = loop.watch(STDIN_FILENO, Io::readable, [&] {
    const bool more = read_lines(kept, [&](const std::string& line) {
      if (const auto heard = peer.hear(json::parse(line)); !heard)
        tell({{"event", "fault"}, {"why", heard.error().text()}});
    });
    if (!more) loop.stop();
  });
  loop.run();
  return 0;
}

}  // namespace
}  // namespace bigfoot::transport

int main(int count, char** words) {
  const std::string mode = count == 2 ? words[1] : "";
  if (mode == "offer" || mode == "answer") return bigfoot::transport::run(mode == "offer");
  std::fprintf(stderr, "channel_peer offer|answer\n");
  return 2;
}
