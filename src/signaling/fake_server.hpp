#pragma once
// A signaling server on loopback that does what a test tells it to, the wrong things too: RFC 6455 by hand, as much as
// one well-behaved client needs. (libsoup's own server can neither send 1012 nor keep back a pong, and leaks a socket a
// connection.)

#include <arpa/inet.h>
#include <glib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/loop.hpp"
#include "protocol/codec.hpp"

namespace bigfoot::signaling {

/// A port of 127.0.0.1 on which nobody listens: connections are refused, no other program is given it, and servers of a
/// test may come and go there.
class ReservedPort {
 public:
  ReservedPort() {
    const int yes = 1;
    setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    BIGFOOT_CHECK(bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0, "no port is free");
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    number_ = ntohs(address.sin_port);
  }
  ~ReservedPort() { ::close(fd_); }
  ReservedPort(const ReservedPort&) = delete;
  ReservedPort& operator=(const ReservedPort&) = delete;
  std::uint16_t number() const { return number_; }
  std::string url() const { return "ws://127.0.0.1:" + std::to_string(number_); }

 private:
  int fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t number_ = 0;
};

class FakeServer {
 public:
  /// Listens on 127.0.0.1; port 0: any. `/ws` is the socket, `/busy` says 503, all else 404.
  explicit FakeServer(Loop& loop, std::uint16_t port = 0) : loop_(loop) {
    const int yes = 1;
    setsockopt(listening_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address = loopback(port);
    BIGFOOT_CHECK(bind(listening_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "the port is taken");
    BIGFOOT_CHECK(listen(listening_, 8) == 0, "cannot listen");
    socklen_t size = sizeof address;
    getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    accepting_ = loop_.watch(listening_, Io::readable, [this] { accept_one(); });
  }
  /// The way a killed program ends: its sockets just go.
  ~FakeServer() {
    accepting_.reset();
    end_connection();
    ::close(listening_);
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  bool upgrades = true;
  bool welcomes = true;
  bool pongs = true;
  std::vector<std::string> features = {"resume"};

  int connections = 0;                       ///< upgraded
  std::string request;                       ///< the last HTTP request
  std::vector<protocol::FromPeer> received;  ///< in this connection
  std::vector<std::string> not_understood;   ///< texts that are no messages
  std::uint16_t closed_with = 0;             ///< what the client said when it closed

  std::string url(const char* path = "") const { return "ws://127.0.0.1:" + std::to_string(port_) + path; }
  std::uint16_t port() const { return port_; }
  template <class Message>
  const Message* last() const {
    return received.empty() ? nullptr : std::get_if<Message>(&received.back());
  }

  void send(const protocol::FromServer& message) { send_text(protocol::encode(message)); }
  void send_text(const std::string& text) { write_frame(0x1, text); }
  void send_binary(const std::string& bytes) { write_frame(0x2, bytes); }
  void close(std::uint16_t code, const std::string& reason) { write_frame(0x8, big_endian16(code) + reason); }

 private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  static std::string big_endian16(std::size_t value) {
    return {static_cast<char>(value >> 8 & 0xff), static_cast<char>(value & 0xff)};
  }

  void accept_one() {
    end_connection();
    fd_ = accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd_ >= 0) reading_ = loop_.watch(fd_, Io::readable, [this] { read_some(); });
  }
  void end_connection() {
    reading_.reset();
    writing_.reset();
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    in_.clear();
    out_.clear();
    upgraded_ = false;
  }
  void read_some() {
    char bytes[16384];
    const ssize_t got = ::read(fd_, bytes, sizeof bytes);
    if (got <= 0) return end_connection();
    in_.append(bytes, static_cast<std::size_t>(got));
    if (!upgraded_) read_request();
    while (upgraded_ && read_frame()) {
    }
  }
  void read_request() {
    const auto end = in_.find("\r\n\r\n");
    if (end == std::string::npos || !upgrades) return;
    request = in_.substr(0, end + 2);
    in_.erase(0, end + 4);
    if (request.starts_with("GET /busy "))
      return write("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
    if (!request.starts_with("GET /ws ")) return write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    const std::string name = "Sec-WebSocket-Key: ";
    const auto key = request.find(name);
    BIGFOOT_CHECK(key != std::string::npos, "not a WebSocket upgrade");
    write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
          accept_of(request.substr(key + name.size(), 24)) + "\r\n\r\n");
    upgraded_ = true;
    received.clear();
    ++connections;
    if (welcomes) send(protocol::Welcome{"peer-" + std::to_string(connections), features});
  }
  static std::string accept_of(const std::string& key) {  // RFC 6455 4.2.2
    const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    guint8 digest[20];
    gsize size = sizeof digest;
    const std::unique_ptr<GChecksum, decltype(&g_checksum_free)> sha1(g_checksum_new(G_CHECKSUM_SHA1),
                                                                      &g_checksum_free);
    g_checksum_update(sha1.get(), reinterpret_cast<const guchar*>(text.data()), static_cast<gssize>(text.size()));
    g_checksum_get_digest(sha1.get(), digest, &size);
    const std::unique_ptr<gchar, decltype(&g_free)> encoded(g_base64_encode(digest, size), &g_free);
    return encoded.get();
  }
  /// RFC 6455 5.2; a client masks and, below 64 KiB, does not fragment.
  bool read_frame() {
    ByteReader reader(BytesView(reinterpret_cast<const std::uint8_t*>(in_.data()), in_.size()));
    const int opcode = reader.u8() & 0x0f;
    const int length = reader.u8() & 0x7f;
    const std::size_t size = length == 127   ? reader.be64()
                             : length == 126 ? reader.be16()
                                             : static_cast<std::size_t>(length);
    const BytesView mask = reader.view(4);
    const BytesView masked = reader.view(size);
    if (!reader.ok()) return false;
    std::string payload;
    for (std::size_t i = 0; i < size; ++i) payload += static_cast<char>(masked[i] ^ mask[i % 4]);
    in_.erase(0, in_.size() - reader.left());
    handle(opcode, payload);
    return true;
  }
  void handle(int opcode, const std::string& payload) {
    if (opcode == 0x1) {
      const auto message = protocol::decode_from_peer(payload);
      if (message)
        received.push_back(*message);
      else
        not_understood.push_back(payload);
    } else if (opcode == 0x8) {
      closed_with = payload.size() < 2 ? 1005 : load_be16(reinterpret_cast<const std::uint8_t*>(payload.data()));
      end_connection();
    } else if (opcode == 0x9 && pongs) {
      write_frame(0xa, payload);
    }
  }
  void write_frame(int opcode, const std::string& payload) {
    const std::size_t size = payload.size();
    std::string frame(1, static_cast<char>(0x80 | opcode));
    if (size < 126)
      frame += static_cast<char>(size);
    else if (size < 65536)
      frame += "\x7e" + big_endian16(size);
    else
      frame += "\x7f" + std::string(4, '\0') + big_endian16(size >> 16) + big_endian16(size & 0xffff);
    write(frame + payload);
  }
  void write(const std::string& bytes) {
    out_ += bytes;
    flush();
  }
  void flush() {
    writing_.reset();
    const ssize_t wrote = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
    if (wrote > 0) out_.erase(0, static_cast<std::size_t>(wrote));
    if (!out_.empty()) writing_ = loop_.watch(fd_, Io::writable, [this] { flush(); });
  }

  Loop& loop_;
  int listening_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port_ = 0;
  Subscription accepting_;
  int fd_ = -1;
  Subscription reading_;
  Subscription writing_;
  std::string in_;
  std::string out_;
  bool upgraded_ = false;
};

}  // namespace bigfoot::signaling
