// Peers that come, go, talk, resume and lie at random; what must hold whatever they do.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <set>

#include "protocol/codec.hpp"
#include "server/rooms.hpp"

namespace bigfoot::server {
namespace {

using namespace protocol;

class Crowd {
 public:
  explicit Crowd(std::uint32_t seed)
      : random_(seed),
        rooms_(limits(), ResumeTokens(Bytes(32, 3)), [this] { return "s" + std::to_string(++sessions_made_); }) {
    rooms_.refuse_for_busy([this](const std::string& peer) { return busy_.contains(peer); });
  }

  void step() {
    clock_.advance(std::chrono::milliseconds(pick(3000)));
    const int what = pick(20);
    if (what < 3 || peers_.empty()) return come();
    const std::string peer = any(peers_);
    if (pick(8) == 0 && busy_.erase(peer) == 0) busy_.insert(peer);
    if (what == 3) return go(peer);
    if (what == 4) return check(rooms_.tick(now()));
    const FromPeer message = say(peer);
    const Actions actions = rooms_.receive(peer, message, now());
    check(actions);
    if (const auto* status = std::get_if<SetPeerStatus>(&message); status && !refused(actions)) accepted(peer, *status);
  }
  /// Who listens has heard of everybody's last change when it has read all.
  void everybody_has_read() {
    busy_.clear();
    for (int i = 0; i < 5; ++i) check(rooms_.tick(now()));
    for (const auto& [listener, told] : heard_)
      for (const auto& [about, part] : told) EXPECT_EQ(part, parts_[about]) << listener << " about " << about;
  }
  void everybody_leaves() {
    while (!peers_.empty()) go(std::string(*peers_.begin()));
    clock_.advance(16min);
    check(rooms_.tick(now()));
  }
  const Rooms& rooms() const { return rooms_; }
  std::size_t sessions_made() const { return static_cast<std::size_t>(sessions_made_); }
  std::size_t resumed() const { return resumed_; }
  std::size_t news() const { return news_; }

 private:
  static RoomLimits limits() {
    RoomLimits limits;
    limits.sessions_per_consumer = 4;
    limits.sessions_per_producer = 6;
    limits.pending.messages = 3;
    limits.robots_remembered = 5;
    return limits;
  }
  int pick(int below) { return std::uniform_int_distribution<int>(0, below - 1)(random_); }
  std::string any(const std::set<std::string>& from) {
    return *std::next(from.begin(), pick(static_cast<int>(from.size())));
  }
  std::string some_session() { return "s" + std::to_string(1 + pick(std::max(1, sessions_made_ + 1))); }
  Now now() const { return {clock_.now(), clock_.wall()}; }

  void come() {
    const std::string peer = "p" + std::to_string(++peers_made_);
    peers_.insert(peer);
    if (pick(6) == 0)
      rooms_.join_virtual(peer);
    else
      check(rooms_.join(peer));
  }
  void go(const std::string& peer) {  // none of peers_: it is erased there
    gone(peer);
    check(rooms_.leave(peer, now()));
  }

  /// What listeners hear about: producer, consumer or neither.
  using Part = std::pair<bool, bool>;
  static Part part_of(const PeerStatus& status) { return {status.has(Role::producer), status.has(Role::consumer)}; }
  static bool refused(const Actions& actions) {
    return std::any_of(actions.begin(), actions.end(), [](const Action& action) {
      const auto* sent = std::get_if<Send>(&action);
      const auto* error = sent ? std::get_if<ErrorMessage>(&sent->message) : nullptr;
      return error && error->code == "too-many-changes";
    });
  }
  void accepted(const std::string& peer, const SetPeerStatus& status) {
    parts_[peer] = part_of(status);
    if (!status.has(Role::listener)) heard_.erase(peer);
  }
  bool gone(const std::string& peer) {
    parts_.erase(peer);
    heard_.erase(peer);
    return peers_.erase(peer) > 0;
  }

