#include "transport/data_channels.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "base/check.hpp"

namespace bigfoot::transport {
namespace {

constexpr std::uint16_t streams = 128;
constexpr Nanos nudge_period = 200ms;  // longer than a close takes on most paths
constexpr std::size_t nudges_max = 20;

SctpConfig sctp_config(const sdp::RemoteData& remote, const ChannelLimits& limits) {
  SctpConfig config;
  config.remote_port = remote.sctp_port;
  config.streams = streams;
  config.message_max = limits.message;
  config.send_buffer = std::max(config.send_buffer, 2 * limits.message);
  config.receive_buffer = std::max(config.receive_buffer, 4 * limits.message);
  return config;
}

/// How often the peer may open channels: some at once, then one in a while.
class OpenRate {
 public:
  OpenRate(const ChannelLimits& limits, Timestamp now) : limits_(limits), left_(limits.opens_at_once), since_(now) {}
  bool take(Timestamp now) {
    const auto passed = (now - since_) / limits_.open_again;
    const auto earned = static_cast<std::size_t>(passed);
    left_ = std::min(left_ + earned, limits_.opens_at_once);
    since_ = left_ == limits_.opens_at_once ? now : since_ + passed * limits_.open_again;
    return left_ > 0 && left_-- > 0;
  }

 private:
  const ChannelLimits& limits_;
  std::size_t left_;
  Timestamp since_;
};

struct Waiting {
  std::uint32_t ppid;
  Bytes bytes;
  bool dcep() const { return ppid == ppid::dcep; }
};

/// A stream pair in use. Without a channel it is on its way out: both sides have to be reset before its number is free.
struct Stream {
  std::shared_ptr<DataChannel> channel;
  Reliability reliability;  ///< ordered until the peer knows the channel: nothing may overtake its open (RFC 8832 6)
  std::deque<Waiting> queue;
  bool reset_asked = false;
  bool reset_here = false;
  bool reset_there = false;
  /// It saw both resets, even if its answer to ours is still on its way: the number may be opened anew.
  bool over_for_peer() const { return !channel && reset_asked && reset_there; }
};

}  // namespace

struct DataChannels::Impl final : SctpEvents {
  Impl(DataChannels& f, Loop& l, bool client, const sdp::RemoteData& remote, const ChannelLimits& lim,
       ChannelListener& who, Sctp::Output output, Log own_log)
      : face(f),
        loop(l),
        limits(lim),
        listener(who),
        log(std::move(own_log)),
        dtls_client(client),
        send_max(remote.max_message_size == 0 ? lim.message
                                              : std::min<std::uint64_t>(lim.message, remote.max_message_size)),
        rate(limits, l.now()),
        sctp(l, sctp_config(remote, lim), *this, std::move(output)) {}

  // Borrowed.
  DataChannels& face;
  Loop& loop;
  const ChannelLimits limits;
  ChannelListener& listener;
  Log log;

  // State.
  const bool dtls_client;
  const std::size_t send_max;
  bool closed = false;
  std::uint16_t streams_agreed = streams;
  std::map<std::uint16_t, Stream> table;
  std::uint16_t last_served = 0;
  std::size_t nudges_left = 0;
  Subscription nudging;
  std::size_t queued = 0;
  OpenRate rate;
  ChannelCounts counts;
  Sctp sctp;

  bool ours(std::uint16_t stream) const { return (stream % 2 == 0) == dtls_client; }
  std::size_t open_channels() const;
  std::optional<std::uint16_t> free_stream() const;
  DataChannel& add(std::uint16_t stream, const ChannelOptions& options, bool by_peer);

  void enqueue(std::uint16_t id, Stream& stream, std::uint32_t ppid, BytesView bytes);
  bool serve(std::uint16_t id, Stream& stream);
  void serve_all();
  void finish_or_reset(std::uint16_t id);
  void nudge();

  void on_dcep(std::uint16_t id, BytesView message);
  void opened_by_peer(std::uint16_t id, const ChannelOptions& options);
  std::string why_not(std::uint16_t id);
  void refuse(std::uint16_t id, const std::string& why);
  void opened(DataChannel& channel);
  void let_go(Stream& stream);
  void drop_queue(Stream& stream);
  void fail_all(const Error& error);
  void end_all(const Error& error);
  void shut();

