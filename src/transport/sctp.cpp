#include "transport/sctp.hpp"

#include <arpa/inet.h>
#include <usrsctp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "transport/sctp_gate.hpp"
#include "transport/sctp_stack.hpp"

namespace bigfoot::transport {
namespace {

// The path lives and dies with ICE (consent, RFC 7675), which may take 30 s to find a new one: SCTP never gives up
// first, and after a gap it tries again within a second, not after RFC 9260's sixty.
constexpr std::uint32_t rto_first_ms = 250;
constexpr std::uint32_t rto_least_ms = 50;
constexpr std::uint32_t rto_most_ms = 1000;
constexpr std::uint16_t retransmits_max = 0xffff;
constexpr std::uint16_t init_attempts = 60;
constexpr std::uint32_t sack_delay_ms = 10;
constexpr std::size_t read_size = 16 * 1024;

void* as_address(std::uintptr_t place) {
  return reinterpret_cast<void*>(place);  // NOLINT(performance-no-int-to-ptr): a number that usrsctp carries for us
}

sockaddr_conn conn_address(std::uintptr_t place, std::uint16_t port) {
  sockaddr_conn address{};
  address.sconn_family = AF_CONN;
  address.sconn_port = htons(port);
  address.sconn_addr = as_address(place);
  return address;
}

template <class Value>
bool set_option(struct socket* socket, int level, int name, const Value& value) {
  return usrsctp_setsockopt(socket, level, name, &value, sizeof value) == 0;
}

bool set_events(struct socket* socket) {
  constexpr std::array<std::uint16_t, 3> heard{SCTP_ASSOC_CHANGE, SCTP_STREAM_RESET_EVENT, SCTP_PARTIAL_DELIVERY_EVENT};
  for (const std::uint16_t type : heard) {
    sctp_event event{};
    event.se_assoc_id = SCTP_FUTURE_ASSOC;
    event.se_type = type;
    event.se_on = 1;
    if (!set_option(socket, IPPROTO_SCTP, SCTP_EVENT, event)) return false;
  }
  return true;
}

// The size is fixed: there is nothing to discover, DTLS may not be fragmented and answers no ICMP. No heartbeats: ICE
// has its own.
bool set_path(struct socket* socket) {
  sctp_paddrparams path{};
  path.spp_address.ss_family = AF_CONN;
  path.spp_flags = SPP_PMTUD_DISABLE | SPP_HB_DISABLE;
  path.spp_pathmtu = Sctp::packet_max - sizeof(sctp_common_header);  // usrsctp adds that
  path.spp_pathmaxrxt = retransmits_max;
  sctp_assocparams association{};
  association.sasoc_asocmaxrxt = retransmits_max;
  const sctp_rtoinfo timeouts{0, rto_first_ms, rto_most_ms, rto_least_ms};
  const sctp_sack_info sack{0, sack_delay_ms, 2};
  return set_option(socket, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, path) &&
         set_option(socket, IPPROTO_SCTP, SCTP_ASSOCINFO, association) &&
         set_option(socket, IPPROTO_SCTP, SCTP_RTOINFO, timeouts) &&
         set_option(socket, IPPROTO_SCTP, SCTP_DELAYED_SACK, sack);
}

bool configure(struct socket* socket, const SctpConfig& config) {
  const int on = 1;
  const int send_buffer = static_cast<int>(config.send_buffer);
  const int receive_buffer = static_cast<int>(config.receive_buffer);
  // Closing aborts at once. A goodbye that waits for the peer would live on after us.
  const linger abort{1, 0};
  const sctp_initmsg init{config.streams, config.streams, init_attempts, rto_most_ms};
  // Streams may be reset; the association may not, and the peer adds no streams.
  const sctp_assoc_value reset{SCTP_FUTURE_ASSOC, SCTP_ENABLE_RESET_STREAM_REQ};
  const std::uint32_t no_interleave = 0;  // one message at a time: one buffer
  return usrsctp_set_non_blocking(socket, 1) == 0 && set_option(socket, SOL_SOCKET, SO_LINGER, abort) &&
         set_option(socket, SOL_SOCKET, SO_SNDBUF, send_buffer) &&
         set_option(socket, SOL_SOCKET, SO_RCVBUF, receive_buffer) &&
         set_option(socket, IPPROTO_SCTP, SCTP_INITMSG, init) && set_option(socket, IPPROTO_SCTP, SCTP_NODELAY, on) &&
         set_option(socket, IPPROTO_SCTP, SCTP_RECVRCVINFO, on) &&
         set_option(socket, IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET, reset) &&
         set_option(socket, IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, no_interleave) && set_events(socket) &&
         set_path(socket);
}

std::string error_text() { return std::strerror(errno); }

}  // namespace

struct Sctp::Impl final : SctpMember {
  Impl(Loop& l, const SctpConfig& c, SctpEvents& e, Output o)
      : loop(l), config(c), events(e), output(std::move(o)), stack(SctpStack::of_this_process()) {}

