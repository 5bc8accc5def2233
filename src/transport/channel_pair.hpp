#pragma once
// Test support: the data channels of two peers, and a wire between them that a test can cut or thin out.

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "base/fake_loop.hpp"
#include "base/glib_loop.hpp"
#include "transport/data_channels.hpp"
#include "transport/sctp_stack.hpp"

namespace bigfoot::transport {

/// One side: keeps what it hears.
struct ChannelSide final : ChannelListener {
  struct Message {
    std::string label;
    Bytes bytes;
    MessageKind kind;
  };
  std::vector<DataChannel*> open;   ///< by the peer
  std::vector<std::string> opened;  ///< labels, both ways
  std::vector<Message> messages;
  std::vector<std::string> closed;
  std::vector<std::string> errors;
  int writable = 0;
  std::function<void(DataChannel&)> when_open;
  std::function<void()> when_anything;

  void on_channel_open(DataChannel& channel) override {
    opened.push_back(channel.label());
    if (channel.opened_by_peer()) open.push_back(&channel);
    if (when_open) when_open(channel);
    if (when_anything) when_anything();
  }
  void on_channel_message(DataChannel& channel, BytesView message, MessageKind kind) override {
    messages.push_back({channel.label(), {message.begin(), message.end()}, kind});
    if (when_anything) when_anything();
  }
  void on_channel_writable(DataChannel&) override {
    ++writable;
    if (when_anything) when_anything();
  }
  void on_channel_closed(DataChannel& channel) override {
    closed.push_back(channel.label());
    std::erase(open, &channel);
    if (when_anything) when_anything();
  }
  void on_channels_failed(const Error& error) override {
    errors.push_back(error.what);
    open.clear();
    if (when_anything) when_anything();
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> found;
    for (const auto& message : messages) found.emplace_back(message.bytes.begin(), message.bytes.end());
    return found;
  }
};

/// `client` begins DTLS, so its channels have even numbers.
template <class LoopType>
struct ChannelPair {
  explicit ChannelPair(const ChannelLimits& client_limits = {}, const ChannelLimits& server_limits = {},
                       const sdp::RemoteData& told_client = {})
      : client(loop, true, told_client, client_limits, client_side, wire(false), Log()),
        server(loop, false, {}, server_limits, server_side, wire(true), Log()) {}

  Sctp::Output wire(bool to_client) {
    return [this, to_client](BytesView packet) {
      packets.emplace_back(packet.begin(), packet.end());
      if (drop && drop(packet, to_client)) return;
      loop.post([this, to_client, copy = packets.back()] { (to_client ? client : server).receive(copy); });
    };
  }
  void start() {
    client.start();
    server.start();
  }

  LoopType loop;
  std::vector<Bytes> packets;  ///< all that were sent
  std::function<bool(BytesView, bool to_client)> drop;
  ChannelSide client_side, server_side;
  DataChannels client, server;
};

using FakePair = ChannelPair<FakeLoop>;
/// Where what is lost is sent again, for usrsctp holds its age against the wall clock.
using RealPair = ChannelPair<GlibLoop>;

class ChannelTest : public ::testing::Test {
 protected:
  ~ChannelTest() override {
    EXPECT_EQ(SctpStack::of_this_process().orphans(), 0u) << "packets of a closed association";
  }

  void connect(FakePair& pair) {
    pair.start();
    pair.loop.advance(500ms);
    ASSERT_TRUE(pair.client.connected() && pair.server.connected());
  }
  DataChannel& open(FakePair& pair, DataChannels& from, const ChannelOptions& options) {
    auto opened = from.open(options);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().what);
    pair.loop.advance(200ms);
    EXPECT_TRUE((*opened)->open());
    return **opened;
  }
};

}  // namespace bigfoot::transport
