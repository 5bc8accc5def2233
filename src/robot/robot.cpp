#include "robot/robot.hpp"

#include <cstdlib>
#include <utility>

#include "protocol/codec.hpp"

namespace bigfoot::robot {
namespace {

constexpr Nanos metrics_pause = 5s;

}  // namespace

Robot::Robot(Loop& loop, RobotOptions options, std::string version, const Log& log)
    : loop_(loop),
      options_(std::move(options)),
      version_(std::move(version)),
      log_(log.with("robot", options_.name)),
      counters_(metrics_, options_.name) {
  telemetry::add_build_info(metrics_, "bigfoot", version_);
  telemetry::add_process_metrics(metrics_);
}

Robot::~Robot() {
  status_socket_.reset();
  live_config_.reset();
  viewers_.reset();  // sessions leave their cameras before these go
  for (const auto& rung : rungs_) rung->end();
  rungs_.clear();
}

Result<> Robot::start() {
  make_rungs();
  make_signaling();
  started_ = loop_.now();
  serve_metrics();
  make_status_socket();
  live_config_ = std::make_unique<LiveConfig>(loop_, options_, rungs_, *viewers_, log_);
  for (const auto& rung : rungs_) {
    rung->on_other_profile([this] { viewers_->streams_changed(); });
    rung->start();
  }
  return signaling_->start();
}

void Robot::stop() { signaling_->stop(); }

void Robot::make_rungs() {
  for (const CameraOption& camera : options_.cameras) {
    const media::CameraSettings& settings = camera.settings;
    const Log log = log_.with("camera", settings.name);
    rungs_.push_back(std::make_unique<Rung>(loop_, settings, media_camera(loop_, settings, log),
                                            counters_.camera(settings.name), log));
  }
  report_timer_ = loop_.every(1s, [this] {
    for (const auto& rung : rungs_) rung->report();
    announce();
    look_for_hung();
  });
}

void Robot::look_for_hung() {
  const Rung* hung = hung_drivers_.look(rungs_, loop_.now());
  if (hung == nullptr || !on_hung_) return;
  log_.error("robot.hung", {{"camera", hung->name()},
                            {"hung_s", to_seconds(hung->stats().hung)},
                            {"then", "the robot ends, to be started again"}});
  std::exchange(on_hung_, nullptr)();
}

protocol::Meta Robot::meta() const {
  std::vector<std::string> names;
  for (const auto& rung : rungs_) names.push_back(rung->name());
  return protocol::make_meta(options_.name, names, version_, passed_through_);
}

/// Pages say which cameras are passed through.
void Robot::announce() {
  std::vector<std::string> passed_through;
  for (const auto& rung : rungs_)
    if (rung->stats().passed_through) passed_through.push_back(rung->name());
  if (passed_through == passed_through_) return;
  passed_through_ = std::move(passed_through);
  signaling_->set_meta(meta());
}

void Robot::make_signaling() {
  std::vector<CameraTrack> cameras;
  for (const auto& rung : rungs_) cameras.push_back({rung.get(), counters_.camera(rung->name())});
  signaling::Options signaling;
  signaling.urls = options_.servers;
  signaling.meta = meta();
  signaling.roles = {protocol::Role::producer};
  signaling.user_agent = "bigfoot/" + version_;
  signaling::Listener& listener = *this;
  signaling_ = std::make_unique<signaling::Client>(loop_, std::move(signaling), listener, log_);
  const ViewerLimits limits{options_.max_viewers, ViewerLimits{}.half_open_max, options_.buffers};
  viewers_ = std::make_unique<Viewers>(
      loop_, transport_peers(loop_, options_.ice, certificate_), std::move(cameras), counters_.viewers(), limits,
      [this](const protocol::FromPeer& message) { signaling_->send(message); }, log_);
  address_watch_ =
      std::make_unique<transport::AddressWatch>(loop_, options_.ice, [this](const transport::AddressChange& change) {
        log_.info("network.changed", {{"added", change.added.size()},
                                      {"removed", change.removed.size()},
                                      {"default_route", change.routed.empty() ? "" : change.routed.front()}});
        // First signaling: what the viewers are told below must not go into the socket of an address that is gone.
        signaling_->network_changed();
        viewers_->address_changed(change);
      });
  if (const auto watching = address_watch_->start(); !watching)
    log_.warn("network.not_watched",
              {{"why", watching.error().what}, {"then", "a changed address is noticed by lost consent only"}});
}

/// The robot runs without it, too: the address may belong to an interface that is not up yet, the port become free.
void Robot::serve_metrics() {
  if (!options_.metrics) return;
  auto server = MetricsServer::listen(*options_.metrics, [this] {
    for (const auto& rung : rungs_) rung->report();
    return metrics_.exposition();
  });
  if (!server) {
    const auto level = !std::exchange(metrics_missed_, true) ? &Log::warn : &Log::debug;
    (log_.*level)(
        "metrics.not_served",
        {{"why", server.error().what}, {"fix", server.error().fix}, {"again_in_s", to_seconds(metrics_pause)}});
    metrics_again_ = loop_.after(metrics_pause, [this] { serve_metrics(); });
    return;
  }
  metrics_server_ = std::move(*server);
  log_.info("metrics.listening", {{"at", config::to_string(*options_.metrics)}});
}

/// The robot runs without it, too.
void Robot::make_status_socket() {
  if (options_.status_socket == "none") return;
  const auto environment = [](const char* name) -> const char* { return std::getenv(name); };
  const auto path = options_.status_socket.empty() ? status_path(runtime_directories(environment), options_.name)
                                                   : Result<std::string>(options_.status_socket);
  auto socket = path.and_then([this](const std::string& at) {
    return StatusSocket::listen(loop_, at, [this](std::string_view word) {
      return word == "json" ? status_json(status()) : status_text(status());
    });
  });
  if (!socket) return log_.warn("status.not_served", {{"why", socket.error().what}, {"fix", socket.error().fix}});
  status_socket_ = std::move(*socket);
  log_.debug("status.listening", {{"at", *path}});
}

RobotStatus Robot::status() const {
  RobotStatus status;
  status.name = options_.name;
  status.version = version_;
  status.now = loop_.now();
  status.started = started_;
  status.at_server = at_server_;
  status.server = signaling_->state_in_words();
  for (const auto& rung : rungs_) status.cameras.push_back(rung->status());
  status.viewers = viewers_->status();
  return status;
}

// The client has said both in the log.
void Robot::on_connected(const std::string&) { at_server_ = true; }

void Robot::on_disconnected(const std::string&, Nanos) {
  if (std::exchange(at_server_, false)) viewers_->signaling_lost();
}

void Robot::on_message(const protocol::FromServer& message) {
  if (const auto* start = std::get_if<protocol::StartSession>(&message))
    viewers_->on(*start);
  else if (const auto* peer = std::get_if<protocol::PeerMessage>(&message))
    viewers_->on(*peer);
  else if (const auto* end = std::get_if<protocol::EndSession>(&message))
    viewers_->on(*end);
  else if (const auto* configure = std::get_if<protocol::Configure>(&message))
    live_config_->configure(*configure, [this](protocol::Configured reply) { signaling_->send(std::move(reply)); });
  else if (const auto* error = std::get_if<protocol::ErrorMessage>(&message))
    log_.warn("signaling.error", {{"details", error->details}, {"code", error->code.value_or("")}});
}

}  // namespace bigfoot::robot
