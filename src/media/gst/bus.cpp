#include "media/gst/bus.hpp"

#include <memory>

namespace bigfoot::media::gst {
namespace {

/// What a person can do about the usual codes; empty where the text of the error says it all.
std::string fix_for(const GError& error) {
  if (error.domain == GST_RESOURCE_ERROR) switch (error.code) {
      case GST_RESOURCE_ERROR_NOT_FOUND: return "check the path; is it plugged in?";
      case GST_RESOURCE_ERROR_BUSY: return "another program uses it: close that one";
      case GST_RESOURCE_ERROR_NOT_AUTHORIZED: return "this user may not open it: check its permissions";
      case GST_RESOURCE_ERROR_NO_SPACE_LEFT:
        return "the USB bus has no bandwidth left: lower size or fps, or use another port";
      case GST_RESOURCE_ERROR_READ: return "it stopped sending: check the cable and the power";
      default: return {};
    }
  if (error.domain == GST_STREAM_ERROR) switch (error.code) {
      case GST_STREAM_ERROR_CODEC_NOT_FOUND: return "install the GStreamer plugin for it";
      case GST_STREAM_ERROR_TYPE_NOT_FOUND:
      case GST_STREAM_ERROR_WRONG_TYPE: return "it holds no video that GStreamer knows";
      default: return {};
    }
  if (error.domain == GST_CORE_ERROR && error.code == GST_CORE_ERROR_MISSING_PLUGIN)
    return "install the GStreamer plugin for it";
  return {};
}

/// GStreamer's texts end in a full stop and its debug text begins with file and line: keep the sentence.
std::string sentence(const char* text) {
  std::string out = text ? text : "";
  out = out.substr(0, out.find('\n'));
  while (!out.empty() && (out.back() == '.' || out.back() == ' ')) out.pop_back();
  return out;
}
std::string detail(const char* debug) {
  const std::string text = debug ? debug : "";
  const auto line = text.find(":\n");
  return line == std::string::npos ? std::string() : sentence(text.c_str() + line + 2);
}

}  // namespace

BusWatch::BusWatch(Loop& loop, GstElement* pipeline, std::function<void(GstMessage&)> handler) {
  const std::shared_ptr<GstBus> bus(gst_element_get_bus(pipeline), [](GstBus* b) { gst_object_unref(b); });
  const auto drain = [bus, alive = std::make_shared<std::function<void(GstMessage&)>>(std::move(handler))] {
    while (const auto message = adopt(gst_bus_pop(bus.get()))) (*alive)(*message.get());
  };
  GPollFD poll{};
  gst_bus_get_pollfd(bus.get(), &poll);
  subscription_ = loop.watch(poll.fd, Io::readable, drain);
}

std::string source_of(GstMessage& message) {
  const std::unique_ptr<char, GlibFree> name(GST_MESSAGE_SRC(&message) ? gst_object_get_name(GST_MESSAGE_SRC(&message))
                                                                       : nullptr);
  return name ? name.get() : "";
}

namespace {
/// GStreamer numbers unnamed elements: without, the same fault of the next pipeline has the same text.
std::string kind_of(GstMessage& message) {
  std::string name = source_of(message);
  name.erase(name.find_last_not_of("0123456789") + 1);
  return name;
}
}  // namespace

Error error_of(GstMessage& message) {
  GError* error = nullptr;
  char* debug = nullptr;
  if (GST_MESSAGE_TYPE(&message) == GST_MESSAGE_WARNING)
    gst_message_parse_warning(&message, &error, &debug);
  else
    gst_message_parse_error(&message, &error, &debug);
  const std::unique_ptr<GError, GlibFree> free_error(error);
  const std::unique_ptr<char, GlibFree> free_debug(debug);
  const bool locked = g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  Error out{kind_of(message) + ": " + sentence(error->message), fix_for(*error),
            locked ? Next::give_up : Next::restart_pipeline};
  if (const std::string more = detail(debug); !more.empty()) out.what += ": " + more;
  return out;
}

std::optional<Error> pending_error(GstElement* pipeline) {
  const auto bus = adopt(gst_element_get_bus(pipeline));
  const auto message = adopt(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR));
  return message ? std::optional(error_of(*message.get())) : std::nullopt;
}

Error pending_error(GstElement* pipeline, Error otherwise) {
  return pending_error(pipeline).value_or(std::move(otherwise));
}

}  // namespace bigfoot::media::gst
