#include "server/server.hpp"

#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "base/cut_utf8.hpp"
#include "base/random.hpp"
#include "base/service_manager.hpp"
#include "server/admin.hpp"
#include "server/api.hpp"
#include "server/asio_loop.hpp"
#include "server/camera_api.hpp"
#include "server/drain.hpp"
#include "server/http.hpp"
#include "server/pages.hpp"
#include "server/request_target.hpp"
#include "server/signaling.hpp"
#include "server/whep.hpp"
#include "telemetry/metrics.hpp"

namespace bigfoot::server {
namespace {

constexpr std::size_t session_id_length = 22;
constexpr rlim_t descriptors_besides = 128;  // listeners, admin connections, files, log

std::string state_dir(const ServerOptions& options) {
  if (!options.state_dir.empty()) return options.state_dir;
  if (const char* given = std::getenv("STATE_DIRECTORY")) return given;  // systemd's StateDirectory=
  if (const char* home = std::getenv("HOME")) return std::string(home) + "/.local/state/bigfoot-server";
  return "/var/lib/bigfoot-server";
}

ResumeTokens resume_tokens(const ServerOptions& options, const Log& log) {
  auto key = load_resume_key(state_dir(options));
  if (key) return ResumeTokens(std::move(*key));
  log.warn("state.not_kept", {{"reason", key.error().text()},
                              {"then", "sessions do not survive a restart"},
                              {"fix", "name a directory that can be written with --state-dir"}});
  return ResumeTokens(random_resume_key());
}

/// One descriptor a connection: take what the system lets us have.
void raise_descriptor_limit(const ServerOptions& options, const Log& log) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  const auto wanted = static_cast<rlim_t>(options.limits.connections) + descriptors_besides;
  if (limit.rlim_max < wanted)
    log.warn("connections.limited", {{"open_files", limit.rlim_max},
                                     {"max_connections", options.limits.connections},
                                     {"fix", "raise the limit of open files (LimitNOFILE, ulimit -n)"}});
}

Pages pages(const ServerOptions& options, const Program& program, const Log& log) {
  const std::string directory = find_web_dir(options.web_dir, program.path, program.built_in_web);
  if (access((directory + "/index.html").c_str(), R_OK) != 0)
    log.warn("page.missing",
             {{"file", directory + "/index.html"}, {"fix", "name the directory of the page with --web-dir"}});
  return Pages(directory);
}

/// SIGTERM and SIGINT as a descriptor, so that they are events of the loop.
class StopSignals {
 public:
  StopSignals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    fd_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGHUP, SIG_IGN);  // what rotates logs sends it; there is nothing to read again
  }
  ~StopSignals() { ::close(fd_); }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  int fd() const { return fd_; }
  void consume() const {
    signalfd_siginfo info{};
    while (::read(fd_, &info, sizeof info) > 0) {
    }
  }

 private:
  int fd_;
};

/// The public side: which request goes where.
class Site {
 public:
  Site(Signaling& signaling, Whep& whep, CameraApi& cameras, Pages pages, AllowedOrigins origins, std::string version)
      : signaling_(signaling),
        whep_(whep),
        cameras_(cameras),
        pages_(std::move(pages)),
        origins_(std::move(origins)),
        version_(std::move(version)) {}

  void refuse_peers(Nanos retry_after) { refusing_for_ = retry_after; }

  void answer(const HttpRequest& request, std::shared_ptr<Exchange> exchange) {
    using Kind = Route::Kind;
    if (request.target.size() > target_bytes_max)
      return exchange->respond(text_response(414, "the address is too long: at most 2048 bytes"));
    const auto segments = path_segments(request.target);
    if (!segments) return exchange->respond(text_response(400, "the address is malformed"));
    const Route route = route_of(*segments);
    const bool for_peers = route.kind == Kind::signaling || (segments->empty() && request.websocket);
    if (for_peers) return open_signaling(request, *exchange);
    switch (route.kind) {
      case Kind::whep_endpoint: return whep_.endpoint(request, std::move(exchange), route.robot, route.camera);
      case Kind::whep_session: return whep_.resource(request, std::move(exchange), route.session);
      case Kind::camera: return cameras_.answer(request, Side::open, std::move(exchange), route.robot, route.camera);
      default: return exchange->respond(document(request, route));
    }
  }

 private:
  HttpResponse document(const HttpRequest& request, const Route& route) {
    using Kind = Route::Kind;
    if (route.kind == Kind::page) return pages_.get(request, "index.html");
    if (route.kind == Kind::asset) return pages_.get(request, route.asset);
    if (route.kind == Kind::none) return text_response(404, "there is nothing here; / lists the robots");
    if (request.method != "GET" && request.method != "HEAD") return method_not_allowed(request, "GET, HEAD");
    return json_response(200, route.kind == Kind::version ? version_json(version_) : robots_json(signaling_.rooms()));
  }

