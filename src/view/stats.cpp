#include "view/stats.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "protocol/json_writer.hpp"

namespace bigfoot::view {
namespace {

using protocol::Object;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

/// Whole microseconds: what clocks and schedulers are good for.
std::string millis(Nanos span) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", to_millis(span));
  return text;
}

std::string millis_or_null(const std::optional<Nanos>& span) { return span ? millis(*span) : "null"; }
std::string boolean(bool value) { return value ? "true" : "false"; }

std::string iso(WallTime at) {
  const auto ms = std::chrono::floor<Millis>(at.time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[80];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1,
                utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, static_cast<int>(ms % 1000));
  return text;
}

std::string spread_json(const Spread& spread) {
  return Object().raw("p50_ms", millis(spread.p50)).raw("p95_ms", millis(spread.p95)).done();
}

std::string delay_json(const CameraSecond& camera) {
  if (!camera.delay || !camera.newest_delay) return "null";
  Object json;
  json.raw("p50_ms", millis(camera.delay->p50)).raw("p95_ms", millis(camera.delay->p95));
  json.raw("error_ms", millis(camera.newest_delay->error)).raw("estimated", boolean(camera.newest_delay->estimated));
  return json.done();
}

/// What the sender says of its part of the arrival, and what is left of that for the network; no p95 of a difference.
void add_arrival(Object& json, const Spread& arrival, const latency::SenderStages& sender) {
  const auto part = [&](const char* name, const latency::StageTime& time) {
    json.raw(name, spread_json({time.p50, time.p95}));
  };
  part("capture_wait", sender.capture);
  part("encode", sender.encode);
  part("send", sender.send);
  json.raw("network", Object().raw("p50_ms", millis(network_of(arrival, sender))).raw("p95_ms", "null").done());
}

std::string stages_json(const CameraSecond& camera) {
  Object json;
  const auto arrival = camera.stages.find(Stage::arrival);
  if (camera.sender && arrival != camera.stages.end()) add_arrival(json, arrival->second, *camera.sender);
  for (const auto& [stage, spread] : camera.stages) json.raw(to_string(stage), spread_json(spread));
  return json.done();
}

std::string counts_json(const CameraCounts& counts) {
  return Object()
      .raw("frames", std::to_string(counts.frames))
      .raw("keyframes", std::to_string(counts.keyframes))
      .raw("repaired", std::to_string(counts.repaired))
      .raw("lost", std::to_string(counts.lost))
      .raw("shown", std::to_string(counts.shown))
      .raw("skipped", std::to_string(counts.skipped))
      .raw("keyframes_asked", std::to_string(counts.keyframes_asked))
      .done();
}

std::string camera_json(const CameraSecond& camera) {
  Object json;
  json.text("name", camera.name)
      .raw("width_px", std::to_string(camera.size.width))
      .raw("height_px", std::to_string(camera.size.height))
      .text("decoder", camera.decoder)
      .raw("fps", number(camera.fps))
      .raw("bps", std::to_string(camera.bitrate.bps))
      .raw("loss_ratio", number(camera.loss_ratio))
      .raw("delay", delay_json(camera))
      .raw("stages", stages_json(camera))
      .raw("frozen", boolean(camera.frozen))
      .raw("age_ms", millis_or_null(camera.age))
      .raw("freezes", std::to_string(camera.freezes))
      .raw("frozen_s", number(to_seconds(camera.frozen_for)))
      .raw("counts", counts_json(camera.counts));
  if (!camera.measured.empty()) json.raw("measured", camera.measured);
  return json.done();
}

std::string path_json(const std::optional<transport::PathInfo>& path) {
  if (!path) return "null";
  return Object()
      .text("local", path->local)
      .text("local_type", path->local_type)
      .text("remote", path->remote)
      .text("remote_type", path->remote_type)
      .raw("generation", std::to_string(path->generation))
      .done();
}

std::string clock_json(const ViewSecond& second) {
  if (!second.clock_error) return "null";
  return Object().raw("error_ms", millis(*second.clock_error)).raw("estimated", boolean(second.clock_estimated)).done();
}

std::string remedies_json(const ViewSecond& second) {
  std::string text;
  for (const Remedy remedy : remedies) {
    const auto found = second.remedies.find(remedy);
    const RemedyCount count = found == second.remedies.end() ? RemedyCount{} : found->second;
    text += (text.empty() ? "" : ",") + protocol::quote(to_string(remedy)) + ":" +
            Object()
                .raw("tried", std::to_string(count.tried))
                .raw("recovered", std::to_string(count.recovered))
                .raw("last_took_s", count.last_took ? number(to_seconds(*count.last_took)) : "null")
                .done();
  }
  return "{" + text + "}";
}

std::string rate_words(Bitrate rate) {
  char text[32];
  if (rate.bps >= 995'000)
    std::snprintf(text, sizeof text, "%.1f Mbit/s", static_cast<double>(rate.bps) / 1e6);
  else
    std::snprintf(text, sizeof text, "%.0f kbit/s", static_cast<double>(rate.bps) / 1e3);
  return text;
}

std::string rounded(double value, int digits, const char* unit) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f %s", digits, value, unit);
  return text;
}

std::string rtt_words(const std::optional<Nanos>& rtt) {
  if (!rtt) return "—";
  return *rtt < 1ms ? "< 1 ms" : rounded(to_millis(*rtt), 0, "ms");
}

}  // namespace

