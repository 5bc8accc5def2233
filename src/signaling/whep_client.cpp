#include "signaling/whep_client.hpp"

#include <algorithm>
#include <cctype>
#include <deque>
#include <list>
#include <utility>

#include "signaling/http_call.hpp"
#include "signaling/link.hpp"
#include "signaling/socket.hpp"
#include "signaling/url.hpp"
#include "signaling/whep_refusal.hpp"

namespace bigfoot::signaling {
namespace {

constexpr const char* sdp_type = "application/sdp";
constexpr const char* fragment_type = "application/trickle-ice-sdpfrag";
constexpr int redirects_max = 4;
constexpr int patch_tries_max = 3;
constexpr Nanos patch_pause_least = 250ms;  // a server under load may say Retry-After: 0
constexpr std::size_t farewells_max = 4;

bool is_redirect(unsigned status) { return status == 307 || status == 308; }

/// RFC 6750 2.1: what a Bearer token is made of. Anything else could end the header.
bool is_token(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~' || c == '+' || c == '/' || c == '=';
  });
}

std::vector<IceLink> ice_links_of(const HttpReply& reply) {
  std::vector<IceLink> links;
  for (const auto value : reply.all("Link"))
    for (auto& link : parse_ice_links(value, ice_links_max - links.size())) links.push_back(std::move(link));
  return links;
}

/// An offer that is under way. One that nobody waits for any more still has to be told goodbye when it is answered.
struct Post {
  std::unique_ptr<HttpCall> call;
  bool wanted = true;
};

/// `reach_max`: what the user named may be anywhere, what a server names only where that server could lead.
struct Place {
  std::string url;
  Reach reach_max = Reach::machine;
};

struct Patch {
  std::string sdpfrag;
  int tries = 0;
};

}  // namespace

struct WhepClient::Impl {
  Impl(Loop& its_loop, WhepOptions its_options, WhepListener& its_listener, Log its_log)
      : loop(its_loop), options(std::move(its_options)), listener(its_listener), log(std::move(its_log)) {}

  // borrowed
  Loop& loop;
  const WhepOptions options;
  WhepListener& listener;
  Log log;
  // owned
  GRef<SoupSession> soup = make_soup_session(options.user_agent);
  std::unique_ptr<HttpCall> asking, patching;
  std::list<Post> posts;  // the last one may be wanted
  std::list<std::unique_ptr<HttpCall>> farewells;
  Subscription again;
  // state
  Place session;
  std::string etag;
  bool trickles = false;
  std::deque<Patch> waiting;

  HttpAsk to(const std::string& method, const Place& place) const {
    HttpAsk ask{method, place.url};
    ask.reach_max = place.reach_max;
    if (!options.token.empty() && same_origin(place.url, options.url))
      ask.headers.emplace_back("Authorization", "Bearer " + options.token);
    return ask;
  }

  void asked_ice_servers(const Result<HttpReply>& reply) const {
    if (!reply) return listener.on_ice_servers(tl::unexpected(not_reached(options.url, reply.error()).error));
    listener.on_ice_servers(reply->status < 300 ? ice_links_of(*reply) : std::vector<IceLink>{});
  }

  // --- the offer
  void post(const Place& to_whom, std::string sdp, int redirects) {
    HttpAsk ask = to("POST", to_whom);
    ask.headers.emplace_back("Accept", sdp_type);
    ask.content_type = sdp_type;
    ask.body = std::move(sdp);
    Post* place = &posts.emplace_back();
    place->call =
        std::make_unique<HttpCall>(loop, soup.get(), ask, options.answer_max,
                                   [this, place, to_whom, sdp = ask.body, redirects](const Result<HttpReply>& reply) {
                                     const auto call = std::move(place->call);
                                     const bool wanted = place->wanted;
                                     posts.remove_if([&](const Post& each) { return &each == place; });
                                     if (wanted)
                                       posted(to_whom, sdp, redirects, reply);
                                     else if (reply && reply->status == 201)
                                       leave(session_of(to_whom, *reply));
                                   });
  }
  bool posting() const { return !posts.empty() && posts.back().wanted; }
  void posted(const Place& from, const std::string& sdp, int redirects, const Result<HttpReply>& reply) {
    if (!reply) return refuse(not_reached(from.url, reply.error()));
    if (is_redirect(reply->status)) {
      const auto next = resolve_url(from.url, std::string(reply->header("Location")));
      if (!next || redirects == redirects_max) return refuse(bad_redirect(next));
      return post({*next, reach_from(from, *reply)}, sdp, redirects + 1);
    }
    if (reply->status != 201 && reply->status != 200) return refuse(whep_refusal(*reply, from.url));
    if (reply->body.empty()) return refuse(whep_no_answer(from.url));
    begin(from, *reply);
  }
  Reach reach_from(const Place& from, const HttpReply& reply) const {
    return std::min({from.reach_max, reply.reach, options.leads_max});
  }
  Place session_of(const Place& from, const HttpReply& reply) const {
    const std::string location(reply.header("Location"));
    const auto url = resolve_url(from.url, location);
    return {location.empty() || !url ? "" : *url, reach_from(from, reply)};
  }
  void begin(const Place& from, const HttpReply& reply) {
    session = session_of(from, reply);
    if (session.url.empty()) log.warn("whep.no_session_url", {{"url", from.url}});  // neither PATCH nor DELETE then
    etag = reply.header("ETag");
    trickles = !session.url.empty() && (!etag.empty() || !reply.header("Accept-Patch").empty());
    if (!trickles) waiting.clear();
    WhepAnswer answer{reply.body, ice_links_of(reply), trickles};
    patch_next();
    listener.on_answer(answer);
  }
  void refuse(const WhepRefusal& refusal) {
    waiting.clear();
    listener.on_refused(refusal);
  }

