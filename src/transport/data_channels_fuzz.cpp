// Input: what SCTP hands up, in any order and at any time, and what the program does meanwhile. SCTP itself is played
// by the input (usrsctp is not ours, and no part of this build): streams agreed, whole messages, resets, room or none,
// the end. Whatever comes, all is bounded, what is sent is DCEP or was given to us, and nobody is told of a channel
// that is over.
#include "transport/data_channels.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/fake_loop.hpp"

namespace bigfoot {

// Log{} is silent; what it would write with is not in this build.
void LogWriter::write(LogLevel, std::string_view, const std::vector<LogField>&, LogFields) {}

}  // namespace bigfoot

namespace bigfoot::transport {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// An association, as the input plays it.
struct Played {
  SctpEvents* events = nullptr;
  std::uint16_t streams = 0;
  bool over = false;
  Sctp::Taken answer = Sctp::Taken::yes;
};
Played* newest = nullptr;

}  // namespace

struct Sctp::Impl : Played {};

Sctp::Sctp(Loop&, const SctpConfig&, SctpEvents& events, Output) : impl_(std::make_unique<Impl>()) {
  impl_->events = &events;
  newest = impl_.get();
}
Sctp::~Sctp() = default;
Result<> Sctp::start() { return {}; }
void Sctp::receive(BytesView) {}
Sctp::Taken Sctp::send(std::uint16_t stream, std::uint32_t ppid, BytesView message, const Reliability& how) {
  require(!message.empty() && !(how.max_retransmits && how.life_time));
  if (!connected() || stream >= impl_->streams) return Taken::never;
  if (ppid == ppid::dcep) require(parse_dcep(message).has_value() && how.ordered);
  return impl_->answer;
}
void Sctp::reset(std::uint16_t stream) { require(!connected() || stream < 128); }
void Sctp::close() { impl_->over = true; }
bool Sctp::connected() const { return !impl_->over && impl_->streams > 0; }
std::uint64_t Sctp::refused_packets() const { return 0; }

namespace {

constexpr ChannelLimits limits{.channels = 6, .message = 2'000, .queue = 5'000, .opens_at_once = 12, .refusals = 20};

class Program final : public ChannelListener {
 public:
  explicit Program(BytesView input) : reader_(input) { channels_.start(); }
  void play() {
    while (reader_.left() >= 2) {
      act(reader_.u8());
      require(channels_.size() <= limits.channels && channels_.counts().refused <= limits.refusals);
      std::size_t waiting = 0;
      for (const DataChannel* channel : live_) waiting += channel->buffered();
      require(waiting <= limits.queue);
    }
  }

 private:
  void act(std::uint8_t action) {
    switch (action % 13) {
      case 0: connect(reader_.be16()); break;
      case 1: tell([&](SctpEvents& up) { up.on_sctp_reset_by_peer(reader_.u8()); }); break;
      case 2: tell([&](SctpEvents& up) { up.on_sctp_reset_done(reader_.u8(), (action & 64) != 0); }); break;
      case 3: sctp_.answer = static_cast<Sctp::Taken>(reader_.u8() % 3); break;
      case 4: tell([](SctpEvents& up) { up.on_sctp_writable(); }); break;
      case 5: loop_.advance(Millis(reader_.u8())); break;
      case 6: open(action); break;
      case 7: with_one([&](DataChannel& channel) { send(channel, reader_.u8() * 10u); }); break;
      case 8: with_one([&](DataChannel& channel) { close(channel); }); break;
      case 9: end(reader_.u8()); break;
      case 10: habits_ = reader_.u8(); break;
      default: message(); break;
    }
  }
  template <class Tell>
  void tell(Tell what) {
    if (sctp_.over || sctp_.streams == 0) return;
    what(*sctp_.events);
  }
  void connect(std::uint16_t streams) {
    if (sctp_.over || sctp_.streams != 0 || streams == 0) return;
    sctp_.streams = streams;
    sctp_.events->on_sctp_connected(streams);
  }
  void message() {
    const std::uint16_t stream = reader_.u8();
    const std::uint32_t kind = reader_.u8() % 10;
    const BytesView bytes = reader_.view(std::min<std::size_t>(reader_.u8(), reader_.left()));
    if (bytes.empty()) return;  // SCTP has none
    tell([&](SctpEvents& up) { up.on_sctp_message(stream, ppid::dcep + kind, bytes); });
  }
  // As Sctp does: it is over before it says so.
  void end(std::uint8_t how) {
    if (how > 7 || sctp_.over) return;
    sctp_.over = true;
    const Error why{"it ended", {}, Next::give_up};
    how % 2 == 0 ? sctp_.events->on_sctp_ended(why) : sctp_.events->on_sctp_failed(why);
  }
  void open(std::uint8_t action) {
    ChannelOptions options;
    options.label = "ours";
    options.ordered = (action & 32) == 0;
    if ((action & 64) != 0) options.max_retransmits = 0;
    if (const auto opened = channels_.open(options)) live_.push_back(*opened);
  }
  template <class What>
  void with_one(What what) {
    if (!live_.empty()) what(*live_[reader_.u8() % live_.size()]);
  }
  static void send(DataChannel& channel, std::size_t size) {
    const Bytes bytes(size, 1);
    (void)channel.send(bytes, MessageKind::binary);
  }
  void close(DataChannel& channel) {
    std::erase(live_, &channel);
    channel.close();
  }
  bool alive(const DataChannel& channel) const {
    return std::find(live_.begin(), live_.end(), &channel) != live_.end();
  }

  // What is done inside a callback is a habit: any of it may happen there.
  void on_channel_open(DataChannel& channel) override {
    require(!failed_ && channel.open() && channel.opened_by_peer() != alive(channel));
    if (channel.opened_by_peer()) live_.push_back(&channel);
    if ((habits_ & 1) != 0) send(channel, 30);
    if ((habits_ & 2) != 0) close(channel);
  }
  void on_channel_message(DataChannel& channel, BytesView bytes, MessageKind kind) override {
    require(!failed_ && alive(channel) && channel.open());
    if ((habits_ & 4) != 0) (void)channel.send(bytes, kind);
    if ((habits_ & 8) != 0) close(channel);
  }
  void on_channel_writable(DataChannel& channel) override {
    require(!failed_ && alive(channel));
    if ((habits_ & 16) != 0) send(channel, 1'000);
    if ((habits_ & 32) != 0) close(channel);
  }
  void on_channel_closed(DataChannel& channel) override {
    require(!failed_ && alive(channel));
    std::erase(live_, &channel);
    if ((habits_ & 64) != 0) open(0);
    if ((habits_ & 128) != 0) channels_.close(), live_.clear(), failed_ = true;
  }
  void on_channels_failed(const Error& error) override {
    require(!failed_ && !error.what.empty());
    failed_ = true;
    live_.clear();
  }

  ByteReader reader_;
  FakeLoop loop_;
  DataChannels channels_{loop_, true, {}, limits, *this, [](BytesView) {}, Log()};
  Played& sctp_ = *newest;
  std::vector<DataChannel*> live_;
  std::uint8_t habits_ = 0;
  bool failed_ = false;
};

}  // namespace
}  // namespace bigfoot::transport

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size <= 20'000) bigfoot::transport::Program({data, size}).play();
  return 0;
}