  FromPeer say(const std::string& self) {
    switch (pick(8)) {
      case 0:
      case 1: return status();
      case 2:
        return StartSession{
            pick(2) ? any(peers_) : robot(), {}, {}, {}, pick(2) ? std::optional<std::string>("x") : std::nullopt, {}};
      case 3: return EndSession{some_session(), "over", true};
      case 4: return pick(4) ? FromPeer(List{}) : FromPeer(ListConsumers{});
      case 5: return SetProtocolVersion{pick(2) == 0};
      default: return PeerMessage{session_of(self), content()};
    }
  }
  std::string robot() { return "robot" + std::to_string(pick(8)); }
  std::string session_of(const std::string& self) {
    const auto& mine = seen_[self];
    return mine.empty() || pick(5) == 0 ? some_session() : any(mine);
  }
  FromPeer status() {
    static const std::array<std::vector<Role>, 5> roles{
        {{Role::producer}, {Role::listener}, {Role::consumer}, {Role::producer, Role::listener}, {}}};
    SetPeerStatus status;
    status.roles = roles[static_cast<std::size_t>(pick(5))];
    status.meta = pick(2) ? protocol::make_meta(pick(5) ? robot() : "", {}, "1") : protocol::name_only(robot());
    for (int i = pick(4); i > 0 && !tokens_.empty(); --i)
      status.resume.push_back(tokens_[static_cast<std::size_t>(pick(static_cast<int>(tokens_.size())))]);
    return status;
  }
  decltype(PeerMessage::content) content() {
    switch (pick(6)) {
      case 0: return Sdp{pick(2) ? Sdp::Type::offer : Sdp::Type::answer, "v=0"};
      case 1: return IceCandidate{"candidate:1", 0};
      case 2: return RestartIce{};
      case 3: return ViewerReport{"front", 41ms, pick(2) == 0};
      case 4: return Watch{pick(2) ? std::vector<std::string>{"front"} : std::vector<std::string>{}};
      default: return Fragment{"1", "a", {}};
    }
  }

  void check(const Actions& actions) {
    std::set<std::string> closed;
    for (const Action& action : actions) {
      if (const auto* close = std::get_if<Close>(&action)) {
        EXPECT_TRUE(gone(close->peer)) << "a peer that is not there was closed";
        closed.insert(close->peer);
        continue;
      }
      const Send& sent = std::get<Send>(action);
      EXPECT_TRUE(peers_.contains(sent.peer) || closed.contains(sent.peer)) << sent.peer << " is not there";
      std::visit([&](const auto& message) { follow(sent.peer, message); }, sent.message);
    }
  }
  /// Each peer hears of a session first, then of what is said in it, and nothing after its end.
  void follow(const std::string& peer, const SessionStarted& m) {
    EXPECT_TRUE(seen_[peer].insert(m.session_id).second);
    if (m.resume_token) tokens_.push_back(*m.resume_token);
  }
  void follow(const std::string& peer, const StartSession& m) {
    EXPECT_TRUE(seen_[peer].insert(*m.session_id).second);
    if (m.resume_token) tokens_.push_back(*m.resume_token);
  }
  void follow(const std::string& peer, const SessionResumed& m) {
    ++resumed_;
    seen_[peer].insert(m.session_id);
  }
  void follow(const std::string& peer, const PeerMessage& m) {
    EXPECT_TRUE(seen_[peer].contains(m.session_id)) << peer << " hears " << m.session_id;
  }
  void follow(const std::string& peer, const EndSession& m) { seen_[peer].erase(m.session_id); }
  void follow(const std::string& peer, const PeerStatusChanged& m) {
    EXPECT_TRUE(!busy_.contains(peer) || *m.peer_id == peer) << "a busy listener was sent what others do";
    heard_[peer][*m.peer_id] = part_of(m);
    ++news_;
  }
  void follow(const std::string&, const auto&) {}

  std::mt19937 random_;
  FakeClock clock_;
  int sessions_made_ = 0;
  int peers_made_ = 0;
  std::size_t resumed_ = 0;
  std::set<std::string> peers_;
  std::set<std::string> busy_;
  std::size_t news_ = 0;
  std::map<std::string, std::map<std::string, Part>> heard_;  ///< by listener, then by whom it is about
  std::map<std::string, Part> parts_;
  std::map<std::string, std::set<std::string>> seen_;
  std::vector<std::string> tokens_;
  Rooms rooms_;
};

TEST(RoomsAtRandom, NobodyHearsOfSessionsThatAreNotTheirsAndNothingIsLeft) {
  std::size_t sessions = 0;
  std::size_t resumed = 0;
  std::size_t news = 0;
  for (std::uint32_t seed = 1; seed <= 40 && !::testing::Test::HasFailure(); ++seed) {
    Crowd crowd(seed);
    for (int i = 0; i < 1500; ++i) crowd.step();
    EXPECT_LE(crowd.rooms().fleet().robots().size(), 5U + 40U);
    crowd.everybody_has_read();
    crowd.everybody_leaves();
    EXPECT_EQ(crowd.rooms().sessions(), 0U) << "seed " << seed;
    sessions += crowd.sessions_made();
    resumed += crowd.resumed();
    news += crowd.news();
  }
  EXPECT_GT(sessions, 500U);  // the crowd does meet
  EXPECT_GT(resumed, 100U);
  EXPECT_GT(news, 1000U);
}

}  // namespace
}  // namespace bigfoot::server
