#include "server/whep.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/cut_utf8.hpp"
#include "base/random.hpp"
#include "server/entity_tag.hpp"
#include "server/request_target.hpp"

namespace bigfoot::server {
namespace {

using namespace protocol;

constexpr const char* sdp_type = "application/sdp";
constexpr const char* fragment_type = "application/trickle-ice-sdpfrag";
constexpr const char* endpoint_methods = "POST, OPTIONS";
constexpr const char* resource_methods = "PATCH, DELETE, OPTIONS";
constexpr std::size_t offer_bytes_max = 64 * 1024;
constexpr std::size_t patches_max = 32;
constexpr std::size_t session_id_length = 24;  // 143 bits: who knows it may end the session

struct Refusal {
  std::string_view starts_with;
  int status;
};

/// By the text with which a robot ends a session before its answer.
constexpr std::array robot_refusals{
    Refusal{"no common codec", 406},        Refusal{"too many viewers", 503}, Refusal{"no such camera", 404},
    Refusal{"unknown camera", 404},         Refusal{"malformed", 400},        Refusal{"the other side", 503},
    Refusal{"the robot was restarted", 503}};
/// By the code with which the rooms refuse.
constexpr std::array room_refusals{Refusal{"too-many-sessions", 503}, Refusal{"no-peer", 503},
                                   Refusal{"no-camera", 404},         Refusal{"peer-away", 503},
                                   Refusal{"peer-busy", 503},         Refusal{"no-session", 404}};

template <std::size_t N>
int status_for(const std::array<Refusal, N>& table, std::string_view text, int otherwise) {
  const auto row =
      std::find_if(table.begin(), table.end(), [&](const Refusal& r) { return text.starts_with(r.starts_with); });
  return row == table.end() ? otherwise : row->status;
}

/// JSON writes a control byte as six: none but those of SDP and its line ends (RFC 8866 9) go to a robot.
std::optional<HttpResponse> body_refusal(const std::string& body, std::size_t bytes_max, const char* what) {
  if (body.empty()) return text_response(400, std::string("the body holds no ") + what);
  if (body.size() > bytes_max)
    return text_response(
        413, std::string("the ") + what + " is too large: at most " + std::to_string(bytes_max) + " bytes are taken");
  const auto strange = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\r' && c != '\n' && c != '\t';
  };
  if (std::any_of(body.begin(), body.end(), strange))
    return text_response(400, std::string("the ") + what + " holds control bytes besides CR, LF and TAB");
  return std::nullopt;
}

HttpResponse refusal_response(int status, std::string text) {
  HttpResponse response = text_response(status, std::move(text));
  if (status == 503) response.with("Retry-After", "5");
  return response;
}

}  // namespace

/// One player: first the request that waits for the robot's answer, then the resource that lives until either side ends
/// it.
class Whep::Session final : public PeerLink {
 public:
  Session(Whep& whep, std::string id) : whep_(whep), id_(std::move(id)), etag_(new_etag()) {}
  ~Session() override { leave(); }

  void start(std::shared_ptr<Exchange> exchange, StartSession ask) {
    offer_ = std::move(exchange);
    asked_at_ = whep_.loop_.now();
    deadline_ = whep_.loop_.after(whep_.options_.answer_time,
                                  [this] { fail(504, "the robot did not answer in time; try again"); });
    offer_->on_gone([this] { whep_.forget(id_); });
    peer_ = whep_.signaling_.attach_virtual(*this);
    whep_.signaling_.say(peer_, ask);
  }

  void patch(const HttpRequest& request, std::shared_ptr<Exchange> exchange);

  void deliver(const FromServer& message) override {
    if (const auto* started = std::get_if<SessionStarted>(&message))
      session_id_ = started->session_id;
    else if (const auto* peer = std::get_if<PeerMessage>(&message))
      robot_says(*peer);
    else if (const auto* end = std::get_if<EndSession>(&message))
      robot_ends(end->error.value_or(""));
    else if (const auto* error = std::get_if<ErrorMessage>(&message))
      refused(*error);
  }
  void close(std::uint16_t, const std::string&) override {}
  bool busy() const override { return false; }
  /// The robot hears of it now.
  void leave() {
    if (!peer_.empty()) whep_.signaling_.detach(std::exchange(peer_, {}));
  }

 private:
  struct Patch {
    std::shared_ptr<Exchange> exchange;
    Subscription deadline;
  };
  static std::string new_etag() { return "\"" + random_token(16) + "\""; }

  void robot_says(const PeerMessage& message) {
    if (const auto* sdp = std::get_if<Sdp>(&message.content); sdp && offer_) {
      if (sdp->type == Sdp::Type::answer) return answered(sdp->sdp);
      return fail(502, "the robot cannot answer offers: it needs a newer version");
    }
    if (const auto* fragment = std::get_if<Fragment>(&message.content)) patch_answered(*fragment);
  }

