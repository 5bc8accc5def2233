#include "media/display.hpp"

#include <utility>

#include "media/x11_window.hpp"

namespace bigfoot::media {
namespace {

/// None is long: an X server that is started anew is back within seconds.
constexpr PartRunner::Pauses pauses{200ms, 1s, 1s, 1s};
constexpr Nanos fullscreen_at_most = 5s;

/// As X's and GL's sinks say it.
bool is_closed_window(const Error& error) { return error.what.find("indow was closed") != std::string::npos; }

/// X11's number of the window that a sink made for itself; 0: the message is another.
std::uint64_t window_in(GstMessage& message) {
  const GstStructure* words = gst_message_get_structure(&message);
  guint64 handle = 0;
  if (GST_MESSAGE_TYPE(&message) != GST_MESSAGE_ELEMENT || !words ||
      !gst_structure_has_name(words, "have-window-handle") ||
      !gst_structure_get_uint64(words, "window-handle", &handle))
    return 0;
  return handle;
}

}  // namespace

/// What streaming threads post comes to nothing once the display is gone, or its generation.
struct Display::Hand {
  Hand(Loop& loop, Display& display) : alive(std::make_shared<Display*>(&display)) {
    outlet = std::make_shared<SeenOutlet>([&loop, weak = std::weak_ptr(alive)](const Seen& seen) {
      loop.post([weak, seen] {
        if (const auto self = weak.lock()) (*self)->seen(seen);
      });
    });
  }
  ~Hand() { outlet->close(); }
  Hand(const Hand&) = delete;
  Hand& operator=(const Hand&) = delete;

  const std::shared_ptr<Display*> alive;
  std::shared_ptr<SeenOutlet> outlet;
};

Display::Display(Loop& loop, Settings settings, DisplayListener& listener, Log log)
    : loop_(loop),
      settings_(std::move(settings)),
      listener_(listener),
      log_(std::move(log)),
      stage_(std::make_shared<Stage>(settings_.cameras)),
      runner_(loop, *this, pauses) {}

Display::~Display() { end(); }

void Display::start() {
  if (none()) return;
  x11_loss_.emplace(loop_, [this] { lose_x11(); });
  runner_.start();
}

void Display::stop() {
  hand_.reset();
  runner_.stop();
}

void Display::end() {
  x11_loss_.reset();
  hand_.reset();
  runner_.end();
}

void Display::show(std::size_t camera, ImagePtr image, std::uint64_t id) {
  if (!none()) stage_->set_picture(camera, std::move(image), id);
}

void Display::set_notice(std::size_t camera, std::optional<Notice> notice) {
  if (!none()) stage_->set_notice(camera, std::move(notice));
}

void Display::set_overlay(std::size_t camera, std::vector<OverlayLine> lines) {
  if (!none()) stage_->set_overlay(camera, std::move(lines));
}

void Display::set_title(const std::string& title) {
  if (title == settings_.title) return;
  settings_.title = title;
  if (showing_) showing_->set_title(title);
}

void Display::set_fullscreen(bool fullscreen) {
  if (fullscreen == settings_.fullscreen) return;
  settings_.fullscreen = fullscreen;
  apply_fullscreen();
}

PartListener::Open Display::how_to_open() {
  opening_ = std::make_shared<std::shared_ptr<Showing>>();
  hand_ = std::make_shared<Hand>(loop_, *this);
  window_ = 0;
  return [opened = opening_, sink = settings_.sink, title = settings_.title,
          links = Showing::Links{stage_, hand_->outlet}]() -> Result<std::shared_ptr<Part>> {
    if (auto started = gst::start(); !started) return tl::unexpected(started.error());
    auto showing = Showing::open(sink, links, title);
    if (!showing) return tl::unexpected(showing.error());
    *opened = *showing;
    return *showing;
  };
}

void Display::on_open() {
  showing_ = std::move(*opening_);
  log_.info("display.open", {{"display", showing_->element()}});
  if (settings_.fullscreen) apply_fullscreen();
  listener_.on_display_open();
}

void Display::on_closing() {
  hand_.reset();
  showing_.reset();
}

void Display::on_fault(Error error, bool in_use) {
  if (in_use && is_closed_window(error)) {
    runner_.stop();
    return listener_.on_window_closed();
  }
  listener_.on_display_fault(error, runner_.pause());
}

/// Its sink hangs from here on.
void Display::lose_x11() {
  if (runner_.open()) runner_.fail({"the connection to the X server broke", {}, Next::restart_pipeline});
}

void Display::on_message(GstMessage& message) {
  const std::uint64_t window = window_in(message);
  if (window == 0) return;
  window_ = window;
  if (settings_.fullscreen) apply_fullscreen();
}

void Display::seen(const Seen& seen) {
  for (const Seen::Picture& picture : seen.pictures) listener_.on_shown(picture.tile, picture.id, seen.at);
  if (!seen.key.empty()) listener_.on_key(seen.key);
}

/// By the sink's own property, else by asking X's window manager; that window comes with the first picture.
void Display::apply_fullscreen() {
  if (!showing_) return;
  const auto answer = std::make_shared<Result<>>();
  runner_.run(
      "making it full screen", fullscreen_at_most,
      [showing = showing_, window = window_, wanted = settings_.fullscreen, answer] {
        if (showing->set_fullscreen(wanted) || (window == 0 && showing->has_x11_window())) return;
        if (window == 0 || !showing->has_x11_window())
          *answer = fail(showing->element() + " cannot fill the screen",
                         "xvimagesink, ximagesink and waylandsink can: --display names one");
        else
          *answer = set_x11_fullscreen(window, wanted);
      },
      [this, answer] {
        if (*answer) return;
        log_.warn("display.not_fullscreen", {{"why", answer->error().what}, {"fix", answer->error().fix}});
        listener_.on_fullscreen_refused(answer->error());
      });
}

}  // namespace bigfoot::media
