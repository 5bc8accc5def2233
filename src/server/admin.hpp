#pragma once
// The admin listener: /metrics, /healthz (the process answers), /readyz (it takes new work).

#include <functional>
#include <memory>

#include "server/http_message.hpp"
#include "telemetry/metrics.hpp"

namespace bigfoot::server {

void answer_admin(const HttpRequest& request, Exchange& exchange, telemetry::Metrics& metrics, bool ready);

}  // namespace bigfoot::server