  void open_signaling(const HttpRequest& request, Exchange& exchange) {
    if (!request.websocket)
      return exchange.respond(text_response(426, "signaling is spoken over a WebSocket").with("Upgrade", "websocket"));
    const std::string* origin = request.header("Origin");  // robots and native viewers send none
    const std::string* host = request.header("Host");
    if (origin && !origins_.allow(*origin, host ? *host : ""))
      return exchange.respond(
          text_response(403, "pages of " + cut_utf8(*origin, 256) +
                                 " may not use this server: start it with --allow-origin, or let the proxy before it "
                                 "hand on the Host header"));
    if (refusing_for_) {
      const auto wait = std::chrono::ceil<std::chrono::seconds>(*refusing_for_).count();
      return exchange.respond(
          text_response(503, "this server is being restarted").with("Retry-After", std::to_string(wait)));
    }
    exchange.accept_websocket([this, remote = request.remote](const std::shared_ptr<WebSocket>& socket) {
      return signaling_.accept(socket, remote);
    });
  }

  Signaling& signaling_;
  Whep& whep_;
  CameraApi& cameras_;
  Pages pages_;
  AllowedOrigins origins_;
  std::string version_;
  std::optional<Nanos> refusing_for_;
};

HttpLimits public_limits(const Limits& limits) {
  HttpLimits http;
  http.connections = limits.connections;
  http.connections_per_address = limits.connections_per_address;
  return http;
}

}  // namespace

int serve(const ServerOptions& options, const Program& program) {
  const StopSignals signals;
  const Log log(std::make_shared<LogWriter>(LogWriter::Options{options.log_format, options.log_level}));
  for (const config::Fault& variable : program.ignored)
    log.warn("config.variable_ignored", {{"variable", variable.where}, {"fix", variable.fix}});
  raise_descriptor_limit(options, log);
  telemetry::Metrics metrics;
  telemetry::add_build_info(metrics, "bigfoot-server", program.version);
  telemetry::add_process_metrics(metrics);
  AsioLoop loop;
  ServiceManager manager(loop);
  Rooms rooms(RoomLimits{}, resume_tokens(options, log), [] { return random_token(session_id_length); });
  Signaling signaling(loop, std::move(rooms), options.limits, metrics, log);
  Whep whep(loop, signaling, {options.ice_servers, static_cast<std::size_t>(options.limits.whep_sessions)}, metrics,
            log);
  const AllowedOrigins origins(options.allow_origins);
  CameraApi cameras(loop, signaling, {options.configure_from, origins}, log);
  Site site(signaling, whep, cameras, pages(options, program, log), origins, program.version);
  Drain drain(loop, signaling, whep, options.drain, [&] { loop.stop(); });

  HttpServer site_server(
      loop, {"public", options.listen, "--listen", public_limits(options.limits)},
      [&](const HttpRequest& request, std::shared_ptr<Exchange> exchange) {
        site.answer(request, std::move(exchange));
      },
      metrics, log);
  HttpServer admin_server(
      loop, {"admin", options.admin_listen, "--admin-listen"},
      [&](const HttpRequest& request, std::shared_ptr<Exchange> exchange) {
        const auto segments = path_segments(request.target);
        if (const Route route = segments ? route_of(*segments) : Route{}; route.kind == Route::Kind::camera)
          return cameras.answer(request, Side::admin, std::move(exchange), route.robot, route.camera);
        answer_admin(request, *exchange, metrics, !drain.draining());
      },
      metrics, log);
  for (HttpServer* server : {&site_server, &admin_server})
    if (const auto started = server->start(); !started) {
      log.error("server.start_failed", {{"reason", started.error().what}, {"fix", started.error().fix}});
      return 1;
    }

  const auto stopping = loop.watch(signals.fd(), Io::readable, [&] {
    signals.consume();
    if (drain.draining()) return loop.stop();
    manager.stopping();
    log.info("server.draining", {{"seconds", to_seconds(options.drain)}, {"peers", signaling.sockets().size()}});
    site.refuse_peers(options.drain + 1s);
    drain.start();
  });
  log.info("server.listening", {{"page", "http://" + site_server.address()},
                                {"admin", "http://" + admin_server.address()},
                                {"version", program.version}});
  loop.post([&] { manager.ready(); });
  loop.run();
  log.info("server.stopped");
  return 0;
}

}  // namespace bigfoot::server
