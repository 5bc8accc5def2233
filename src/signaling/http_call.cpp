#include "signaling/http_call.hpp"

#include <algorithm>
#include <optional>

#include <libsoup/soup.h>

#include "base/duration.hpp"
#include "signaling/net_error.hpp"

namespace bigfoot::signaling {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return g_ascii_tolower(x) == g_ascii_tolower(y); });
}

struct BytesUnref {
  void operator()(GBytes* bytes) const { g_bytes_unref(bytes); }
};
using BytesRef = std::unique_ptr<GBytes, BytesUnref>;

GRef<SoupMessage> to_message(const HttpAsk& ask) {
  auto message = GRef<SoupMessage>::adopt(soup_message_new(ask.method.c_str(), ask.url.c_str()));
  if (!message) return message;
  // POST would become GET behind a 302, and a token would be shown to whoever is there.
  soup_message_add_flags(message.get(), SOUP_MESSAGE_NO_REDIRECT);
  // An address is judged when it is connected to, and a name may mean another one than before (DNS rebinding).
  if (ask.reach_max != Reach::machine) soup_message_add_flags(message.get(), SOUP_MESSAGE_NEW_CONNECTION);
  SoupMessageHeaders* headers = soup_message_get_request_headers(message.get());
  for (const auto& [name, value] : ask.headers) soup_message_headers_append(headers, name.c_str(), value.c_str());
  if (!ask.body.empty()) {
    const BytesRef body(g_bytes_new(ask.body.data(), ask.body.size()));
    soup_message_set_request_body_from_bytes(message.get(), ask.content_type.c_str(), body.get());
  }
  return message;
}

}  // namespace

std::string_view HttpReply::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (same_name(key, name)) return value;
  return {};
}

std::vector<std::string_view> HttpReply::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : headers)
    if (same_name(key, name)) values.emplace_back(value);
  return values;
}

struct HttpCall::Impl {
  /// What libsoup and GIO hold while they work; they call back even after the call is gone.
  struct Flight {
    Impl* owner;
    GRef<SoupMessage> message;
    Reach reach_max;
    std::string led_to{};  // further in than it may: in words
    GRef<GInputStream> stream{};
    GRef<GCancellable> cancellable = GRef<GCancellable>::adopt(g_cancellable_new());
    SignalConnection on_event{};

    Error why(const GError& error) const {
      if (led_to.empty()) return {in_words(error), "", Next::retry};
      return {led_to + ", where the server is not", "name that address yourself if you trust it", Next::give_up};
    }
  };

  Done done;
  Flight* flight = nullptr;  // owned by whoever calls back next
  Subscription deadline;
  HttpReply reply;

  /// The last thing it does: `done` may destroy it.
  void finish(Result<HttpReply> result) {
    deadline.reset();
    give_up();
    const Done call = std::exchange(done, nullptr);
    if (call) call(std::move(result));
  }
  void give_up() {
    if (!flight) return;
    flight->owner = nullptr;
    g_cancellable_cancel(std::exchange(flight, nullptr)->cancellable.get());
  }
  void fail_with(const std::string& why) { finish(fail(why, "", Next::retry)); }

  void note_head() {
    reply.status = soup_message_get_status(flight->message.get());
    reply.reach = reach_of(soup_message_get_remote_address(flight->message.get())).value_or(Reach::world);
    soup_message_headers_foreach(
        soup_message_get_response_headers(flight->message.get()),
        [](const char* name, const char* value, gpointer headers) {
          static_cast<HttpHeaders*>(headers)->emplace_back(name, value);
        },
        &reply.headers);
  }
  /// False when there is no more to come, or should not be.
  Result<bool> take(GBytes* bytes) {
    gsize size = 0;
    const auto* data = static_cast<const char*>(g_bytes_get_data(bytes, &size));
    if (size == 0) return false;
    reply.body.append(data, size);
    if (reply.body.size() > body_bytes_max) return fail("the answer is larger than 64 KiB", "", Next::retry);
    return true;
  }

  /// Before each connect(2), of all addresses that the name has.
  static void event_trampoline(SoupMessage*, GSocketClientEvent event, GIOStream* stream, gpointer user) {
    if (event != G_SOCKET_CLIENT_CONNECTING) return;
    auto* flight = static_cast<Flight*>(user);
    GSocketConnection* connection = G_SOCKET_CONNECTION(stream);
    const auto address = GRef<GSocketAddress>::adopt(g_socket_connection_get_remote_address(connection, nullptr));
    const Reach reach = reach_of(address.get()).value_or(Reach::machine);
    if (reach <= flight->reach_max) return;
    flight->led_to = numeric(address.get()) + " is " + to_string(reach);
    // GIO finds it closed, and goes on to the next address.
    g_socket_close(g_socket_connection_get_socket(connection), nullptr);
  }
  static void read_on(Flight* flight) {
    g_input_stream_read_bytes_async(flight->stream.get(), 16 * 1024, G_PRIORITY_DEFAULT, flight->cancellable.get(),
                                    &Impl::read_trampoline, flight);
  }
  static void send_trampoline(GObject* session, GAsyncResult* result, gpointer user) {
    std::unique_ptr<Flight> flight(static_cast<Flight*>(user));
    GError* error = nullptr;
    flight->stream = GRef<GInputStream>::adopt(soup_session_send_finish(SOUP_SESSION(session), result, &error));
    if (Impl* self = flight->owner) {
      if (flight->stream) {
        self->note_head();
        read_on(flight.release());
      } else {
        self->flight = nullptr;
        self->finish(tl::unexpected(flight->why(*error)));
      }
    }
    g_clear_error(&error);
  }
  static void read_trampoline(GObject* stream, GAsyncResult* result, gpointer user) {
    std::unique_ptr<Flight> flight(static_cast<Flight*>(user));
    GError* error = nullptr;
    const BytesRef bytes(g_input_stream_read_bytes_finish(G_INPUT_STREAM(stream), result, &error));
    if (Impl* self = flight->owner) {
      const Result<bool> more = bytes ? self->take(bytes.get()) : fail(in_words(*error), "", Next::retry);
      if (more && *more) {
        read_on(flight.release());
      } else {
        self->flight = nullptr;
        self->finish(more ? Result<HttpReply>(std::move(self->reply)) : tl::unexpected(more.error()));
      }
    }
    g_clear_error(&error);
  }
};

HttpCall::HttpCall(Loop& loop, SoupSession* session, const HttpAsk& ask, Nanos time_max, Done done)
    : impl_(std::make_unique<Impl>()) {
  impl_->done = std::move(done);
  auto message = to_message(ask);
  if (!message) {
    impl_->deadline = loop.after(0s, [impl = impl_.get()] { impl->fail_with("no web address"); });
    return;
  }
  impl_->deadline = loop.after(
      time_max, [impl = impl_.get(), time_max] { impl->fail_with("no answer for " + seconds_text(time_max)); });
  impl_->flight = new Impl::Flight{impl_.get(), std::move(message), ask.reach_max};
  impl_->flight->on_event = SignalConnection(impl_->flight->message.get(), "network-event",
                                             G_CALLBACK(&Impl::event_trampoline), impl_->flight);
  soup_session_send_async(session, impl_->flight->message.get(), G_PRIORITY_DEFAULT, impl_->flight->cancellable.get(),
                          &Impl::send_trampoline, impl_->flight);
}

HttpCall::~HttpCall() { impl_->give_up(); }

}  // namespace bigfoot::signaling
