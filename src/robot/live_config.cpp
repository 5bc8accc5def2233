#include "robot/live_config.hpp"

#include <algorithm>
#include <utility>

#include "media/encoder_trial.hpp"
#include "robot/camera_values.hpp"

namespace bigfoot::robot {
namespace {

/// Why a new bit rate does nothing.
Error own_rate(const Rung& rung) {
  if (rung.stats().passed_through)
    return {"the camera's own H.264 is passed through, at the rate that the camera gives it",
            "set it in the camera, or set passthrough: never",
            {}};
  return {"the encoder keeps the rate that its own text gives", "write the rate into that text", {}};
}

/// Keys that open a part of the camera anew.
constexpr std::string_view of_source[] = {"source", "size",        "fps",     "rotate",  "flip",
                                          "crop",   "passthrough", "decoder", "controls"};
constexpr std::string_view of_encoder[] = {"encoder", "size", "fps"};

bool is_of(const auto& keys, std::string_view key) {
  return std::find(std::begin(keys), std::end(keys), key.substr(0, key.find('.'))) != std::end(keys);
}

/// Why `key` does nothing: what it opens does not open. nullopt: it does, or the key opens nothing.
std::optional<Error> fault_of(const media::CameraStats& stats, std::string_view key) {
  if (stats.encoder_fault && is_of(of_encoder, key)) return stats.encoder_fault;
  return is_of(of_source, key) ? stats.source_fault : std::nullopt;
}

constexpr const char* still_trying = "not known yet: the camera is still trying it; the robot's log will say";

std::string above(const std::string& camera) { return "cameras." + camera + "."; }

void say_not_applied(const Log& log, const std::string& key, const Error& why) {
  log.warn("config.not_applied", {{"key", key}, {"why", why.what}, {"fix", why.fix}});
}

/// The keys of `changes` as an answer names them. What a key says now is taken out of the source's own words: that is
/// no change of the source.
std::vector<std::string> keys_of(const std::vector<KeyChange>& changes, const protocol::Configure& asked) {
  const bool asks_source = std::any_of(asked.values.begin(), asked.values.end(),
                                       [](const protocol::Setting& value) { return value.key == "source"; });
  std::vector<std::string> keys;
  for (const KeyChange& change : changes) {
    const std::string key = change.key.substr(above(asked.camera).size());
    if (key != "source" || asks_source) keys.push_back(key);
  }
  return keys;
}

/// The camera's own setting of that key, as text; empty: it has none.
std::string value_now(CameraOption camera, const std::string& key) {
  for (const media::ControlSetting& control : camera.settings.source.controls)
    if (key == "controls." + control.name) return std::to_string(control.value);
  const config::Table table = camera_table(camera);
  for (const config::Option& row : table.options())
    if (row.key == key) return row.get();
  return {};
}

bool contains(const std::vector<protocol::Setting>& settings, const std::string& key) {
  return std::any_of(settings.begin(), settings.end(),
                     [&](const protocol::Setting& setting) { return setting.key == key; });
}

bool concerns(const protocol::Configure& asked, const std::string& key) {
  return std::any_of(asked.values.begin(), asked.values.end(), [&](const protocol::Setting& value) {
    return value.key == key || value.key == "source";  // which may bring a setting of its own
  });
}

}  // namespace

LiveConfig::LiveConfig(Loop& loop, RobotOptions& options, const std::vector<std::unique_ptr<Rung>>& rungs,
                       Viewers& viewers, Log log, Lack lack)
    : loop_(loop), options_(options), rungs_(rungs), viewers_(viewers), log_(std::move(log)), lack_(std::move(lack)) {
  for (const auto& rung : rungs_) rung->tell_of_settings(this);
}

LiveConfig::~LiveConfig() {
  for (const auto& rung : rungs_) rung->tell_of_settings(nullptr);
}

void LiveConfig::reread(const ReadOptions& read) {
  if (!read.faults.empty()) return say_refused(read.faults);
  const Difference found = difference(options_, read.options);
  apply(found, read.options);
  say(found);
  log_.info("config.read", {{"changed", found.live.size()}, {"needs_restart", found.restart.size()}});
}

/// What needs a restart stays as it is in options_, so that the next reading says it again.
void LiveConfig::apply(const Difference& difference, const RobotOptions& wanted) {
  options_.max_viewers = wanted.max_viewers;
  options_.log_level = wanted.log_level;
  options_.size = wanted.size;
  options_.fps = wanted.fps;
  options_.encoder = wanted.encoder;
  options_.decoder = wanted.decoder;
  options_.bitrate = wanted.bitrate;
  viewers_.set_sessions_max(options_.max_viewers);
  log_.set_level(options_.log_level);
  for (const CameraOption& camera : wanted.cameras)
    if (std::find(difference.cameras.begin(), difference.cameras.end(), camera.settings.name) !=
        difference.cameras.end())
      apply_camera(camera);
}

void LiveConfig::apply_camera(const CameraOption& wanted) {
  *option(wanted.settings.name) = wanted;
  rung(wanted.settings.name)->apply(wanted.settings);
}

void LiveConfig::say(const Difference& difference) {
  for (const KeyChange& change : difference.live)
    log_.info("config.changed", {{"key", change.key}, {"was", change.was}, {"is", change.is}});
  for (const auto& rung : rungs_)
    for (const KeyChange& change : difference.live)
      if (change.key.starts_with(above(rung->name())))
        trying_[rung->name()].insert(change.key.substr(above(rung->name()).size()));
  for (const KeyChange& change : difference.restart)
    log_.warn("config.needs_restart",
              {{"key", change.key}, {"is", change.is}, {"then", "it takes effect when the robot is started again"}});
  for (const KeyChange& change : difference.live)
    if (const Rung* rung = keeps_own_rate(change.key)) say_not_applied(log_, change.key, own_rate(*rung));
}

/// camera.fault says it once: this names the keys.
void LiveConfig::say_faults(const std::string& camera) {
  const auto keys = std::exchange(trying_[camera], {});
  const media::CameraStats stats = rung(camera)->stats();
  for (const std::string& key : keys)
    if (const auto fault = fault_of(stats, key)) say_not_applied(log_, above(camera) + key, *fault);
}

void LiveConfig::say_refused(const std::vector<config::Fault>& faults) const {
  for (const config::Fault& fault : faults)
    log_.error("config.fault", {{"where", fault.where}, {"what", fault.what}, {"fix", fault.fix}});
  log_.error("config.refused", {{"faults", faults.size()}, {"then", "everything stays as it is"}});
}

const Rung* LiveConfig::keeps_own_rate(const std::string& key) const {
  const auto found = std::find_if(rungs_.begin(), rungs_.end(), [&](const auto& rung) {
    return key == "cameras." + rung->name() + ".bitrate" && !rung->stats().takes_bitrate;
  });
  return found == rungs_.end() ? nullptr : found->get();
}

void LiveConfig::configure(const protocol::Configure& asked, Answer answer) {
  protocol::Configured refusal{asked.request_id, {}, {}, {}, {}, {}};
  const CameraOption* camera = option(asked.camera);
  if (camera == nullptr) {
    refusal.error = "unknown-camera";
    return answer(std::move(refusal));
  }
  const PatchedCamera next = patched(*camera, asked);
  if (!next.faults.empty()) {
    say_refused(next.faults);
    refusal.error = next.forbidden ? "forbidden" : "bad-values";
    for (const config::Fault& fault : next.faults) refusal.faults.push_back({fault.what, fault.fix});
    refusal.faults.resize(std::min(refusal.faults.size(), protocol::values_max));
    return answer(std::move(refusal));
  }
  Difference found;
  found.live = camera_difference(*camera, next.camera);
  Waiting waiting{asked, *camera, keys_of(found.live, asked), {}, std::move(answer), {}};
  if (!found.live.empty()) apply_camera(next.camera);
  say(found);
  wait_for_camera(std::move(waiting));
}

/// An encoder that this machine lacks is said before the one that works is closed for it.
PatchedCamera LiveConfig::patched(const CameraOption& camera, const protocol::Configure& asked) const {
  PatchedCamera next = patch_camera(camera, tree_of(asked.values), options_);
  const std::string& encoder = next.camera.settings.encoder;
  if (!next.faults.empty() || encoder == camera.settings.encoder) return next;
  if (const auto lacking = lack_(encoder, options_.resources.gpu))
    next.faults.push_back({next.camera.origins["encoder"].where, "encoder: " + lacking->what, lacking->fix});
  return next;
}

std::optional<Error> LiveConfig::encoder_lack(const std::string& encoder, int gpu, const media::Host& host) {
  const auto rows = media::encoder_candidates(encoder);
  if (!rows) return rows.error();
  std::optional<Error> lacking;
  for (const media::EncoderRow* row : *rows) {
    lacking = media::encoder_absence(*row, host, gpu);
    if (!lacking) return std::nullopt;
  }
  return lacking;
}

std::optional<Error> LiveConfig::lack_here(const std::string& encoder, int gpu) {
  return encoder_lack(encoder, gpu, media::Host());
}

void LiveConfig::wait_for_camera(Waiting waiting) {
  if (waiting.keys.empty() || rung(waiting.asked.camera)->settled()) return answer(waiting);
  if (waiting_.size() >= waiting_max) return give_up(waiting);
  const auto at = waiting_.insert(waiting_.end(), std::move(waiting));
  at->deadline = loop_.after(answer_within, [this, at] {
    std::list<Waiting> late;
    late.splice(late.end(), waiting_, at);
    give_up(late.front());
  });
}

/// Of what was refused meanwhile the reason is known, though the camera is still trying the rest.
void LiveConfig::give_up(Waiting& waiting) {
  auto& said = waiting.not_applied;
  const auto known = said;
  for (const std::string& key : waiting.keys) {
    if (contains(known, key)) continue;
    const std::string above = key + ".";  // as the reasons of single controls are named
    const auto is_below = [&](const protocol::Setting& setting) { return setting.key.starts_with(above); };
    if (std::none_of(known.begin(), known.end(), is_below)) {
      said.push_back({key, still_trying});
      continue;
    }
    for (const protocol::Setting& value : waiting.asked.values)
      if (is_below(value) && !contains(known, value.key)) said.push_back({value.key, still_trying});
  }
  answer(waiting);
}

void LiveConfig::on_settled(const std::string& camera) {
  say_faults(camera);
  std::list<Waiting> tried;
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    const auto each = at++;
    if (each->asked.camera == camera) tried.splice(tried.end(), waiting_, each);
  }
  for (Waiting& each : tried) answer(each);
}

