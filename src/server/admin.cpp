#include "server/admin.hpp"

#include "server/request_target.hpp"

namespace bigfoot::server {
namespace {

HttpResponse admin_response(const HttpRequest& request, telemetry::Metrics& metrics, bool ready) {
  const auto segments = path_segments(request.target);
  const std::string path = segments && segments->size() == 1 ? segments->front() : "";
  if (request.method != "GET" && request.method != "HEAD") return method_not_allowed(request, "GET, HEAD");
  if (path == "metrics")
    return {200, {{"Content-Type", std::string(telemetry::Metrics::content_type)}}, metrics.exposition()};
  if (path == "healthz") return text_response(200, "ok");
  if (path == "readyz")
    return ready ? text_response(200, "ready") : text_response(503, "draining: this server is being stopped");
  return text_response(404, "here are /metrics, /healthz, /readyz and /api/v1/robots/R/cameras/C");
}

}  // namespace

void answer_admin(const HttpRequest& request, Exchange& exchange, telemetry::Metrics& metrics, bool ready) {
  exchange.respond(admin_response(request, metrics, ready));
}

}  // namespace bigfoot::server