  void on_sctp_connected(std::uint16_t agreed) override;
  void on_sctp_message(std::uint16_t id, std::uint32_t ppid, BytesView message) override;
  void on_sctp_reset_by_peer(std::uint16_t id) override;
  void on_sctp_reset_done(std::uint16_t id, bool refused) override;
  void on_sctp_writable() override { serve_all(); }
  void on_sctp_failed(const Error& error) override { fail_all(error); }
  void on_sctp_ended(const Error& error) override { end_all(error); }
};

// --- The table -------------------------------------------------------------------------------------------------------

std::size_t DataChannels::Impl::open_channels() const {
  return static_cast<std::size_t>(
      std::count_if(table.begin(), table.end(), [](const auto& row) { return row.second.channel != nullptr; }));
}

std::optional<std::uint16_t> DataChannels::Impl::free_stream() const {
  for (std::uint16_t id = dtls_client ? 0 : 1; id < streams_agreed; id = static_cast<std::uint16_t>(id + 2))
    if (!table.contains(id)) return id;
  return std::nullopt;
}

DataChannel& DataChannels::Impl::add(std::uint16_t id, const ChannelOptions& options, bool by_peer) {
  Stream& stream = table[id];
  stream.channel.reset(new DataChannel(&face, id, options, by_peer));
  stream.reliability = {true, options.max_retransmits, options.max_packet_life_time};
  return *stream.channel;
}

// The channel may be the one that is calling us: it stays until the next turn of the loop.
void DataChannels::Impl::let_go(Stream& stream) {
  if (!stream.channel) return;
  stream.channel->owner_ = nullptr;
  stream.channel->open_ = false;
  stream.channel->buffered_ = 0;
  loop.post([channel = std::move(stream.channel)] {});
  stream.channel = nullptr;
}

void DataChannels::Impl::drop_queue(Stream& stream) {
  for (const auto& waiting : std::exchange(stream.queue, {})) queued -= waiting.bytes.size();
}

// --- Sending ---------------------------------------------------------------------------------------------------------

void DataChannels::Impl::enqueue(std::uint16_t id, Stream& stream, std::uint32_t ppid, BytesView bytes) {
  stream.queue.push_back({ppid, {bytes.begin(), bytes.end()}});
  queued += bytes.size();
  if (stream.channel && ppid != ppid::dcep) stream.channel->buffered_ += bytes.size();
  if (stream.queue.size() == 1) serve(id, stream);
}

/// Sends what waits on one stream; false when SCTP is full.
bool DataChannels::Impl::serve(std::uint16_t id, Stream& stream) {
  while (sctp.connected() && !stream.queue.empty()) {
    const Waiting& next = stream.queue.front();
    const auto taken = sctp.send(id, next.ppid, next.bytes, next.dcep() ? Reliability() : stream.reliability);
    if (taken == Sctp::Taken::full) return false;
    if (taken == Sctp::Taken::yes && !next.dcep()) ++counts.messages_sent;
    queued -= next.bytes.size();
    if (stream.channel && !next.dcep()) stream.channel->buffered_ -= next.bytes.size();
    stream.queue.pop_front();
  }
  return true;
}

// In turn, beginning behind the one that was served last, so that a busy channel starves no other.
void DataChannels::Impl::serve_all() {
  std::vector<std::uint16_t> order;
  for (auto row = table.upper_bound(last_served); row != table.end(); ++row) order.push_back(row->first);
  for (auto row = table.begin(); row != table.end() && row->first <= last_served; ++row) order.push_back(row->first);
  for (const auto id : order) {
    const auto row = table.find(id);
    if (closed || row == table.end() || row->second.queue.empty()) continue;
    const bool waited = row->second.channel && row->second.channel->buffered() > 0;
    const auto before = row->second.queue.size();
    const bool all = serve(id, row->second);
    if (row->second.queue.size() < before) last_served = id;
    if (!all) continue;  // a smaller message, or one on a stream that is not being reset, may still go
    const auto channel = row->second.channel;
    finish_or_reset(id);
    if (waited && channel) listener.on_channel_writable(*channel);
  }
}

// A stream without channel: reset our side once nothing waits, free the number once both sides are reset.
void DataChannels::Impl::finish_or_reset(std::uint16_t id) {
  const auto row = table.find(id);
  if (row == table.end() || row->second.channel || !sctp.connected()) return;
  Stream& stream = row->second;
  if (stream.reset_here && stream.reset_there) {
    table.erase(row);
  } else if (stream.queue.empty() && !std::exchange(stream.reset_asked, true)) {
    sctp.reset(id);
    nudges_left = nudges_max;
    if (!nudging) nudging = loop.every(nudge_period, [this] { nudge(); });
  }
}

// usrsctp 0.9.5 puts a reset off until everything that was sent before it is there, and then looks at it only when
// another message comes, one reset a message: a peer of our kind might never hear of the close. So while it is awaited
// messages go that say nothing, acknowledgements that nobody waits for.
void DataChannels::Impl::nudge() {
  const bool awaited = std::any_of(table.begin(), table.end(), [](const auto& row) {
    return !row.second.channel && row.second.reset_asked && !row.second.reset_there;
  });
  if (!awaited || nudges_left == 0) return nudging.reset();
  --nudges_left;
  const auto open =
      std::find_if(table.begin(), table.end(), [](const auto& row) { return row.second.channel != nullptr; });
  if (const auto id = open != table.end() ? std::optional(open->first) : free_stream())
    sctp.send(*id, ppid::dcep, write_dcep_acknowledge(), {});
}

// --- What the peer says ----------------------------------------------------------------------------------------------

void DataChannels::Impl::on_sctp_connected(std::uint16_t agreed) {
  streams_agreed = std::min(streams, agreed);
  log.info("channels.connected", {{"streams", streams_agreed}});
  std::vector<std::uint16_t> out_of_range;
  for (const auto& [id, stream] : table)
    if (id >= streams_agreed) out_of_range.push_back(id);
  for (const auto id : out_of_range) {
    const auto channel = table[id].channel;
    let_go(table[id]);
    drop_queue(table[id]);
    table.erase(id);
    if (channel) listener.on_channel_closed(*channel);
    if (closed) return;
  }
  serve_all();
}

void DataChannels::Impl::on_sctp_message(std::uint16_t id, std::uint32_t ppid, BytesView message) {
  if (ppid == ppid::dcep) return on_dcep(id, message);
  const bool text = ppid == ppid::text || ppid == ppid::text_empty;
  const bool known = text || ppid == ppid::binary || ppid == ppid::binary_empty;
  const auto row = table.find(id);
  if (!known || row == table.end() || !row->second.channel) {
    ++counts.messages_dropped;
    return;
  }
  const auto channel = row->second.channel;
  ++counts.messages_received;
  if (!channel->open()) opened(*channel);  // unordered, it overtook the acknowledgement
  if (channel->owner_ == nullptr) return;
  const bool empty = ppid == ppid::text_empty || ppid == ppid::binary_empty;
  listener.on_channel_message(*channel, empty ? BytesView() : message, text ? MessageKind::text : MessageKind::binary);
}

void DataChannels::Impl::on_dcep(std::uint16_t id, BytesView bytes) {
  const auto message = parse_dcep(bytes);
  if (!message) return refuse(id, message.error().what);
  if (message->kind == DcepKind::open) return opened_by_peer(id, message->options);
  const auto row = table.find(id);
  if (row == table.end() || !row->second.channel) return;
  if (const auto channel = row->second.channel; !channel->open()) opened(*channel);
}

void DataChannels::Impl::opened(DataChannel& channel) {
  channel.open_ = true;
  table[channel.id()].reliability.ordered = channel.options().ordered;
  listener.on_channel_open(channel);
}

std::string DataChannels::Impl::why_not(std::uint16_t id) {
  if (!rate.take(loop.now())) return "the peer opens channels too fast";
  if (id >= streams_agreed) return "a stream that was not agreed";
  if (ours(id)) return "a stream number that is ours to open";
  if (const auto row = table.find(id); row != table.end() && !row->second.over_for_peer()) return "a stream in use";
  if (open_channels() >= limits.channels) return "there are " + std::to_string(limits.channels) + " channels already";
  return {};
}

void DataChannels::Impl::opened_by_peer(std::uint16_t id, const ChannelOptions& options) {
  if (const auto why = why_not(id); !why.empty()) return refuse(id, why);
  table.erase(id);
  add(id, options, true);
  ++counts.opened_by_peer;
  Stream& stream = table[id];
  const auto channel = stream.channel;
  enqueue(id, stream, ppid::dcep, write_dcep_acknowledge());
  opened(*channel);
}

// Refused is closed at once. Whoever was refused often enough is not asked what it wants any more.
void DataChannels::Impl::refuse(std::uint16_t id, const std::string& why) {
  if (counts.refused++ == 0) log.warn("channel.refused", {{"stream", id}, {"why", why}});
  if (counts.refused >= limits.refusals) {
    sctp.close();
    return fail_all({"the peer opens data channels that are refused, again and again: " + why, {}, Next::give_up});
  }
  if (id >= streams_agreed || (ours(id) && !table.contains(id))) return;
  const auto channel = table[id].channel;  // a second open breaks the first (RFC 8832 6 knows no such thing)
  let_go(table[id]);
  finish_or_reset(id);
  if (channel) listener.on_channel_closed(*channel);
}

void DataChannels::Impl::on_sctp_reset_by_peer(std::uint16_t id) {
  const auto row = table.find(id);
  if (row == table.end()) return;
  Stream& stream = row->second;
  stream.reset_there = true;
  drop_queue(stream);
  const auto channel = stream.channel;
  let_go(stream);
  finish_or_reset(id);
  if (channel) listener.on_channel_closed(*channel);
}

void DataChannels::Impl::on_sctp_reset_done(std::uint16_t id, bool refused) {
  const auto row = table.find(id);
  if (row == table.end() || !row->second.reset_asked) return;
  row->second.reset_here = true;
  row->second.reset_there |= refused;  // it will never reset its own: do not wait
  finish_or_reset(id);
}

// --- Ends ------------------------------------------------------------------------------------------------------------

void DataChannels::Impl::shut() {
  closed = true;
  nudging.reset();
  for (auto& [id, stream] : table) let_go(stream);
  table.clear();
  queued = 0;
}

void DataChannels::Impl::fail_all(const Error& error) {
  if (closed) return;
  log.warn("channels.failed", {{"why", error.what}, {"opened", counts.opened_by_peer}, {"refused", counts.refused}});
  shut();
  listener.on_channels_failed(error);
}

/// Whoever leaves does it: no fault.
void DataChannels::Impl::end_all(const Error& error) {
  if (closed) return;
  log.info("channels.ended", {{"why", error.what}, {"opened", counts.opened_by_peer}, {"refused", counts.refused}});
  shut();
  listener.on_channels_failed(error);
}

// --- The public face -------------------------------------------------------------------------------------------------

DataChannels::DataChannels(Loop& loop, bool dtls_client, const sdp::RemoteData& remote, const ChannelLimits& limits,
                           ChannelListener& listener, Sctp::Output output, Log log)
    : impl_(std::make_unique<Impl>(*this, loop, dtls_client, remote, limits, listener, std::move(output),
                                   std::move(log))) {}

DataChannels::~DataChannels() { close(); }

void DataChannels::start() {
  if (impl_->closed) return;
  if (auto started = impl_->sctp.start(); !started) impl_->fail_all(started.error());
}

void DataChannels::receive(BytesView packet) { impl_->sctp.receive(packet); }

void DataChannels::close() {
  impl_->shut();
  impl_->sctp.close();
}

Result<DataChannel*> DataChannels::open(const ChannelOptions& options) {
  if (impl_->closed) return fail("the data channels are closed");
  if (options.label.size() > dcep_text_max || options.protocol.size() > dcep_text_max)
    return fail("a data channel's label or protocol is longer than " + std::to_string(dcep_text_max) + " bytes");
  BIGFOOT_CHECK(!options.max_retransmits || !options.max_packet_life_time,
                "a channel is bounded by retransmits or by time, not by both");
  const auto id = impl_->free_stream();
  if (!id || impl_->open_channels() >= impl_->limits.channels)
    return fail("there are " + std::to_string(impl_->open_channels()) + " data channels already");
  DataChannel& channel = impl_->add(*id, options, false);
  impl_->enqueue(*id, impl_->table[*id], ppid::dcep, write_dcep_open(options));
  return &channel;
}

bool DataChannels::connected() const { return impl_->sctp.connected(); }
std::size_t DataChannels::size() const { return impl_->open_channels(); }
std::size_t DataChannels::message_max() const { return impl_->send_max; }

ChannelCounts DataChannels::counts() const {
  ChannelCounts counts = impl_->counts;
  counts.packets_refused = impl_->sctp.refused_packets();
  return counts;
}

Result<> DataChannel::send(BytesView message, MessageKind kind) {
  if (owner_ == nullptr) return fail("the data channel is closed");
  DataChannels::Impl& all = *owner_->impl_;
  if (message.size() > all.send_max)
    return fail("a message of " + std::to_string(message.size()) + " bytes is too long for the data channel: at most " +
                std::to_string(all.send_max));
  if (all.queued + message.size() > all.limits.queue)
    return fail("the data channels' queue is full: " + std::to_string(all.queued) + " bytes wait", {}, Next::retry);
  const bool text = kind == MessageKind::text;
  constexpr std::uint8_t nothing = 0;
  if (message.empty()) {
    all.enqueue(id_, all.table[id_], text ? ppid::text_empty : ppid::binary_empty, {&nothing, 1});
  } else {
    all.enqueue(id_, all.table[id_], text ? ppid::text : ppid::binary, message);
  }
  return {};
}

Result<> DataChannel::send(std::string_view text) {
  return send({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, MessageKind::text);
}

void DataChannel::close() {
  if (owner_ == nullptr) return;
  DataChannels::Impl& all = *owner_->impl_;
  all.let_go(all.table[id_]);
  all.finish_or_reset(id_);
}

}  // namespace bigfoot::transport
