#include "server/http.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <ctime>
#include <map>
#include <optional>

#include "server/websocket_beast.hpp"

namespace bigfoot::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr Nanos linger_time = 1s;
constexpr std::size_t linger_bytes_max = 1024 * 1024;
constexpr int send_buffer_bytes = 256 * 1024;  // bounds what the kernel holds for a reader that does not read
constexpr int refusals_at_once_max = 64;

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[40];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

/// What one client is to the limits: an IPv4 address or an IPv6 /64, which is what one subscriber gets.
std::string limit_key(const asio::ip::address& address) {
  if (address.is_v4()) return address.to_string();
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_string();
  const auto bytes = v6.to_bytes();
  return {reinterpret_cast<const char*>(bytes.data()), 8};
}

int status_of(error_code error) {
  if (error == http::error::body_limit) return 413;
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  return 400;
}

const char* advice_of(int status) {
  switch (status) {
    case 413: return "the body is too large: at most 256 KiB are read here";
    case 431: return "the request line and headers are too large: at most 16 KiB are read here";
    default: return "this is not an HTTP/1.1 request";
  }
}

}  // namespace

struct HttpServer::State : std::enable_shared_from_this<HttpServer::State> {
  State(AsioLoop& l, Options o, HttpHandler h, telemetry::Metrics& metrics, const Log& owner)
      : loop(l),
        options(std::move(o)),
        handler(std::move(h)),
        log(owner.with("listener", options.name)),
        acceptor(l.context()) {
    requests = metrics.counter("bigfoot_http_requests_total", "HTTP requests answered, by listener and status");
    refusals = metrics.counter("bigfoot_http_refused_connections_total", "Connections refused by a limit")
                   .with({{"listener", options.name}});
    open_connections = metrics.gauge("bigfoot_http_connections", "Open connections, WebSockets included")
                           .with({{"listener", options.name}});
  }

  void accept();
  void accepted(tcp::socket socket);
  std::shared_ptr<void> place_for(const std::string& key);
  void count(int status) { requests.with({{"listener", options.name}, {"status", std::to_string(status)}}).add(); }

  AsioLoop& loop;
  Options options;
  HttpHandler handler;
  Log log;
  tcp::acceptor acceptor;
  Subscription pause;
  int connections = 0;
  int refusing = 0;
  std::map<std::string, int> per_address;
  telemetry::CounterFamily requests;
  telemetry::Counter refusals;
  telemetry::Gauge open_connections;
};

/// One connection: requests one after the other, until it becomes a WebSocket or ends.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(std::shared_ptr<HttpServer::State> server, tcp::socket socket, std::shared_ptr<void> place)
      : server_(std::move(server)), place_(std::move(place)), stream_(std::move(socket)) {
    error_code ignored;
    const auto remote = stream_.socket().remote_endpoint(ignored);
    remote_ =
        ignored ? std::string("?") : to_string(config::ListenAddress{remote.address().to_string(), remote.port()});
  }

  void read();
  void refuse(std::string why);
  void respond(HttpResponse response);
  void accept_websocket(WebSocketAcceptor acceptor);
  void on_gone(std::function<void()> gone) { gone_ = std::move(gone); }
  bool answered() const { return answered_; }

 private:
  const HttpLimits& limits() const { return server_->options.limits; }
  void header_read(error_code error);
  void handle();
  void watch_for_hangup();
  template <class Body>
  void write(std::shared_ptr<http::response<Body>> message, bool keep);
  void linger();
  void discard();

  std::shared_ptr<HttpServer::State> server_;
  std::shared_ptr<void> place_;
  beast::tcp_stream stream_;
  std::string remote_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::function<void()> gone_;
  std::size_t discarded_ = 0;
  std::uint64_t request_number_ = 0;
  bool answered_ = false;
  bool is_head_ = false;
  bool keep_alive_ = false;
  unsigned version_ = 11;
};