  Loop& loop;
  const SctpConfig config;
  SctpEvents& events;
  const Output output;
  SctpStack& stack;
  std::uintptr_t place = 0;
  struct socket* socket = nullptr;  ///< closed by close()
  std::vector<Bytes> outbox;        ///< what usrsctp wants to send, until it is off the stack
  Bytes message;                    ///< what came of a message so far
  std::uint16_t streams = 0;        ///< 0 until connected
  bool blocked = false;
  std::uint64_t refused = 0;

  void on_sctp_output(BytesView packet) override { outbox.emplace_back(packet.begin(), packet.end()); }
  void on_sctp_tick() override { pump(); }
  bool sctp_waits() const override;

  Result<> open();
  void pump();
  void flush();
  bool read();
  void take(const sctp_rcvinfo& info, bool complete);
  void notified(BytesView bytes);
  void association_changed(const sctp_assoc_change& change);
  void streams_reset(BytesView bytes);
  void end(std::string why);
  void give_up(std::string why);
  void close();
};

Result<> Sctp::Impl::open() {
  socket = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, nullptr, nullptr, 0, nullptr);
  if (socket == nullptr) return fail("SCTP does not start: " + error_text());
  auto here = conn_address(place, config.local_port);
  auto there = conn_address(place, config.remote_port);
  if (!configure(socket, config)) return fail("usrsctp refuses our settings: " + error_text());
  if (usrsctp_bind(socket, reinterpret_cast<sockaddr*>(&here), sizeof here) != 0)
    return fail("SCTP cannot be bound: " + error_text());
  if (usrsctp_connect(socket, reinterpret_cast<sockaddr*>(&there), sizeof there) != 0 && errno != EINPROGRESS)
    return fail("SCTP does not connect: " + error_text());
  return {};
}

bool Sctp::Impl::sctp_waits() const {
  if (socket == nullptr) return false;
  sctp_status status{};
  socklen_t size = sizeof status;
  return streams == 0 || usrsctp_getsockopt(socket, IPPROTO_SCTP, SCTP_STATUS, &status, &size) != 0 ||
         status.sstat_unackdata > 0 || status.sstat_penddata > 0;
}

// usrsctp tells nothing by callbacks: what is there is read after each call into it, so no event comes from within.
void Sctp::Impl::pump() {
  flush();
  while (socket != nullptr && read()) flush();
  flush();
  if (socket != nullptr && std::exchange(blocked, false)) events.on_sctp_writable();
}

void Sctp::Impl::flush() {
  while (!outbox.empty()) {
    for (const auto& packet : std::exchange(outbox, {})) output(packet);
  }
}

