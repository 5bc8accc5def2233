#include "view/viewer.hpp"

#include <algorithm>
#include <utility>

#include "base/random.hpp"
#include "view/robot_sender.hpp"
#include "view/whep_sender.hpp"

namespace bigfoot::view {
namespace {

constexpr Nanos look_every = 50ms;
constexpr Nanos look_when_live = 100ms;
constexpr Nanos report_every = 2s;
/// One is stopped within milliseconds where its decoder does not hang; each has a thread.
constexpr std::size_t leaving_max = 2 * sdp::tracks_max;
/// A robot sends reports every second: longer silence on the whole path is a lost path, not a slow camera.
constexpr Nanos silence_max = 1300ms;
/// Who answers WHEP reports every five seconds (RFC 3550 6.2).
constexpr Nanos silence_of_others_max = 7s;

/// What an action is tried for.
Remedy remedy_of(ViewAction action, const ViewLife& life) {
  switch (action) {
    case ViewAction::ask_keyframe: return Remedy::keyframe;
    case ViewAction::new_path: return Remedy::path;
    case ViewAction::begin_session: return life.ever_live ? Remedy::session : Remedy::none;
    case ViewAction::end_session: return Remedy::none;
  }
  return Remedy::none;
}

/// A session's part of what is counted over all of them.
void add_to(CameraCounts& counts, const TrackFigures& figures) {
  counts.lost += figures.counts.frames.skipped;
  counts.keyframes_asked += figures.counts.plis;
}

}  // namespace

Viewer::Viewer(Loop& loop, ViewOptions options, std::string version, Hooks hooks, const Log& log)
    : loop_(loop),
      options_(std::move(options)),
      version_(std::move(version)),
      hooks_(std::move(hooks)),
      log_(log),
      cname_(std::to_string(random_u32()) + std::to_string(random_u32())),
      make_decoder_(media_decoder(loop, options_.decoder)),
      started_(loop.now()),
      recordings_(loop, options_.record,
                  {[this](const std::string& line) {
                     if (hooks_.say) hooks_.say(line);
                   },
                   [this] { ask_keyframes_of_all(); }},
                  log_),
      snapshots_(loop) {
  sender_ = make_sender();
  life_.since = started_;
  life_.can_restart = sender_->can_restart();
}

std::unique_ptr<Sender> Viewer::make_sender() {
  SenderListener& listener = *this;
  const std::string client = "bigfoot-view/" + version_;
  if (!options_.whep.empty()) {
    WhepSenderOptions whep;
    whep.url = options_.whep;
    whep.token = options_.token;
    whep.client = client;
    whep.on_ice_servers = [this](const std::vector<transport::IceServer>& servers) { told_servers_ = servers; };
    return std::make_unique<WhepSender>(loop_, std::move(whep), listener, log_);
  }
  RobotSenderOptions robot;
  robot.servers = options_.servers;
  robot.robot = options_.robot;
  if (!options_.camera.empty()) robot.cameras.push_back(options_.camera);
  robot.client = client;
  return std::make_unique<RobotSender>(loop_, std::move(robot), listener, log_);
}

Viewer::~Viewer() {
  recordings_.end();
  snapshots_.end();
  screen_.reset();
  address_watch_.reset();
  session_.reset();
  if (spare_) spare_->end();
  for (const auto& [camera, player] : players_) player->end();
  for (const auto& player : leaving_) player->end();
  players_.clear();
}

void Viewer::open_screen() {
  if (options_.headless()) return;
  ScreenListener& listener = *this;
  screen_ =
      std::make_unique<Screen>(loop_,
                               Screen::Settings{options_.display == "auto" ? media::automatic_sink : options_.display,
                                                options_.title(), options_.fullscreen, options_.overlay},
                               listener, log_);
}

Result<> Viewer::start() {
  address_watch_ = std::make_unique<transport::AddressWatch>(
      loop_, options_.ice, [this](const transport::AddressChange& change) { address_changed(change); });
  if (const auto watching = address_watch_->start(); !watching)
    log_.warn("network.not_watched",
              {{"why", watching.error().what}, {"then", "a changed address is noticed by lost consent only"}});
  if (auto started = sender_->start(); !started) return started;
  spare_ = make_player(options_.camera);
  open_screen();
  tell_in_words();
  look_timer_ = loop_.after(Nanos{0}, [this] { look(); });
  tell_timer_ = loop_.every(1s, [this] { tell(); });
  report_timer_ = loop_.every(report_every, [this] { report(); });
  return {};
}

void Viewer::stop() {
  look_timer_.reset();
  tell_timer_.reset();
  report_timer_.reset();
  end_session();
  sender_->stop();
  recordings_.stop();
  if (screen_) screen_->stop();
  if (spare_) spare_->stop();
  for (const auto& [camera, player] : players_) player->stop();
}

void Viewer::apply(const ViewEvent& event) {
  const ViewLife before = life_;
  ViewStep next = step(before, event, loop_.now());
  life_ = std::move(next.life);
  note(before, next.recovered);
  for (const ViewAction action : next.actions) {
    ++remedies_[remedy_of(action, life_)].tried;
    act(action);
  }
}

void Viewer::note(const ViewLife& before, const std::optional<Recovery>& recovered) {
  if (life_.state != before.state)
    log_.info("view.state", {{"state", to_string(life_.state)},
                             {"was", to_string(before.state)},
                             {"ms", to_millis(life_.since - before.since)},
                             {"why", life_.why}});
  if (recovered) count(*recovered, "");
  tell_in_words();
}

/// A path or a session that is being tried is what helped, if anything did.
void Viewer::decoder_recovered(const std::string& camera, Nanos took) {
  if (life_.remedy == Remedy::none) count({Remedy::decoder, took}, camera);
}

/// `camera`: empty where it is all of them.
void Viewer::count(const Recovery& recovered, const std::string& camera) {
  RemedyCount& count = remedies_[recovered.by];
  ++count.recovered;
  count.last_took = recovered.took;
  log_.info("view.recovered",
            {{"camera", camera}, {"by", to_string(recovered.by)}, {"took_ms", to_millis(recovered.took)}});
}

void Viewer::count_try(Remedy remedy, const std::string& camera) {
  ++remedies_[remedy].tried;
  log_.info("view.remedy", {{"camera", camera}, {"tried", to_string(remedy)}});
}

void Viewer::tell_in_words() {
  std::string words = in_words(life_, sender_->where(), options_.title());
  if (words == said_) return;
  said_ = std::move(words);
  if (hooks_.say) hooks_.say(said_);
}

void Viewer::act(ViewAction action) {
  switch (action) {
    case ViewAction::begin_session: return begin_session();
    case ViewAction::end_session: return end_session();
    case ViewAction::new_path:
      if (session_) session_->new_path();
      return;
    case ViewAction::ask_keyframe: return ask_keyframes();
  }
}

void Viewer::begin_session() {
  ++sessions_;
  bytes_before_ = 0;
  SessionOwner& owner = *this;
  // By WHEP one: there are servers that refuse an offer of more than they have.
  const std::size_t tracks = sender_->we_offer() ? 1 : sdp::tracks_max;
  ice_ = options_.ice;
  ice_.servers.insert(ice_.servers.end(), told_servers_.begin(), told_servers_.end());
  session_ = std::make_unique<Session>(SessionContext{loop_, owner, ice_, certificate_, cname_, tracks},
                                       sender_->we_offer(), log_);
  if (const auto started = session_->start(); !started) {
    // Posted: this runs inside apply().
    loop_.post([this, why = started.error().text()] { apply({ViewEventKind::failed, why}); });
    return;
  }
  if (!sender_->we_offer()) sender_->begin({});
}

void Viewer::end_session() {
  sender_->end();
  if (!session_) return;
  for (const auto& [camera, player] : players_)
    if (const auto figures = session_->figures(camera)) add_to(player->stats().counts(), *figures);
  session_->close();
  // Not destroyed here: this may come out of the middle of a call of its own.
  loop_.post([gone = std::shared_ptr<Session>(std::move(session_))] {});
}

void Viewer::check(const Result<>& done) {
  if (!done) apply({ViewEventKind::ended, done.error().text()});
}

void Viewer::on_offer(const std::string& sdp) {
  if (session_) check(session_->on_offer(sdp));
}

void Viewer::on_answer(const std::string& sdp) {
  if (session_) check(session_->on_answer(sdp));
}

void Viewer::on_candidate(const std::string& candidate) {
  if (session_) session_->on_candidate(candidate);
}

void Viewer::session_candidate(const std::string& candidate, std::size_t m_line) {
  sender_->candidate(candidate, m_line);
}

void Viewer::session_described(const std::vector<std::string>& cameras) {
  cameras_.clear();
  for (const std::string& camera : cameras)
    if (!camera.empty()) cameras_.push_back(camera);
  stop_players_of_gone_cameras();
  const bool too_many = leaving_.size() > leaving_max;
  if (too_many) cameras_.clear();
  for (const std::string& camera : cameras_)
    if (!players_.contains(camera)) players_.emplace(camera, next_player(camera));
  if (screen_) screen_->set_cameras(cameras_);
  if (too_many) return apply({ViewEventKind::ended, "it names other cameras again and again"});
  if (life_.state == ViewState::offer)
    for (const auto& [camera, player] : players_) {
      player->begin_session();
      recordings_.gap(camera);
    }
  apply({ViewEventKind::offered});
}

void Viewer::stop_players_of_gone_cameras() {
  for (auto each = players_.begin(); each != players_.end();) {
    const auto& [camera, player] = *each;
    if (std::find(cameras_.begin(), cameras_.end(), camera) != cameras_.end()) {
      ++each;
      continue;
    }
    recordings_.gap(camera);
    player->stop();
    leaving_.push_back(std::move(each->second));
    each = players_.erase(each);
  }
}

std::unique_ptr<Player> Viewer::next_player(const std::string& camera) {
  if (!spare_) return make_player(camera);
  spare_->name(camera);
  return std::move(spare_);
}

std::unique_ptr<Player> Viewer::make_player(const std::string& camera) {
  PlayerOwner& owner = *this;
  auto player = std::make_unique<Player>(loop_, camera, options_.smooth, make_decoder_, owner, log_);
  if (options_.measure && options_.json) player->measure();
  player->start();
  return player;
}

void Viewer::session_path(const transport::PathInfo& path) {
  log_.info("view.path", {{"local", path.local},
                          {"local_type", path.local_type},
                          {"remote", path.remote},
                          {"remote_type", path.remote_type},
                          {"generation", path.generation}});
  // Noticed here before consent ran out: the transport was connected all the time.
  if (life_.state == ViewState::recovering) apply({ViewEventKind::connected});
}

void Viewer::session_frame(const std::string& camera, Frame frame) {
  if (const auto player = players_.find(camera); player != players_.end()) player->second->on_frame(frame);
}

void Viewer::need_keyframe(const std::string& camera) {
  if (session_) session_->need_keyframe(camera);
}

std::optional<latency::ClockEstimate> Viewer::sender_clock(const std::string& camera) const {
  return session_ ? session_->sender_clock(camera) : std::nullopt;
}

void Viewer::show(const std::string& camera, const media::DecodedPicture& picture) {
  if (screen_)
    screen_->show(camera, picture);
  else
    screen_shown(camera, picture.id, loop_.now());
}

void Viewer::screen_shown(const std::string& camera, std::uint64_t id, Timestamp at) {
  const auto player = players_.find(camera);
  if (player == players_.end()) return;
  player->second->shown(id, at);
  if (first_picture_) return;
  first_picture_ = at - started_;
  log_.info("view.first_picture", {{"camera", camera}, {"ms", to_millis(*first_picture_)}});
}

void Viewer::screen_quit() {
  if (hooks_.end) hooks_.end(0);
}

void Viewer::screen_fault(const Error& error) {
  log_.warn("display.fault", {{"what", error.what}, {"fix", error.fix}});
}

void Viewer::screen_gone(const Error& why) {
  screen_says(why.text());
  if (hooks_.end) hooks_.end(exit_no_display);
}

void Viewer::screen_says(const std::string& line) {
  if (hooks_.say) hooks_.say(line);
}

void Viewer::screen_snapshot(const std::string& camera, media::ImagePtr image) {
  const std::string file =
      media::snapshot_name(options_.robot.empty() ? "whep" : options_.robot, camera, loop_.clock().wall());
  snapshots_.take(std::move(image), file, [this](const std::string& written, const Result<>& done) {
    if (hooks_.say) hooks_.say(done ? "snapshot: " + written : "no snapshot: " + done.error().text());
  });
}

void Viewer::tell_screen() {
  if (!screen_) return;
  const Timestamp now = loop_.now();
  if (cameras_.empty())
    return screen_->set_notice(options_.title(), notice_of(life_, said_, options_.title(), std::nullopt, now));
  for (const std::string& camera : cameras_) {
    const Freeze& freeze = players_.at(camera)->freeze();
    const auto age = freeze.seen() ? std::optional(freeze.age(now)) : std::nullopt;
    auto notice = notice_of(life_, said_, options_.title(), age, now);
    screen_->set_notice(camera, std::move(notice));
  }
}

void Viewer::decoder_fault(const std::string& camera, const Error& error) {
  log_.warn("decoder.fault", {{"camera", camera}, {"what", error.what}, {"fix", error.fix}});
}

void Viewer::no_decoder(const Error& why) {
  if (first_picture_) return;
  if (hooks_.say) hooks_.say(why.text());
  if (hooks_.end) hooks_.end(exit_no_decoder);
}

void Viewer::received(const std::string& camera, const h264::AccessUnit& unit, std::int64_t) {
  recordings_.feed(camera, cameras_.size(), unit);
}

void Viewer::ask_keyframes_of_all() {
  if (!session_) return;
  for (const std::string& camera : cameras_) session_->ask_keyframe(camera);
}

void Viewer::ask_keyframes() {
  if (!session_) return;
  for (const std::string& camera : cameras_)
    if (!players_.at(camera)->fresh(loop_.now())) ask_keyframe(camera);
}

void Viewer::ask_keyframe(const std::string& camera) {
  players_.at(camera)->fed() ? session_->need_keyframe(camera) : session_->ask_keyframe(camera);
}

bool Viewer::treat_cameras() {
  const bool stands =
      life_.state == ViewState::first_picture || life_.state == ViewState::live || life_.state == ViewState::frozen;
  if (!session_ || !stands || (screen_ && screen_->lost())) return false;
  bool stuck = false;
  for (const std::string& camera : cameras_) {
    const CameraStep next = players_.at(camera)->treat();
    if (next.tried != Remedy::none) count_try(next.tried, camera);
    if (next.tried == Remedy::keyframe) ask_keyframe(camera);
    // Where the way was lost, too, the recovery is owed to that.
    if (next.recovered && life_.remedy == Remedy::none) count(*next.recovered, camera);
    stuck |= next.stuck;
  }
  return stuck;
}

void Viewer::address_changed(const transport::AddressChange& change) {
  log_.info("network.changed", {{"added", change.added.size()},
                                {"removed", change.removed.size()},
                                {"default_route", change.routed.empty() ? "" : change.routed.front()}});
  // First signaling: what is said below must not go into the socket of an address that is gone.
  sender_->network_changed();
  if (!session_ || !session_->path() || !sender_->can_restart()) return;
  const std::string base = session_->path()->base;
  const bool gone = std::any_of(change.removed.begin(), change.removed.end(),
                                [&](const transport::LocalAddress& local) { return local.address == base; });
  if (gone) return apply({ViewEventKind::disconnected, {}, sight()});
  const bool unrouted = std::find(change.unrouted.begin(), change.unrouted.end(), base) != change.unrouted.end();
  if (unrouted || !change.added.empty() || !change.routed.empty()) session_->new_path();
}

Sight Viewer::sight() const {
  const Timestamp now = loop_.now();
  Sight sight{.age = now - started_, .arrived = now - started_};
  for (const std::string& camera : cameras_) {
    const Player& player = *players_.at(camera);
    sight.fresh |= player.fresh(now);
    sight.age = std::min(sight.age, player.freeze().age(now));
    sight.arrived = std::min(sight.arrived, player.arrived(now));
  }
  sight.silent = session_ && session_->silence() > (sender_->can_restart() ? silence_max : silence_of_others_max);
  return sight;
}

void Viewer::look() {
  if (session_) session_->look();
  if (spare_) spare_->watch();
  std::erase_if(leaving_, [](const auto& player) { return player->stopped(); });
  for (const auto& [camera, player] : players_) player->watch();
  const bool stuck = treat_cameras();
  Sight seen = sight();
  seen.stuck = stuck;
  apply({ViewEventKind::look, {}, seen});
  tell_screen();
  if (look_timer_) look_timer_ = loop_.after(next_look(), [this] { look(); });  // else it was stopped meanwhile
}

/// Nobody has to look often at pictures that come: the next look is when one of them would be frozen.
Nanos Viewer::next_look() const {
  if (life_.state != ViewState::live) return look_every;
  Nanos next = look_when_live;
  for (const std::string& camera : cameras_) {
    const Player& player = *players_.at(camera);
    if (!player.fresh(loop_.now())) return look_every;
    next = std::min(next, Freeze::frozen_after - player.freeze().age(loop_.now()));
  }
  return next;
}

void Viewer::tell() {
  const ViewSecond now = second();
  if (options_.json && hooks_.stats) tell_json(now);
  if (screen_) screen_->set_figures(now);
}

void Viewer::tell_json(const ViewSecond& now) {
  const std::uint64_t dropped = hooks_.stats(json_line(now));
  if (std::exchange(lines_dropped_, dropped) == 0 && dropped > 0)
    log_.warn("json.dropped",
              {{"why", "nobody reads the lines of --json"}, {"then", "they say in lines_dropped how many went"}});
}

ViewSecond Viewer::second() {
  const Timestamp now = loop_.now();
  ViewSecond second;
  second.at = loop_.clock().wall();
  second.title = options_.title();
  second.state = life_.state;
  second.in_state = now - life_.since;
  second.words = said_;
  second.first_picture = first_picture_;
  second.sessions = sessions_;
  second.lines_dropped = lines_dropped_;
  second.remedies = remedies_;
  if (session_) {
    second.path = session_->path();
    second.rtt = session_->rtt();
    const std::uint64_t bytes = session_->bytes_received();
    if (told_ && now > *told_)
      second.received.bps = static_cast<std::int64_t>(static_cast<double>(bytes - std::exchange(bytes_before_, bytes)) *
                                                      8 / to_seconds(now - *told_));
  }
  told_ = now;
  for (const auto& [camera, player] : players_) {
    CameraSecond each = player->second(now);
    const auto figures = session_ ? session_->figures(camera) : std::nullopt;
    if (figures) {
      each.loss_ratio = figures->loss_ratio;
      each.sender = session_->sender_stages(camera);
      add_to(each.counts, *figures);
    }
    if (const auto clock = sender_clock(camera)) {
      second.clock_error = clock->error;
      second.clock_estimated = clock->estimated;
    }
    second.cameras.push_back(std::move(each));
  }
  return second;
}

void Viewer::report() {
  for (const std::string& camera : cameras_) {
    Player& player = *players_.at(camera);
    if (!player.fresh(loop_.now())) continue;
    const auto stages = session_ ? session_->sender_stages(camera) : std::nullopt;
    if (const auto report = player.reports().take(stages)) sender_->report(camera, *report);
  }
}

}  // namespace bigfoot::view
