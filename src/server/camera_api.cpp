#include "server/camera_api.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/codec.hpp"
#include "protocol/json_writer.hpp"

namespace bigfoot::server {
namespace {

using namespace protocol;

constexpr const char* methods = "PATCH, OPTIONS";
constexpr const char* body_types = "application/json, application/merge-patch+json";

struct Refusal {
  std::string_view code;
  int status;
};
/// By the code with which the rooms refuse.
constexpr std::array room_refusals{Refusal{"no-peer", 503}, Refusal{"no-camera", 404}, Refusal{"peer-busy", 503},
                                   Refusal{"unsupported", 405}};
/// By the word with which the robot does.
constexpr std::array robot_refusals{Refusal{"unknown-camera", 404}, Refusal{"forbidden", 403},
                                    Refusal{"bad-values", 422}};

template <std::size_t N>
int status_for(const std::array<Refusal, N>& table, std::string_view code) {
  const auto row = std::find_if(table.begin(), table.end(), [&](const Refusal& each) { return each.code == code; });
  return row == table.end() ? 502 : row->status;
}

HttpResponse refusal_response(int status, std::string text) {
  HttpResponse response = text_response(status, std::move(text));
  if (status == 503) response.with("Retry-After", "5");
  if (status == 405) response.with("Allow", "OPTIONS");
  return response;
}

std::string without_port(std::string_view authority) {
  if (authority.starts_with('[')) return std::string(authority.substr(0, authority.find(']') + 1));
  return std::string(authority.substr(0, authority.rfind(':')));
}

/// An address of 127.0.0.0/8 has four numbers: 127.example.org is a name.
bool is_loopback(const std::string& host) {
  const bool numbers = std::all_of(host.begin(), host.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  return host == "localhost" || host == "[::1]" || host == "[::ffff:127.0.0.1]" ||
         (numbers && host.starts_with("127."));
}

/// What proxies add.
constexpr std::array proxy_headers{"Forwarded",         "X-Forwarded-For", "X-Forwarded-Host",
                                   "X-Forwarded-Proto", "X-Real-IP",       "Via"};

std::string text_of(const std::string* value) { return value ? *value : std::string(); }

std::string faults_json(const std::vector<ValueFault>& faults) {
  std::string list = "[";
  for (const ValueFault& fault : faults)
    (list += list.size() > 1 ? "," : "") += Object().text("what", fault.what).text("fix", fault.fix).done();
  return Object().raw("faults", list + "]").done();
}

std::string configured_json(const std::string& robot, const std::string& camera, const Configured& configured) {
  return Object()
      .text("robot", robot)
      .text("camera", camera)
      .raw("values", write_settings(configured.values))
      .raw("changed", quoted(configured.changed))
      .raw("notApplied", write_settings(configured.not_applied))
      .done();
}

}  // namespace

std::optional<std::string> configure_refusal(const HttpRequest& request, Side side, ConfigureFrom from,
                                             const AllowedOrigins& origins) {
  const std::string* origin = request.header("Origin");  // programs send none
  const std::string host = text_of(request.header("Host"));
  if (from == ConfigureFrom::nobody)
    return "cameras are not changed over the network here: see configure_from of the server's configuration";
  if (origin && !origins.allow(*origin, host))
    return "pages of another origin may not change cameras: start the server with --allow-origin";
  if (from == ConfigureFrom::anyone) return std::nullopt;
  if (side == Side::open)
    return "there is no login yet, so cameras are changed by the server's admin address only: ask "
           "it on its machine (--admin-listen, built in http://127.0.0.1:9090), or start the server with "
           "--configure-from anyone in "
           "a network where everybody may";
  const bool by_proxy = std::any_of(proxy_headers.begin(), proxy_headers.end(),
                                    [&](const char* name) { return request.header(name) != nullptr; });
  if (!by_proxy && is_loopback(without_port(request.remote)) &&
      is_loopback(host.starts_with('[') || host.find(':') != std::string::npos ? without_port(host) : host))
    return std::nullopt;
  return "there is no login yet, so cameras are changed from the server's own machine only: ask its admin address "
         "(--admin-listen) there by a loopback name, without a proxy";
}

/// One request that waits for its robot.
class CameraApi::Waiting final : public PeerLink {
 public:
  Waiting(CameraApi& api, std::uint64_t number, std::shared_ptr<Exchange> exchange, std::string origin,
          std::string remote, std::string robot, std::string camera)
      : api_(api),
        number_(number),
        exchange_(std::move(exchange)),
        origin_(std::move(origin)),
        remote_(std::move(remote)),
        robot_(std::move(robot)),
        camera_(std::move(camera)) {}
  ~Waiting() override {
    if (!peer_.empty()) api_.signaling_.detach(peer_);
  }