const char* to_string(Stage stage) {
  switch (stage) {
    case Stage::arrival: return "arrival";
    case Stage::reassembly: return "reassembly";
    case Stage::wait: return "wait";
    case Stage::decode: return "decode";
    case Stage::display: return "display";
  }
  return "display";
}

std::optional<Spread> Samples::take() {
  if (values_.empty()) return std::nullopt;
  std::sort(values_.begin(), values_.end());
  const auto rank = [&](double part) {
    return values_[static_cast<std::size_t>(std::ceil(part * static_cast<double>(values_.size()))) - 1];
  };
  const Spread spread{rank(0.5), rank(0.95)};
  values_.clear();
  return spread;
}

void StageSamples::add(const ShownPicture& picture) {
  if (picture.captured) stages_[Stage::arrival].add(picture.first_arrival - *picture.captured);
  stages_[Stage::reassembly].add(picture.last_arrival - picture.first_arrival);
  stages_[Stage::wait].add(picture.fed - picture.last_arrival);
  stages_[Stage::decode].add(picture.decoded - picture.fed);
  stages_[Stage::display].add(picture.shown - picture.decoded);
}

std::map<Stage, Spread> StageSamples::take() {
  std::map<Stage, Spread> taken;
  for (auto& [stage, samples] : stages_)
    if (const auto spread = samples.take()) taken[stage] = *spread;
  return taken;
}

Nanos network_of(const Spread& arrival, const latency::SenderStages& sender) {
  return std::max<Nanos>(arrival.p50 - sender.capture.p50 - sender.encode.p50 - sender.send.p50, Nanos{0});
}

void CameraStats::shown(const ShownPicture& picture) {
  ++counts_.shown;
  newest_delay_ = picture.delay;
  if (picture.delay) delay_.add(picture.delay->value);
  stages_.add(picture);
}

void CameraStats::take(CameraSecond& second, Timestamp now) {
  second.counts = counts_;
  const double elapsed = taken_ ? to_seconds(now - *taken_) : 0;
  if (elapsed > 0) {
    second.fps = static_cast<double>(counts_.shown - before_.shown) / elapsed;
    second.bitrate.bps = static_cast<std::int64_t>(static_cast<double>(counts_.bytes - before_.bytes) * 8 / elapsed);
  }
  before_ = counts_;
  taken_ = now;
  second.delay = delay_.take();
  second.newest_delay = newest_delay_;
  second.stages = stages_.take();
}

std::string json_line(const ViewSecond& second) {
  std::string cameras;
  for (const CameraSecond& camera : second.cameras) (cameras += cameras.empty() ? "" : ",") += camera_json(camera);
  return Object()
      .text("ts", iso(second.at))
      .text("view", second.title)
      .text("state", to_string(second.state))
      .raw("state_s", number(to_seconds(second.in_state)))
      .text("words", second.words)
      .raw("first_picture_ms", millis_or_null(second.first_picture))
      .raw("sessions", std::to_string(second.sessions))
      .raw("lines_dropped", std::to_string(second.lines_dropped))
      .raw("path", path_json(second.path))
      .raw("rtt_ms", millis_or_null(second.rtt))
      .raw("clock", clock_json(second))
      .raw("received_bps", std::to_string(second.received.bps))
      .raw("recoveries", remedies_json(second))
      .raw("cameras", "[" + cameras + "]")
      .done();
}

std::vector<std::string> overlay_lines(const CameraSecond& camera, const ViewSecond& second) {
  std::vector<std::string> lines{camera.name};
  lines.push_back("Delay " + latency::delay_words(camera.newest_delay));
  lines.push_back("Frames " + rounded(camera.fps, 0, "fps"));
  lines.push_back("Bit rate " + rate_words(camera.bitrate));
  lines.push_back("Round trip " + rtt_words(second.rtt));
  lines.push_back("Loss " + rounded(camera.loss_ratio * 100, 1, "%"));
  if (camera.size.width > 0) lines.push_back("Picture " + camera.size.text());
  if (!camera.decoder.empty()) lines.push_back("Decoder " + camera.decoder);
  return lines;
}

}  // namespace bigfoot::view