/// What opens the camera is judged though it is no change: who asks once more hears no less.
void LiveConfig::add_faults(Waiting& waiting) const {
  const Rung& camera = *rung(waiting.asked.camera);
  const bool tried = camera.settled();  // else what was asked may still change who makes the stream
  const media::CameraStats stats = camera.stats();
  const auto add = [&](const std::string& key, const std::string& why) {
    if (!contains(waiting.not_applied, key) && waiting.not_applied.size() < protocol::values_max)
      waiting.not_applied.push_back({key, why});
  };
  for (const std::string& key : waiting.keys)
    if (tried && keeps_own_rate(above(waiting.asked.camera) + key) != nullptr) add(key, own_rate(camera).text());
  for (const auto& [key, value] : waiting.asked.values) {
    if (!tried && waiting.keys.empty() && (is_of(of_source, key) || is_of(of_encoder, key))) add(key, still_trying);
    if (const auto fault = fault_of(stats, key); tried && fault) add(key, fault->text());
  }
}

void LiveConfig::answer(Waiting& waiting) {
  add_faults(waiting);
  const CameraOption& now = *option(waiting.asked.camera);
  protocol::Configured reply{waiting.asked.request_id, {}, {}, values_of(now), {}, std::move(waiting.not_applied)};
  for (std::string& key : keys_of(camera_difference(waiting.before, now), waiting.asked))
    if (std::find(waiting.keys.begin(), waiting.keys.end(), key) != waiting.keys.end())
      reply.changed.push_back(std::move(key));
  waiting.answer(std::move(reply));
}