  void answered(const std::string& sdp) {
    deadline_.reset();
    whep_.answer_seconds_.observe(whep_.loop_.now() - asked_at_);
    HttpResponse response{201, {{"Content-Type", sdp_type}}, sdp};
    response.with("Location", "/whep-sessions/" + id_).with("ETag", etag_).with("Accept-Patch", fragment_type);
    for (const IceLink& link : whep_.options_.ice_links) response.with("Link", link.header);
    whep_.answer(*std::exchange(offer_, nullptr), std::move(response));
  }

  void patch_answered(const Fragment& fragment) {
    const auto at = patches_.find(fragment.request_id);
    if (at == patches_.end()) return;
    const Patch patch = std::move(at->second);
    patches_.erase(at);
    if (fragment.error) {
      const int status = fragment.error->starts_with("malformed") ? 400 : 422;
      return whep_.answer(*patch.exchange, text_response(status, *fragment.error));
    }
    if (fragment.sdpfrag.empty()) return whep_.answer(*patch.exchange, HttpResponse{204}.with("ETag", etag_));
    etag_ = new_etag();
    whep_.answer(*patch.exchange,
                 HttpResponse{200, {{"Content-Type", fragment_type}, {"ETag", etag_}}, fragment.sdpfrag});
  }

  void robot_ends(const std::string& error) {
    if (!offer_) return whep_.forget(id_);
    fail(error.empty() ? 503 : status_for(robot_refusals, error, 502),
         error.empty() ? "the robot ended the session before it answered" : error);
  }

  /// The newest request is the one that was refused: the rooms decide before say() returns.
  void refused(const ErrorMessage& error) {
    const std::string code = error.code.value_or("");
    if (offer_) return fail(status_for(room_refusals, code, 502), error.details);
    const auto at = patches_.find(std::to_string(last_patch_));
    if (at == patches_.end()) return;
    const Patch patch = std::move(at->second);
    patches_.erase(at);
    if (code == "unsupported")
      return whep_.answer(*patch.exchange, text_response(405, error.details).with("Allow", "DELETE, OPTIONS"));
    whep_.answer(*patch.exchange, refusal_response(status_for(room_refusals, code, 502), error.details));
  }

  void fail(int status, const std::string& text) {
    if (offer_) whep_.answer(*std::exchange(offer_, nullptr), refusal_response(status, text));
    whep_.forget(id_);
  }

  Whep& whep_;
  std::string id_;
  std::string etag_;
  std::string peer_;
  std::string session_id_;
  std::shared_ptr<Exchange> offer_;
  Timestamp asked_at_{};
  Subscription deadline_;
  std::uint64_t last_patch_ = 0;
  std::map<std::string, Patch> patches_;

  friend class Whep;
};

void Whep::Session::patch(const HttpRequest& request, std::shared_ptr<Exchange> exchange) {
  const std::string* type = request.header("Content-Type");
  if (!type || !is_media_type(*type, fragment_type))
    return whep_.answer(
        *exchange,
        text_response(415, std::string("send the fragment as ") + fragment_type).with("Accept-Patch", fragment_type));
  const std::string* condition = request.header("If-Match");
  if (!condition)
    return whep_.answer(*exchange,
                        text_response(428, "send If-Match with the ETag of the session, or * for an ICE restart"));
  const auto tags = parse_entity_tags(*condition);
  if (!tags) return whep_.answer(*exchange, text_response(400, "If-Match is not a list of entity tags"));
  if (!tags->matches_strongly(etag_))
    return whep_.answer(
        *exchange, text_response(412, "this fragment is of another ICE generation; send If-Match: * for a restart"));
  if (auto refused = body_refusal(request.body, sdpfrag_bytes_max, "fragment"))
    return whep_.answer(*exchange, std::move(*refused));
  if (patches_.size() >= patches_max)
    return whep_.answer(*exchange,
                        text_response(429, "too many fragments wait for the robot").with("Retry-After", "1"));
  const std::string number = std::to_string(++last_patch_);
  auto deadline = whep_.loop_.after(whep_.options_.answer_time, [this, number] {
    const auto at = patches_.find(number);
    const Patch late = std::move(at->second);
    patches_.erase(at);
    whep_.answer(*late.exchange, text_response(504, "the robot did not answer in time; try again"));
  });
  patches_.emplace(number, Patch{std::move(exchange), std::move(deadline)});
  whep_.signaling_.say(peer_, PeerMessage{session_id_, Fragment{number, request.body, std::nullopt}});
}

