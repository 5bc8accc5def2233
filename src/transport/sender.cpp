#include "transport/sender.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <array>
#include <cerrno>
#include <cstring>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103  // linux/udp.h; older libc headers lack it
#endif

namespace bigfoot::transport {
namespace {

constexpr std::size_t messages_max = Burst::packets_max;
constexpr Nanos relay_retry = 5ms;  // libnice tells nobody when a relay's UDP socket is writable again

// A run of equal-size packets, the last of which may be smaller, is one GSO train.
std::size_t run_length(std::span<const WirePacket> packets) {
  std::size_t length = 1;
  while (length < packets.size() && packets[length - 1].size == packets[0].size &&
         packets[length].size <= packets[0].size) {
    ++length;
  }
  return length;
}

// mmsghdrs over a contiguous buffer, on the stack: nothing is allocated per burst.
struct Messages {
  std::array<mmsghdr, messages_max> headers;
  std::array<iovec, messages_max> vectors;
  std::array<std::uint8_t, messages_max> packets;  ///< of each message
  struct alignas(cmsghdr) Control {
    std::uint8_t bytes[CMSG_SPACE(sizeof(std::uint16_t))];
  };
  std::array<Control, messages_max> controls;
  unsigned count = 0;

  void add(const DatagramRoute& route, const std::uint8_t* base, std::span<const WirePacket> run) {
    const WirePacket& last = run.back();
    iovec& vector = vectors[count];
    vector.iov_base = const_cast<std::uint8_t*>(base + run.front().offset);  // sendmmsg reads only
    vector.iov_len = last.offset + last.size - run.front().offset;
    mmsghdr& message = headers[count];
    message = {};
    message.msg_hdr.msg_name = const_cast<sockaddr*>(route.remote());
    message.msg_hdr.msg_namelen = route.remote_size();
    message.msg_hdr.msg_iov = &vector;
    message.msg_hdr.msg_iovlen = 1;
    if (run.size() > 1) set_segment_size(message.msg_hdr, run.front().size);
    packets[count] = static_cast<std::uint8_t>(run.size());
    ++count;
  }
  void set_segment_size(msghdr& header, std::uint16_t size) {
    header.msg_control = controls[count].bytes;
    header.msg_controllen = sizeof controls[count].bytes;
    cmsghdr* control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = IPPROTO_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof size);
    std::memcpy(CMSG_DATA(control), &size, sizeof size);
  }
};

bool may_be_gso(int error) { return error == EIO || error == EINVAL || error == EMSGSIZE || error == EOPNOTSUPP; }

}  // namespace

SocketCalls kernel_calls() {
  return {[](void*, int fd, mmsghdr* messages, unsigned count) { return sendmmsg(fd, messages, count, MSG_DONTWAIT); }};
}

Sender::Sender(Loop& loop, PeerListener& listener, Traffic& traffic, SocketCalls calls)
    : loop_(loop), listener_(listener), traffic_(traffic), calls_(calls) {}

void Sender::set_route(DatagramRoute* route) {
  route_ = route;
  gso_ = true;
  writable_.reset();
  if (route_ != nullptr && blocked()) wait_writable();
}

void Sender::drop_pending() {
  pending_.clear();
  pending_bytes_.clear();
  writable_.reset();
}

Sent Sender::send(Burst& burst) {
  if (route_ == nullptr) {
    burst.clear();
    return Sent::no_path;
  }
  Outcome outcome;
  if (blocked()) {
    outcome.blocked = true;
  } else {
    outcome = transmit(burst.data(), burst.packets());
  }
  const auto packets = burst.packets();
  if (outcome.blocked) {
    ++traffic_.blocked;
    keep(burst.data(), packets.subspan(outcome.passed));
  }
  // The listener may begin another session's burst in the same buffer: copy what is told, then let go of it.
  std::array<WirePacket, Burst::packets_max> told;
  std::copy(packets.begin(), packets.begin() + outcome.passed, told.begin());
  burst.clear();
  report({told.data(), outcome.passed}, loop_.now());
  return outcome.blocked ? Sent::blocked : Sent::all;
}