/// What the camera does not take must not stand in the options: it would be asked again with every other change. Where
/// something newer was asked meanwhile, that stays. The camera has said it in the log.
void LiveConfig::on_refused(const std::string& camera, const std::vector<media::Refusal>& refused) {
  std::vector<protocol::Setting> kept;
  for (const media::Refusal& each : refused) {
    if (each.kept != each.asked && value_now(*option(camera), each.key) == each.asked)
      kept.push_back({each.key, each.kept});
    for (Waiting& waiting : waiting_)
      if (waiting.asked.camera == camera && concerns(waiting.asked, each.key))
        waiting.not_applied.push_back({each.key, each.why.text()});
  }
  if (kept.empty()) return;
  const PatchedCamera patched = patch_by_robot(*option(camera), tree_of(kept), options_);
  if (!patched.faults.empty()) return say_refused(patched.faults);
  apply_camera(patched.camera);
}

CameraOption* LiveConfig::option(const std::string& camera) const {
  const auto found = std::find_if(options_.cameras.begin(), options_.cameras.end(),
                                  [&](const CameraOption& each) { return each.settings.name == camera; });
  return found == options_.cameras.end() ? nullptr : &*found;
}

Rung* LiveConfig::rung(const std::string& camera) const {
  const auto found =
      std::find_if(rungs_.begin(), rungs_.end(), [&](const auto& each) { return each->name() == camera; });
  return found->get();
}

}  // namespace bigfoot::robot
