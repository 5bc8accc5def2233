#include "media/showing.hpp"

#include <utility>

#include <gst/app/gstappsrc.h>
#include <gst/base/gstbasesink.h>
#include <gst/video/navigation.h>

#include "media/gst/bus.hpp"
#include "media/video_sinks.hpp"

namespace bigfoot::media {
namespace {

// Nothing waits in appsrc: it asks for a picture when the sink is done with the one before.
constexpr const char* in_text =
    "appsrc name=in is-live=true format=time max-bytes=0 max-time=0 max-buffers=1 ! videoconvert ! ";

constexpr Nanos looks_apart = 500ms, rarely = 1h;

void set_if_there(GstElement* element, const char* property, const char* value) {
  if (g_object_class_find_property(G_OBJECT_GET_CLASS(element), property))
    gst_util_set_object_arg(G_OBJECT(element), property, value);
}

/// The element that shows the pictures, in whatever bin it is.
gst::Handle<GstElement> real_sink(GstElement* sink) {
  if (!GST_IS_BIN(sink)) return gst::share(sink);
  gst::Handle<GstElement> found;
  GstIterator* sinks = gst_bin_iterate_sinks(GST_BIN(sink));
  GValue item = G_VALUE_INIT;
  if (gst_iterator_next(sinks, &item) == GST_ITERATOR_OK) found = real_sink(GST_ELEMENT(g_value_get_object(&item)));
  g_value_unset(&item);
  gst_iterator_free(sinks);
  return found;
}

std::string factory_of(GstElement* element) {
  const GstElementFactory* factory = element ? gst_element_get_factory(element) : nullptr;
  return factory ? GST_OBJECT_NAME(factory) : "";
}

}  // namespace

Result<std::shared_ptr<Showing>> Showing::open(const std::string& sink, Links links, const std::string& title) {
  std::shared_ptr<Showing> showing(new Showing(std::move(links)));
  if (auto built = showing->build(sink); !built) return tl::unexpected(built.error());
  if (auto ready = showing->make_ready(sink); !ready) return tl::unexpected(ready.error());
  if (showing->links_.outlet->closed()) return fail("nobody wants it any more");
  if (!title.empty()) showing->set_title(title);
  showing->window_ = showing->links_.stage->open();
  if (auto playing = showing->pipeline_.play(no_display("it does not start")); !playing)
    return tl::unexpected(playing.error());
  return showing;
}

Showing::~Showing() { close(); }

Result<> Showing::build(const std::string& sink) {
  auto bin = gst::parse_bin(in_text + sink + " name=sink", gst::Open::none);
  if (!bin) return tl::unexpected(no_display(bin.error().what));
  in_ = gst::find(bin->get(), "in");
  sink_ = gst::find(bin->get(), "sink");
  GstAppSrcCallbacks callbacks{};
  callbacks.need_data = [](GstAppSrc*, guint, gpointer self) { static_cast<Showing*>(self)->pass_on(); };
  gst_app_src_set_callbacks(GST_APP_SRC(in_.get()), &callbacks, this, nullptr);
  keys_ = gst::Probe(gst::pad_of(in_.get(), "src").get(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
                     [this](GstPadProbeInfo& info) { return heard(info); });
  set_if_there(sink_.get(), "sync", "false");
  pipeline_.add(std::move(*bin));
  return {};
}

/// Which sink autovideosink takes is known from here on.
Result<> Showing::make_ready(const std::string& wished) {
  leave_out_useless_sinks();
  if (gst_element_set_state(pipeline_.get(), GST_STATE_READY) == GST_STATE_CHANGE_FAILURE)
    return tl::unexpected(no_display(gst::pending_error(pipeline_.get(), {"it does not open"}).what));
  const auto real = real_sink(sink_.get());
  element_ = factory_of(real.get());
  if (element_.empty() || (element_.find("fake") != std::string::npos && wished == automatic_sink))
    return tl::unexpected(no_display("none of GStreamer's video sinks works here"));
  for (const auto& [property, value] :
       {std::pair{"sync", "false"}, std::pair{"async", "false"}, std::pair{"qos", "false"},
        std::pair{"max-lateness", "-1"}, std::pair{"processing-deadline", "0"},
        std::pair{"enable-last-sample", "false"}})
    set_if_there(real.get(), property, value);
  return {};
}

/// appsrc's thread: the sink is done with what went before.
void Showing::pass_on() {
  if (!on_its_way_.empty()) links_.outlet->send({std::exchange(on_its_way_, {}), clock_.now(), {}});
  while (auto content = links_.stage->take(window_, scales() ? rarely : looks_apart)) {
    const bool resized = look_at_window();
    if (content->same && (!resized || !caps_)) continue;
    const ImagePtr image = painter_.paint(*content, clock_.now(), window_size_);
    if (!image) continue;
    if (!caps_ || !gst_caps_is_equal(caps_.get(), image->caps())) {
      caps_ = gst::share(image->caps());
      gst_app_src_set_caps(GST_APP_SRC(in_.get()), caps_.get());
    }
    say_title();
    for (const std::size_t tile : content->fresh) on_its_way_.push_back({tile, content->tiles[tile].id});
    gst_app_src_push_buffer(GST_APP_SRC(in_.get()), gst_buffer_ref(image->buffer()));
    return;
  }
}

/// A sink that cannot scale asks for pictures of its window's size, first of all it takes (ximagesink): whether that is
/// another now. It says when, but was seen to be resized without a word on a busy machine.
bool Showing::look_at_window() {
  const Timestamp now = clock_.now();
  if (!resized_.exchange(false) && (scales() || now - looked_at_ < looks_apart)) return false;
  looked_at_ = now;
  const auto caps = gst::adopt(gst_pad_peer_query_caps(gst::pad_of(in_.get(), "src").get(), nullptr));
  const GstStructure* first =
      caps && gst_caps_get_size(caps.get()) > 1 ? gst_caps_get_structure(caps.get(), 0) : nullptr;
  Size size;
  const bool wished = first && gst_structure_get_int(first, "width", &size.width) &&
                      gst_structure_get_int(first, "height", &size.height) && size.width > 1 && size.height > 1;
  const auto before =
      std::exchange(window_size_, wished ? std::optional(Size{size.width & ~1, size.height & ~1}) : std::nullopt);
  return window_size_ != before;
}

/// Behind the caps: what comes before them has no place in the stream.
void Showing::say_title() {
  const std::lock_guard lock(title_mutex_);
  if (!title_) return;
  GstTagList* tags = gst_tag_list_new(GST_TAG_TITLE, title_->c_str(), nullptr);
  gst_element_send_event(in_.get(), gst_event_new_tag(tags));
  title_.reset();
}

GstPadProbeReturn Showing::heard(GstPadProbeInfo& info) {
  GstEvent* event = gst_pad_probe_info_get_event(&info);
  const char* key = nullptr;
  if (GST_EVENT_TYPE(event) == GST_EVENT_NAVIGATION &&
      gst_navigation_event_get_type(event) == GST_NAVIGATION_EVENT_KEY_PRESS &&
      gst_navigation_event_parse_key_event(event, &key) && key)
    links_.outlet->send({{}, clock_.now(), key});
  if (GST_EVENT_TYPE(event) == GST_EVENT_RECONFIGURE) {
    resized_ = true;
    links_.stage->wake();
  }
  return GST_PAD_PROBE_OK;
}

void Showing::set_title(const std::string& title) {
  const std::lock_guard lock(title_mutex_);
  title_ = title;
}

bool Showing::set_fullscreen(bool fullscreen) {
  const auto real = real_sink(sink_.get());
  if (!real || !g_object_class_find_property(G_OBJECT_GET_CLASS(real.get()), "fullscreen")) return false;
  g_object_set(real.get(), "fullscreen", fullscreen ? TRUE : FALSE, nullptr);
  return true;
}

bool Showing::has_x11_window() const { return element_ == "ximagesink" || element_ == "xvimagesink"; }

void Showing::close() {
  links_.stage->close(window_);
  pipeline_.stop();
}

}  // namespace bigfoot::media