namespace {

class Responder final : public Exchange {
 public:
  explicit Responder(std::shared_ptr<HttpConnection> connection) : connection_(std::move(connection)) {}
  ~Responder() override { respond(text_response(500, "the server lost this request; try again")); }
  void respond(HttpResponse response) override {
    if (const auto connection = std::exchange(connection_, nullptr)) connection->respond(std::move(response));
  }
  void accept_websocket(WebSocketAcceptor acceptor) override {
    if (const auto connection = std::exchange(connection_, nullptr)) connection->accept_websocket(std::move(acceptor));
  }
  void on_gone(std::function<void()> gone) override {
    if (connection_) connection_->on_gone(std::move(gone));
  }

 private:
  std::shared_ptr<HttpConnection> connection_;
};

}  // namespace

void HttpConnection::read() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(limits().header_bytes));
  parser_->body_limit(limits().body_bytes);
  stream_.expires_after(limits().request_time);
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](error_code error, std::size_t) { self->header_read(error); });
}

void HttpConnection::header_read(error_code error) {
  const auto finish = [self = shared_from_this()](error_code failed, std::size_t) {
    if (!failed) return self->handle();
    if (failed.category() == http::make_error_code(http::error::bad_method).category() &&
        failed != http::error::end_of_stream && failed != http::error::partial_message) {
      const int status = status_of(failed);
      self->keep_alive_ = false;
      self->answered_ = false;
      self->respond(text_response(status, advice_of(status)));
    }
  };
  if (error) return finish(error, 0);
  if (!beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
    http::async_read(stream_, buffer_, *parser_, finish);
    return;
  }
  static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(stream_, asio::buffer(go_on), [self = shared_from_this(), finish](error_code failed, std::size_t) {
    if (!failed) http::async_read(self->stream_, self->buffer_, *self->parser_, finish);
  });
}

void HttpConnection::handle() {
  stream_.expires_never();
  const auto& message = parser_->get();
  ++request_number_;
  answered_ = false;
  keep_alive_ = message.keep_alive();
  is_head_ = message.method() == http::verb::head;
  version_ = message.version();
  HttpRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  for (const auto& field : message)
    request.headers.push_back({std::string(field.name_string()), std::string(field.value())});
  request.body = message.body();
  request.remote = remote_;
  request.websocket = beast::websocket::is_upgrade(message);
  server_->handler(request, std::make_shared<Responder>(shared_from_this()));
  if (!answered_) watch_for_hangup();
}

/// While an answer is awaited elsewhere nothing is read, so only this notices that nobody waits any more.
void HttpConnection::watch_for_hangup() {
  stream_.socket().async_wait(
      tcp::socket::wait_read, [self = shared_from_this(), number = request_number_](error_code error) {
        if (self->answered_ || number != self->request_number_) return;
        char byte = 0;
        error_code peeked;
        if (!error) self->stream_.socket().receive(asio::buffer(&byte, 1), tcp::socket::message_peek, peeked);
        if (!error && !peeked) return;  // the next request is waiting already: it will be read after this answer
        self->answered_ = true;
        if (const auto gone = std::exchange(self->gone_, nullptr)) gone();
      });
}

void HttpConnection::respond(HttpResponse response) {
  if (answered_) return;
  answered_ = true;
  gone_ = nullptr;
  server_->count(response.status);
  const bool no_body = is_head_ || response.status == 204 || response.status == 304;
  const auto fill = [&](auto& message) {
    message.version(version_);
    message.result(static_cast<unsigned>(response.status));
    message.set(http::field::date, http_date());
    for (const Header& header : response.headers) message.insert(header.name, header.value);
    message.keep_alive(keep_alive_);
  };
  if (no_body) {
    auto message = std::make_shared<http::response<http::empty_body>>();
    fill(*message);
    if (is_head_) message->content_length(response.body.size());
    return write(std::move(message), keep_alive_);
  }
  auto message = std::make_shared<http::response<http::string_body>>();
  fill(*message);
  message->body() = std::move(response.body);
  message->prepare_payload();
  write(std::move(message), keep_alive_);
}

template <class Body>
void HttpConnection::write(std::shared_ptr<http::response<Body>> message, bool keep) {
  stream_.expires_after(limits().write_time);
  http::async_write(stream_, *message, [self = shared_from_this(), message, keep](error_code error, std::size_t) {
    if (error) return;
    keep ? self->read() : self->linger();
  });
}

