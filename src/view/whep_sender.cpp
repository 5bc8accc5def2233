#include "view/whep_sender.hpp"

#include <algorithm>
#include <utility>

#include "base/random.hpp"
#include "sdp/description.hpp"
#include "sdp/fragment.hpp"
#include "sdp/media_view.hpp"
#include "transport/ice_server.hpp"

namespace bigfoot::view {
namespace {

constexpr Nanos first_pause = 500ms;
constexpr Nanos longest_pause = 5s;
constexpr std::size_t left_out_max = 16;  // a server may tell others each time

signaling::WhepOptions client_options(const WhepSenderOptions& options) {
  signaling::WhepOptions whep;
  whep.url = options.url;
  whep.token = options.token;
  whep.user_agent = options.client;
  return whep;
}

/// RFC 8840: the candidate as a fragment of the generation that the offer began; empty when it is none.
std::string fragment_of(const std::string& offer, const std::string& candidate, std::size_t m_line) {
  const auto description = sdp::parse_description(offer);
  if (!description || m_line >= description->media.size()) return {};
  const sdp::Media& media = description->media[m_line];
  sdp::Fragment fragment;
  fragment.ufrag = media.value("ice-ufrag").value_or("");
  fragment.pwd = media.value("ice-pwd").value_or("");
  sdp::FragmentSection section;
  section.mid = sdp::mid_of(media);
  section.media = media.type;
  section.end_of_candidates = candidate.empty();
  if (!candidate.empty()) {
    auto parsed = sdp::parse_candidate(candidate);
    if (!parsed) return {};
    section.candidates.push_back(std::move(*parsed));
  }
  fragment.sections.push_back(std::move(section));
  return sdp::to_string(fragment);
}

}  // namespace

WhepSender::WhepSender(Loop& loop, WhepSenderOptions options, SenderListener& listener, const Log& log)
    : loop_(loop),
      log_(log),
      options_(std::move(options)),
      listener_(listener),
      client_(loop, client_options(options_), static_cast<signaling::WhepListener&>(*this), log),
      backoff_(first_pause, longest_pause, random_u32()) {}

WhepSender::~WhepSender() = default;

Result<> WhepSender::start() {
  if (auto checked = client_.check(); !checked) return checked;
  started_ = true;
  client_.ask_ice_servers();
  return {};
}

void WhepSender::stop() {
  started_ = false;
  again_.reset();
  client_.end();
}

void WhepSender::begin(const std::string& offer) {
  offer_ = offer;
  client_.offer(offer);
}

void WhepSender::end() { client_.end(); }

void WhepSender::candidate(const std::string& candidate, std::size_t m_line) {
  if (auto fragment = fragment_of(offer_, candidate, m_line); !fragment.empty()) client_.trickle(std::move(fragment));
}

// Its URL is as good as a password: people and logs get a number.
std::string WhepSender::session() const {
  return client_.session_url().empty() ? "" : "whep-" + std::to_string(sessions_);
}

void WhepSender::on_ice_servers(const Result<std::vector<signaling::IceLink>>& servers) {
  if (!started_) return;
  if (!servers) return away_for(backoff_.next(), servers.error().text());
  std::vector<transport::IceServer> told;
  told.reserve(servers->size());
  for (const signaling::IceLink& link : *servers)
    if (transport::IceServer server{link.url, link.username, link.credential}; usable(server))
      told.push_back(std::move(server));
  if (options_.on_ice_servers) options_.on_ice_servers(told);
  listener_.on_server_up();
}

/// A server may tell of several ways to the same relay, and of some that this program has not (turns:): those that it
/// has will do (RFC 9725 4.6).
bool WhepSender::usable(const transport::IceServer& server) {
  const auto parsed = transport::parse_ice_server(server);
  if (!parsed && left_out_.size() < left_out_max && left_out_.insert(server.url).second)
    log_.info("whep.ice_server_left_out", {{"url", server.url}, {"why", parsed.error().what}});
  return parsed.has_value();
}

void WhepSender::on_answer(const signaling::WhepAnswer& answer) {
  backoff_.reset();
  ++sessions_;
  listener_.on_answer(answer.sdp);
}

void WhepSender::on_refused(const signaling::WhepRefusal& refusal) {
  if (refusal.status == 0) return away_for(backoff_.next(), refusal.error.text());
  // A server under load may say 0.
  if (refusal.retry_after) return away_for(std::max(*refusal.retry_after, backoff_.next()), refusal.error.text());
  listener_.on_refused(refusal.error.text());
}

void WhepSender::away_for(Nanos pause, const std::string& why) {
  again_ = loop_.after(pause, [this] { client_.ask_ice_servers(); });
  listener_.on_server_down(why);
}

void WhepSender::on_ended(const std::string& why) { listener_.on_ended(why); }

}  // namespace bigfoot::view
