#include "server/websocket.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <deque>

#include "base/cut_utf8.hpp"
#include "server/rooms.hpp"
#include "server/websocket_beast.hpp"

namespace bigfoot::server {
namespace {

namespace beast = boost::beast;
namespace ws = boost::beast::websocket;
using boost::system::error_code;

constexpr Nanos close_time = 2s;
constexpr std::size_t read_bytes = 64 * 1024;
constexpr std::size_t close_reason_bytes_max = 123;  // RFC 6455 5.5: a control frame holds 125, two are the code

class Connection final : public WebSocket, public std::enable_shared_from_this<Connection> {
 public:
  Connection(Loop& loop, beast::tcp_stream stream, const WebSocketLimits& limits, std::shared_ptr<void> place)
      : loop_(loop), limits_(limits), place_(std::move(place)), stream_(std::move(stream)) {
    stream_.next_layer().expires_never();  // the WebSocket layer keeps its own time
    ws::stream_base::timeout times{};
    times.handshake_timeout = limits_.silence;
    times.idle_timeout = limits_.silence;
    times.keep_alive_pings = true;
    stream_.set_option(times);
    stream_.read_message_max(0);  // Beast would cut a message that is too large without a word: received() closes
    stream_.auto_fragment(false);
  }

  void accept(const beast::http::request<beast::http::string_body>& request, WebSocketAcceptor acceptor) {
    stream_.async_accept(request, [self = shared_from_this(), acceptor = std::move(acceptor)](error_code error) {
      if (error) return;
      self->events_ = acceptor(self);
      self->read();
    });
  }

  void send(std::string text) override {
    if (closing_ || ended_) return;
    queued_bytes_ += text.size();
    queue_.push_back(std::move(text));
    if (waiting_messages() > limits_.queue_messages || waiting_bytes() > limits_.queue_bytes) return drop_slow_reader();
    if (!writing_) write();
  }

  bool busy() const override {
    return waiting_messages() > limits_.queue_messages / 2 || waiting_bytes() > limits_.queue_bytes / 2;
  }

  void close(std::uint16_t code, std::string reason) override {
    if (closing_ || ended_) return;
    closing_ = ws::close_reason(static_cast<ws::close_code>(code), cut_utf8(reason, close_reason_bytes_max));
    deadline_ = loop_.after(close_time, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->cut();
    });
    if (!writing_) start_close();
  }

 private:
  std::size_t waiting_messages() const { return queue_.empty() ? 0 : queue_.size() - 1; }
  std::size_t waiting_bytes() const { return queue_.empty() ? 0 : queued_bytes_ - queue_.front().size(); }

  void read() {
    stream_.async_read_some(buffer_, read_bytes, [self = shared_from_this()](error_code error, std::size_t) {
      if (error) return self->end(self->cause_of(error));
      self->received();
      if (!self->ended_) self->read();
    });
  }

  /// A part of a message or its end. After our close the peer may finish its sentence: it is not kept.
  void received() {
    if (!closing_ && buffer_.size() > limits_.message_bytes) {
      fault_ = SocketEnd::too_large;
      close(close_code::too_large, "a message may have " + std::to_string(limits_.message_bytes) + " bytes");
    }
    if (!closing_ && !stream_.got_text()) {
      fault_ = SocketEnd::binary;
      close(close_code::unsupported_data, "only text messages are spoken here");
    }
    if (!closing_ && !stream_.is_message_done()) return;
    const auto data = buffer_.data();
    if (!closing_) events_->on_text({static_cast<const char*>(data.data()), data.size()});
    buffer_.consume(buffer_.size());
    if (buffer_.capacity() > 16 * 1024) buffer_.shrink_to_fit();  // one large message must not cost for ever
  }

  void write() {
    writing_ = true;
    stream_.text(true);
    stream_.async_write(boost::asio::buffer(queue_.front()),
                        [self = shared_from_this()](error_code error, std::size_t) {
                          self->writing_ = false;
                          if (error || self->ended_) return;  // the read ends too and says why
                          self->queued_bytes_ -= self->queue_.front().size();
                          self->queue_.pop_front();
                          if (!self->queue_.empty())
                            self->write();
                          else if (self->closing_)
                            self->start_close();
                        });
  }

  /// What is on its way cannot be called back; the rest is dropped, and the close code follows if the reader wakes up.
  void drop_slow_reader() {
    while (queue_.size() > 1) {
      queued_bytes_ -= queue_.back().size();
      queue_.pop_back();
    }
    fault_ = SocketEnd::slow_reader;
    close(close_code::slow_reader, "messages were not read fast enough");
  }

  void start_close() {
    stream_.async_close(*closing_, [self = shared_from_this()](error_code) {});
  }

  void cut() {
    beast::get_lowest_layer(stream_).close();
    end(SocketEnd::closed);
  }

  SocketEnd cause_of(error_code error) const {
    if (error == beast::error::timeout) return SocketEnd::silent;
    return SocketEnd::closed;
  }

  void end(SocketEnd cause) {
    if (ended_) return;
    ended_ = true;
    deadline_.reset();
    // The handler goes once this call is over: it may be the one that is running.
    const auto events = std::move(events_);
    place_.reset();
    if (events) events->on_end(fault_.value_or(cause));
  }

  Loop& loop_;
  WebSocketLimits limits_;
  std::shared_ptr<void> place_;
  ws::stream<beast::tcp_stream, false> stream_;
  beast::flat_buffer buffer_;
  std::unique_ptr<WebSocketEvents> events_;
  std::deque<std::string> queue_;
  std::size_t queued_bytes_ = 0;
  bool writing_ = false;
  bool ended_ = false;
  std::optional<ws::close_reason> closing_;
  std::optional<SocketEnd> fault_;
  Subscription deadline_;
};

}  // namespace

void run_websocket(Loop& loop, beast::tcp_stream stream, const beast::http::request<beast::http::string_body>& request,
                   WebSocketAcceptor acceptor, const WebSocketLimits& limits, std::shared_ptr<void> place) {
  auto connection = std::make_shared<Connection>(loop, std::move(stream), limits, std::move(place));
  connection->accept(request, std::move(acceptor));
}

}  // namespace bigfoot::server