void HttpConnection::refuse(std::string why) { respond(text_response(503, std::move(why)).with("Retry-After", "5")); }

/// Closing with unread input sends a reset that can overtake the answer (RFC 9112 9.6): say the end, read a little,
/// close.
void HttpConnection::linger() {
  error_code ignored;
  stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  stream_.expires_after(linger_time);
  discard();
}

void HttpConnection::discard() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(16 * 1024), [self = shared_from_this()](error_code error, std::size_t size) {
    self->discarded_ += size;
    if (!error && self->discarded_ < linger_bytes_max) self->discard();
  });
}

void HttpConnection::accept_websocket(WebSocketAcceptor acceptor) {
  answered_ = true;
  server_->count(101);
  run_websocket(server_->loop, std::move(stream_), parser_->get(), std::move(acceptor), limits().websocket,
                std::move(place_));
}

std::shared_ptr<void> HttpServer::State::place_for(const std::string& key) {
  ++connections;
  ++per_address[key];
  open_connections.set(connections);
  return std::shared_ptr<void>(nullptr, [self = shared_from_this(), key](void*) {
    self->open_connections.set(--self->connections);
    if (--self->per_address[key] == 0) self->per_address.erase(key);
  });
}

void HttpServer::State::accept() {
  acceptor.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || !self->acceptor.is_open()) return;
    if (error) {  // out of descriptors: accepting again at once would spin
      self->log.error("server.accept_failed",
                      {{"reason", error.message()}, {"fix", "raise the limit of open files (LimitNOFILE, ulimit -n)"}});
      self->pause = self->loop.after(200ms, [self] { self->accept(); });
      return;
    }
    self->accepted(std::move(socket));
    self->accept();
  });
}

void HttpServer::State::accepted(tcp::socket socket) {
  error_code error;
  const auto remote = socket.remote_endpoint(error);
  if (error) return;
  socket.set_option(tcp::no_delay(true), error);
  socket.set_option(asio::socket_base::send_buffer_size(send_buffer_bytes), error);
  const std::string key = limit_key(remote.address());
  const auto of_address = per_address.find(key);
  const bool full = connections >= options.limits.connections;
  if (!full && (of_address == per_address.end() || of_address->second < options.limits.connections_per_address)) {
    std::make_shared<HttpConnection>(shared_from_this(), std::move(socket), place_for(key))->read();
    return;
  }
  refusals.add();
  if (refusing >= refusals_at_once_max) return;
  ++refusing;
  std::shared_ptr<void> place(nullptr, [self = shared_from_this()](void*) { --self->refusing; });
  std::make_shared<HttpConnection>(shared_from_this(), std::move(socket), std::move(place))
      ->refuse(full ? "too-many-connections: this server has all the connections it may have"
                    : "too-many-connections-per-address: your address has all the connections it may have");
}

HttpServer::HttpServer(AsioLoop& loop, Options options, HttpHandler handler, telemetry::Metrics& metrics,
                       const Log& log)
    : state_(std::make_shared<State>(loop, std::move(options), std::move(handler), metrics, log)) {}

HttpServer::~HttpServer() {
  error_code ignored;
  state_->acceptor.close(ignored);
  state_->pause.reset();
}

Result<> HttpServer::start() {
  const std::string& flag = state_->options.flag;
  const config::ListenAddress& wanted = state_->options.listen;
  error_code error;
  auto& acceptor = state_->acceptor;
  const tcp::endpoint endpoint(asio::ip::make_address(wanted.host), wanted.port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(1024, error);
  if (!error) {
    state_->accept();
    return {};
  }
  acceptor.close();
  const std::string port = std::to_string(wanted.port);
  if (error == asio::error::address_in_use)
    return fail("port " + port + " of " + wanted.host + " is in use",
                "stop what listens there (ss -ltnp sport = :" + port + ") or choose another with " + flag);
  return fail("cannot listen on " + to_string(wanted) + ": " + error.message(), "choose another address with " + flag);
}

std::string HttpServer::address() const {
  error_code error;
  const auto local = state_->acceptor.local_endpoint(error);
  return error ? std::string() : to_string(config::ListenAddress{local.address().to_string(), local.port()});
}

}  // namespace bigfoot::server