  // --- fragments, one under way at a time: they have an order
  void patch_next() {
    if (patching || again || waiting.empty() || session.url.empty()) return;
    HttpAsk ask = to("PATCH", session);
    if (!etag.empty()) ask.headers.emplace_back("If-Match", etag);  // RFC 9725 4.3: it names the ICE generation
    ask.content_type = fragment_type;
    ask.body = waiting.front().sdpfrag;
    patching = std::make_unique<HttpCall>(loop, soup.get(), ask, options.request_max,
                                          [this](const Result<HttpReply>& reply) { patched(reply); });
  }
  void patched(const Result<HttpReply>& reply) {
    const auto call = std::move(patching);
    const unsigned status = reply ? reply->status : 0;
    if (!reply && reply.error().next == Next::give_up) return leads_inside(reply.error());
    if (status == 404 || status == 410) return forget_session("the WHEP server does not know the session any more");
    if (status == 200 || status == 204) return taken(*reply);
    if (status == 0 || status == 429 || status == 503) {
      if (++waiting.front().tries < patch_tries_max) {
        const Nanos pause = reply ? retry_after_of(*reply).value_or(1s) : 1s;
        again = loop.after(std::max(pause, patch_pause_least), [this] {
          again.reset();
          patch_next();
        });
        return;
      }
    }
    not_taken(reply ? "the WHEP server answered " + std::to_string(status) : reply.error().what, status);
  }
  void taken(const HttpReply& reply) {
    waiting.pop_front();
    if (!reply.header("ETag").empty()) etag = reply.header("ETag");
    patch_next();
  }
  void not_taken(const std::string& why, unsigned status) {
    log.debug("whep.patch_refused", {{"why", why}});
    waiting.pop_front();
    if (status == 405 || status == 501) {
      trickles = false;
      waiting.clear();
    }
    patch_next();
  }
  void forget_session(const std::string& why) {
    clear();
    listener.on_ended(why);
  }
  /// The session goes on, as one whose URL nobody said.
  void leads_inside(const Error& why) {
    log_inside(why);
    clear();
  }
  void log_inside(const Error& why) { log.warn("whep.session_url_refused", {{"why", why.what}, {"fix", why.fix}}); }

  void add(Patch patch) {
    if (waiting.size() == waiting_max) waiting.erase(waiting.begin() + (patching ? 1 : 0));
    waiting.push_back(std::move(patch));
    patch_next();
  }

  // --- the end
  void clear() {
    again.reset();
    patching.reset();
    waiting.clear();
    session = {};
    etag.clear();
    trickles = false;
  }
  void leave(const Place& its_session) {
    if (its_session.url.empty()) return;
    if (farewells.size() == farewells_max) farewells.pop_front();
    auto& place = farewells.emplace_back();
    place = std::make_unique<HttpCall>(loop, soup.get(), to("DELETE", its_session), options.farewell_max,
                                       [this, mine = &place](const Result<HttpReply>& reply) {
                                         const auto call = std::move(*mine);
                                         std::erase(farewells, nullptr);
                                         if (!reply && reply.error().next == Next::give_up) log_inside(reply.error());
                                       });
  }
};

WhepClient::WhepClient(Loop& loop, WhepOptions options, WhepListener& listener, Log log)
    : impl_(std::make_unique<Impl>(loop, std::move(options), listener, std::move(log))) {}

WhepClient::~WhepClient() = default;

Result<> WhepClient::check() const {
  const auto url = parse_whep_url(impl_->options.url);
  if (!url) return tl::unexpected(url.error());
  if (!is_token(impl_->options.token))
    return fail("the WHEP token holds a character that none has", "give it without quotes, blanks and line ends");
  if (url->starts_with("https:") && !tls_available())
    return fail("https needs TLS, which GLib does not find here", "apt install glib-networking");
  return {};
}

void WhepClient::ask_ice_servers() {
  impl_->asking =
      std::make_unique<HttpCall>(impl_->loop, impl_->soup.get(), impl_->to("OPTIONS", {impl_->options.url}),
                                 impl_->options.request_max, [impl = impl_.get()](const Result<HttpReply>& reply) {
                                   const auto call = std::move(impl->asking);
                                   impl->asked_ice_servers(reply);
                                 });
}

void WhepClient::offer(std::string sdp) {
  end();
  impl_->post({impl_->options.url}, std::move(sdp), 0);
}

void WhepClient::trickle(std::string sdpfrag) {
  if (impl_->posting() || impl_->trickles) impl_->add({std::move(sdpfrag)});
}

void WhepClient::end() {
  const Place session = impl_->session;
  impl_->clear();
  impl_->leave(session);
  for (Post& post : impl_->posts) post.wanted = false;
  if (impl_->posts.size() > farewells_max) impl_->posts.pop_front();
}

std::string WhepClient::session_url() const { return impl_->session.url; }

}  // namespace bigfoot::signaling