bool Sctp::Impl::read() {
  alignas(sctp_notification) std::array<std::uint8_t, read_size> buffer;
  sctp_rcvinfo info{};
  socklen_t size = sizeof info;
  unsigned kind = 0;
  int flags = 0;
  const auto got = usrsctp_recvv(socket, buffer.data(), buffer.size(), nullptr, nullptr, &info, &size, &kind, &flags);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINPROGRESS || errno == ENOTCONN)) return false;
  if (got == 0) return end("the peer closed SCTP"), false;
  if (got < 0) return give_up("SCTP ended: " + error_text()), false;
  const BytesView bytes(buffer.data(), static_cast<std::size_t>(got));
  if ((flags & MSG_NOTIFICATION) != 0) return notified(bytes), true;
  if (message.size() + bytes.size() > config.message_max) {
    give_up("the peer sent a message of more than " + std::to_string(config.message_max) + " bytes");
    return false;
  }
  message.insert(message.end(), bytes.begin(), bytes.end());
  if ((flags & MSG_EOR) == 0) return true;
  const Bytes whole = std::exchange(message, {});
  events.on_sctp_message(info.rcv_sid, ntohl(info.rcv_ppid), whole);
  return true;
}

void Sctp::Impl::notified(BytesView bytes) {
  sctp_notification::sctp_tlv header{};
  if (bytes.size() < sizeof header) return;
  std::memcpy(&header, bytes.data(), sizeof header);
  switch (header.sn_type) {
    case SCTP_ASSOC_CHANGE: {
      sctp_assoc_change change{};
      if (bytes.size() < sizeof change) return;
      std::memcpy(&change, bytes.data(), sizeof change);
      return association_changed(change);
    }
    case SCTP_STREAM_RESET_EVENT: return streams_reset(bytes);
    case SCTP_PARTIAL_DELIVERY_EVENT: return message.clear();  // the rest was abandoned (RFC 3758)
    default: return;
  }
}

void Sctp::Impl::association_changed(const sctp_assoc_change& change) {
  switch (change.sac_state) {
    case SCTP_COMM_UP: streams = change.sac_outbound_streams; return events.on_sctp_connected(streams);
    case SCTP_RESTART: return give_up("the peer began SCTP anew within one session");
    case SCTP_COMM_LOST: return end("the peer ended SCTP");
    case SCTP_SHUTDOWN_COMP: return end("the peer closed SCTP");
    case SCTP_CANT_STR_ASSOC: return give_up("the peer does not answer SCTP");
    default: return;
  }
}

void Sctp::Impl::streams_reset(BytesView bytes) {
  sctp_stream_reset_event event{};
  if (bytes.size() < sizeof event) return;
  std::memcpy(&event, bytes.data(), sizeof event);
  std::vector<std::uint16_t> list((bytes.size() - sizeof event) / sizeof(std::uint16_t));
  std::memcpy(list.data(), bytes.data() + sizeof event, list.size() * sizeof(std::uint16_t));
  if (list.empty()) {  // all of them (RFC 6525 4.1)
    for (std::uint16_t stream = 0; stream < config.streams; ++stream) list.push_back(stream);
  }
  const bool refused_by_peer = (event.strreset_flags & (SCTP_STREAM_RESET_DENIED | SCTP_STREAM_RESET_FAILED)) != 0;
  for (const auto stream : list) {
    if (socket != nullptr && (event.strreset_flags & SCTP_STREAM_RESET_OUTGOING_SSN) != 0)
      events.on_sctp_reset_done(stream, refused_by_peer);
    if (socket != nullptr && (event.strreset_flags & SCTP_STREAM_RESET_INCOMING_SSN) != 0 && !refused_by_peer)
      events.on_sctp_reset_by_peer(stream);
  }
}

void Sctp::Impl::end(std::string why) {
  close();
  events.on_sctp_ended({std::move(why), {}, Next::give_up});
}

void Sctp::Impl::give_up(std::string why) {
  close();
  events.on_sctp_failed({std::move(why), {}, Next::reconnect});
}

void Sctp::Impl::close() {
  if (socket == nullptr) return;
  usrsctp_close(std::exchange(socket, nullptr));
  streams = 0;
  flush();
  stack.leave(std::exchange(place, 0));
}