Whep::Whep(Loop& loop, Signaling& signaling, Options options, telemetry::Metrics& metrics, Log log)
    : loop_(loop), signaling_(signaling), options_(std::move(options)), log_(std::move(log)) {
  requests_ = metrics.counter("bigfoot_whep_requests_total", "WHEP requests answered by status");
  answer_seconds_ = metrics
                        .histogram("bigfoot_whep_answer_seconds", "From a player's offer to the robot's answer",
                                   telemetry::wait_buckets)
                        .with();
}

Whep::~Whep() = default;

void Whep::answer(Exchange& exchange, HttpResponse response) {
  requests_.with({{"status", std::to_string(response.status)}}).add();
  response.with("Access-Control-Allow-Origin", "*")
      .with("Access-Control-Expose-Headers", "Location, ETag, Link, Accept-Patch, Retry-After");
  exchange.respond(std::move(response));
}

HttpResponse Whep::preflight(const std::string& allow) const {
  HttpResponse response{204};
  response.with("Allow", allow)
      .with("Access-Control-Allow-Methods", allow)
      .with("Access-Control-Allow-Headers", "Content-Type, If-Match, Authorization")
      .with("Access-Control-Max-Age", "86400");
  return response;
}

std::optional<HttpResponse> Whep::refusal(const HttpRequest& request, const std::string& robot,
                                          const std::string& camera) const {
  const std::string* type = request.header("Content-Type");
  if (!type || !is_media_type(*type, sdp_type))
    return text_response(415, std::string("send the offer as ") + sdp_type).with("Accept-Post", sdp_type);
  if (refusing_for_) {
    const auto wait = std::chrono::ceil<std::chrono::seconds>(*refusing_for_).count();
    return text_response(503, "this server is being restarted")
        .with("Retry-After", std::to_string(std::max<std::int64_t>(1, wait)));
  }
  const RobotEntry* entry = signaling_.rooms().fleet().find(robot);
  if (!entry)
    return text_response(404, "no robot of that name was seen since this server started; /api/v1/robots lists them");
  const auto& cameras = entry->cameras;
  if (!camera.empty() && std::find(cameras.begin(), cameras.end(), camera) == cameras.end())
    return text_response(404, "the robot has no camera of that name; /api/v1/robots lists them");
  if (!entry->online) return refusal_response(503, "the robot is offline");
  if (auto refused = body_refusal(request.body, offer_bytes_max, "offer")) return refused;
  if (sessions_.size() >= options_.sessions_max)
    return refusal_response(503, "too-many-sessions: this server has all the WHEP sessions it may have");
  return std::nullopt;
}

void Whep::endpoint(const HttpRequest& request, std::shared_ptr<Exchange> exchange, const std::string& robot,
                    const std::string& camera) {
  if (request.method == "OPTIONS") {
    HttpResponse response = preflight(endpoint_methods).with("Accept-Post", sdp_type);
    for (const IceLink& link : options_.ice_links) response.with("Link", link.header);
    return answer(*exchange, std::move(response));
  }
  if (request.method != "POST") return answer(*exchange, method_not_allowed(request, endpoint_methods));
  if (auto refused = refusal(request, robot, camera)) return answer(*exchange, std::move(*refused));
  StartSession ask;
  ask.peer_id = signaling_.rooms().fleet().find(robot)->peer_id;
  ask.offer = request.body;
  if (!camera.empty()) ask.cameras.push_back(camera);
  const std::string* agent = request.header("User-Agent");
  ask.client = agent ? cut_utf8(*agent, 512) : "";
  const std::string id = random_token(session_id_length);
  const auto at = sessions_.emplace(id, std::make_unique<Session>(*this, id)).first;
  log_.info("player.asked", {{"robot", robot}, {"remote", request.remote}, {"session", id.substr(0, 6)}});
  at->second->start(std::move(exchange), std::move(ask));
}

void Whep::resource(const HttpRequest& request, std::shared_ptr<Exchange> exchange, const std::string& id) {
  if (request.method == "OPTIONS") return answer(*exchange, preflight(resource_methods));
  const auto at = sessions_.find(id);
  if (at == sessions_.end() || at->second->offer_)
    return answer(*exchange, text_response(404, "there is no such session (any more); POST a new offer"));
  if (request.method == "PATCH") return at->second->patch(request, std::move(exchange));
  if (request.method != "DELETE") return answer(*exchange, method_not_allowed(request, resource_methods));
  forget(id);
  answer(*exchange, text_response(200, "the session is over"));
}

void Whep::forget(const std::string& id) {
  const auto at = sessions_.find(id);
  if (at == sessions_.end()) return;
  for (auto& [number, patch] : at->second->patches_)
    answer(*patch.exchange, text_response(404, "the session ended meanwhile"));
  at->second->patches_.clear();
  at->second->leave();
  gone_.insert(sessions_.extract(at));
  sweep_ = loop_.after(Nanos{0}, [this] { gone_.clear(); });
}

}  // namespace bigfoot::server