Sent Sender::send_one(BytesView datagram) {
  if (route_ == nullptr) return Sent::no_path;
  WirePacket packet{0, static_cast<std::uint16_t>(datagram.size())};
  if (!blocked() && !transmit(datagram.data(), {&packet, 1}).blocked) return Sent::all;
  ++traffic_.blocked;
  keep(datagram.data(), {&packet, 1});
  return Sent::blocked;
}

Sender::Outcome Sender::transmit(const std::uint8_t* base, std::span<WirePacket> packets) {
  const int fd = route_->fd();
  return fd >= 0 ? transmit_direct(fd, base, packets) : transmit_relayed(base, packets);
}

Sender::Outcome Sender::transmit_relayed(const std::uint8_t* base, std::span<WirePacket> packets) {
  const auto taken = route_->send_relayed(base, packets);
  if (!taken) {
    ++traffic_.send_errors;
    for (auto& packet : packets) packet.counted = false;
    return {packets.size(), false};
  }
  traffic_.nice_sends += *taken;
  for (const auto& packet : packets.first(*taken)) count_sent(packet);
  return {*taken, *taken < packets.size()};
}

Sender::Outcome Sender::transmit_direct(int fd, const std::uint8_t* base, std::span<WirePacket> packets) {
  Outcome outcome;
  bool suspect_gso = false;
  while (outcome.passed < packets.size()) {
    Messages messages;
    for (std::size_t at = outcome.passed; at < packets.size() && messages.count < messages_max;) {
      const std::size_t length = gso_ ? run_length(packets.subspan(at)) : 1;
      messages.add(*route_, base, packets.subspan(at, length));
      at += length;
    }
    const int sent = calls_.send_many(calls_.context, fd, messages.headers.data(), messages.count);
    if (sent > 0) {
      suspect_gso = false;
      if (!gso_) ++traffic_.sendmmsg_batches;
      for (int i = 0; i < sent; ++i) {
        if (messages.packets[i] > 1) ++traffic_.gso_batches;
        for (unsigned k = 0; k < messages.packets[i]; ++k) count_sent(packets[outcome.passed++]);
      }
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      outcome.blocked = true;
      break;
    }
    if (messages.packets[0] > 1 && may_be_gso(errno)) {
      gso_ = false;
      suspect_gso = true;
      ++traffic_.gso_failures;
      continue;
    }
    if (suspect_gso) {  // the plain packet fails too (the address is gone): it was not GSO's fault
      gso_ = true;
      suspect_gso = false;
      --traffic_.gso_failures;
    }
    // ENETUNREACH while an address changes, ECONNREFUSED from a peer that just died: lost, like on the wire.
    ++traffic_.send_errors;
    for (unsigned k = 0; k < messages.packets[0]; ++k) packets[outcome.passed++].counted = false;
  }
  return outcome;
}

void Sender::count_sent(const WirePacket& packet) {
  ++traffic_.packets_sent;
  traffic_.bytes_sent += packet.size;
}

void Sender::keep(const std::uint8_t* base, std::span<const WirePacket> packets) {
  for (const auto& packet : packets) {
    if (pending_.size() >= pending_max) {
      ++traffic_.send_errors;
      continue;
    }
    WirePacket kept = packet;
    kept.offset = static_cast<std::uint32_t>(pending_bytes_.size());
    pending_bytes_.insert(pending_bytes_.end(), base + packet.offset, base + packet.offset + packet.size);
    pending_.push_back(kept);
  }
  if (!writable_) wait_writable();
}

void Sender::wait_writable() {
  const int fd = route_->fd();
  writable_ =
      fd >= 0 ? loop_.watch(fd, Io::writable, [this] { resume(); }) : loop_.after(relay_retry, [this] { resume(); });
}

void Sender::resume() {
  const Outcome outcome = transmit(pending_bytes_.data(), pending_);
  const std::vector<WirePacket> done(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(outcome.passed));
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(outcome.passed));
  if (pending_.empty()) {
    drop_pending();
  } else if (route_->fd() < 0) {
    wait_writable();
  }
  report(done, loop_.now());
  if (pending_.empty() && route_ != nullptr) listener_.on_writable();
}

void Sender::report(std::span<const WirePacket> packets, Timestamp at) {
  for (const auto& packet : packets) {
    if (packet.counted) listener_.on_packet_sent(packet.transport_sequence, packet.size, at);
  }
}

}  // namespace bigfoot::transport