  void start(std::vector<Setting> values) {
    deadline_ = api_.loop_.after(api_.options_.answer_time, [this] {
      answer(text_response(504, "the robot did not answer in time; what it has done is not known"));
    });
    exchange_->on_gone([this] { answer({0}); });  // nobody hears of it, and it may change the camera all the same
    peer_ = api_.signaling_.attach_virtual(*this);
    api_.signaling_.configure(peer_, robot_, camera_, std::move(values));
  }
  void deliver(const FromServer& message) override {
    if (const auto* error = std::get_if<ErrorMessage>(&message))
      answer(refusal_response(status_for(room_refusals, error->code.value_or("")), error->details));
  }
  void on_configured(const Configured& configured) override {
    if (!configured.error) {
      HttpResponse taken = json_response(200, configured_json(robot_, camera_, configured));
      return configured.changed.empty() ? finish(std::move(taken)) : answer(std::move(taken), configured.changed);
    }
    const int status = status_for(robot_refusals, *configured.error);
    if (configured.faults.empty()) return answer(text_response(status, "the robot refuses: " + *configured.error));
    answer(json_response(status, faults_json(configured.faults)));
  }
  void close(std::uint16_t, const std::string&) override {}
  bool busy() const override { return false; }

 private:
  void answer(HttpResponse response, const std::vector<std::string>& changed = {}) {
    std::string keys;
    for (const std::string& key : changed) keys.append(keys.empty() ? "" : ",").append(key);
    api_.log_.info(
        "camera.patched",
        {{"robot", robot_}, {"camera", camera_}, {"remote", remote_}, {"status", response.status}, {"changed", keys}});
    finish(std::move(response));
  }
  void finish(HttpResponse response) {
    if (!exchange_) return;
    api_.respond(*std::exchange(exchange_, nullptr), origin_, std::move(response));
    deadline_.reset();
    api_.forget(number_);
  }

  CameraApi& api_;
  std::uint64_t number_;
  std::shared_ptr<Exchange> exchange_;
  std::string origin_, remote_, robot_, camera_, peer_;
  Subscription deadline_;
};

CameraApi::CameraApi(Loop& loop, Signaling& signaling, Options options, Log log)
    : loop_(loop), signaling_(signaling), options_(std::move(options)), log_(std::move(log)) {}

CameraApi::~CameraApi() = default;

/// It is still on the stack.
void CameraApi::forget(std::uint64_t number) {
  gone_.insert(waiting_.extract(number));
  sweep_ = loop_.after(Nanos{0}, [this] { gone_.clear(); });
}

/// `origin` is one that may read the answer, or empty.
void CameraApi::respond(Exchange& exchange, const std::string& origin, HttpResponse response) const {
  if (!origin.empty()) response.with("Access-Control-Allow-Origin", origin).with("Vary", "Origin");
  exchange.respond(std::move(response));
}

HttpResponse CameraApi::preflight() const {
  HttpResponse response{204};
  response.with("Allow", methods)
      .with("Access-Control-Allow-Methods", methods)
      .with("Access-Control-Allow-Headers", "Content-Type, Authorization")
      .with("Access-Control-Max-Age", "600")
      .with("Accept-Patch", body_types);
  return response;
}

std::optional<HttpResponse> CameraApi::refusal(const HttpRequest& request, Side side, const std::string& robot,
                                               const std::string& camera) const {
  if (const auto why = configure_refusal(request, side, options_.from, options_.origins))
    return text_response(403, *why);
  const std::string type = text_of(request.header("Content-Type"));
  if (!is_media_type(type, "application/json") && !is_media_type(type, "application/merge-patch+json"))
    return text_response(415, std::string("send the values as ") + body_types).with("Accept-Patch", body_types);
  if (request.body.size() > values_bytes_max)
    return text_response(413, "the values are too large: at most " + std::to_string(values_bytes_max) + " bytes");
  const RobotEntry* entry = signaling_.rooms().fleet().find(robot);
  if (!entry)
    return text_response(404, "no robot of that name was seen since this server started; /api/v1/robots lists them");
  if (std::find(entry->cameras.begin(), entry->cameras.end(), camera) == entry->cameras.end())
    return text_response(404, "the robot has no camera of that name; /api/v1/robots lists them");
  if (!entry->online) return refusal_response(503, "the robot is offline");
  if (waiting_.size() >= options_.waiting_max)
    return text_response(429, "too many changes wait for their robots").with("Retry-After", "1");
  return std::nullopt;
}

void CameraApi::answer(const HttpRequest& request, Side side, std::shared_ptr<Exchange> exchange,
                       const std::string& robot, const std::string& camera) {
  const std::string asked_from = text_of(request.header("Origin"));
  const bool may_read = options_.origins.allow(asked_from, text_of(request.header("Host")));
  const std::string origin = may_read ? asked_from : std::string();
  if (request.method == "OPTIONS") return respond(*exchange, origin, preflight());
  if (request.method != "PATCH") return respond(*exchange, origin, method_not_allowed(request, methods));
  if (auto refused = refusal(request, side, robot, camera)) return respond(*exchange, origin, std::move(*refused));
  auto values = read_settings(request.body);
  if (!values) {
    const bool no_json = !values.error().what.starts_with("bad-field");
    const ErrorMessage why = to_message(values.error());
    return respond(*exchange, origin,
                   no_json ? text_response(400, why.details) : json_response(422, faults_json({{why.details, ""}})));
  }
  const std::uint64_t number = ++last_;
  const auto at = waiting_.emplace(
      number, std::make_unique<Waiting>(*this, number, std::move(exchange), origin, request.remote, robot, camera));
  at.first->second->start(std::move(*values));
}

}  // namespace bigfoot::server