Sctp::Sctp(Loop& loop, const SctpConfig& config, SctpEvents& events, Output output)
    : impl_(std::make_unique<Impl>(loop, config, events, std::move(output))) {}

Sctp::~Sctp() { close(); }

Result<> Sctp::start() {
  BIGFOOT_CHECK(impl_->place == 0, "an SCTP association starts once");
  impl_->place = impl_->stack.join(impl_->loop, *impl_);
  auto opened = impl_->open();
  if (opened) {
    impl_->flush();
    return opened;
  }
  if (impl_->socket == nullptr) impl_->stack.leave(std::exchange(impl_->place, 0));
  close();
  return opened;
}

void Sctp::receive(BytesView packet) {
  if (impl_->socket == nullptr) return;
  if (!sctp_packet_passes(packet)) {
    ++impl_->refused;
    return;
  }
  impl_->stack.stir(impl_->place);
  usrsctp_conninput(as_address(impl_->place), packet.data(), packet.size(), 0);
  impl_->pump();
}

Sctp::Taken Sctp::send(std::uint16_t stream, std::uint32_t ppid, BytesView message, const Reliability& reliability) {
  if (!connected() || stream >= impl_->streams) return Taken::never;
  sctp_sendv_spa how{};
  how.sendv_flags = SCTP_SEND_SNDINFO_VALID;
  how.sendv_sndinfo.snd_sid = stream;
  how.sendv_sndinfo.snd_ppid = htonl(ppid);
  // Acknowledge at once (RFC 7053): Chromium waits up to 200 ms for a second packet, longer than our least timeout.
  how.sendv_sndinfo.snd_flags = SCTP_SACK_IMMEDIATELY;
  if (!reliability.ordered) how.sendv_sndinfo.snd_flags |= SCTP_UNORDERED;
  if (reliability.max_retransmits || reliability.life_time) {
    how.sendv_flags |= SCTP_SEND_PRINFO_VALID;
    how.sendv_prinfo.pr_policy = reliability.max_retransmits ? SCTP_PR_SCTP_RTX : SCTP_PR_SCTP_TTL;
    how.sendv_prinfo.pr_value = reliability.max_retransmits
                                    ? *reliability.max_retransmits
                                    : std::max(1u, static_cast<std::uint32_t>(reliability.life_time->count()));
  }
  impl_->stack.stir(impl_->place);
  const auto sent =
      usrsctp_sendv(impl_->socket, message.data(), message.size(), nullptr, 0, &how, sizeof how, SCTP_SENDV_SPA, 0);
  const int error = errno;
  impl_->flush();
  if (sent >= 0) return Taken::yes;
  if (error != EAGAIN && error != EWOULDBLOCK) return Taken::never;
  impl_->blocked = true;
  return Taken::full;
}

void Sctp::reset(std::uint16_t stream) {
  if (!connected()) return;
  // The list of streams is a flexible array member.
  alignas(sctp_reset_streams) std::array<std::uint8_t, sizeof(sctp_reset_streams) + sizeof stream> request{};
  sctp_reset_streams header{};
  header.srs_assoc_id = SCTP_CURRENT_ASSOC;
  header.srs_flags = SCTP_STREAM_RESET_OUTGOING;
  header.srs_number_streams = 1;
  std::memcpy(request.data(), &header, sizeof header);
  std::memcpy(request.data() + offsetof(sctp_reset_streams, srs_stream_list), &stream, sizeof stream);
  impl_->stack.stir(impl_->place);
  usrsctp_setsockopt(impl_->socket, IPPROTO_SCTP, SCTP_RESET_STREAMS, request.data(), request.size());
  impl_->flush();
}

void Sctp::close() { impl_->close(); }
bool Sctp::connected() const { return impl_->socket != nullptr && impl_->streams > 0; }
std::uint64_t Sctp::refused_packets() const { return impl_->refused; }

}  // namespace bigfoot::transport
