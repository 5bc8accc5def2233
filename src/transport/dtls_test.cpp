#include "transport/dtls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <deque>
#include <thread>

#include "transport/certificate.hpp"

namespace bigfoot::transport {
namespace {

using ::testing::HasSubstr;

std::vector<sdp::Fingerprint> fingerprint(const Certificate& certificate, const std::string& algorithm = "sha-256") {
  return {{algorithm, *digest_of(certificate.x509(), algorithm)}};
}

/// Two ends and the datagrams between them.
struct Link {
  Certificate client_identity;
  Certificate server_identity;
  std::deque<Bytes> to_server;
  std::deque<Bytes> to_client;
  std::size_t largest = 0;
  std::vector<Bytes> heard;  ///< by the server
  bool closes_when_it_hears = false;
  Dtls client;
  Dtls server;

  Link(std::vector<sdp::Fingerprint> client_expects, std::vector<sdp::Fingerprint> server_expects,
       SSL_CTX* client_context = nullptr)
      : client(client_context != nullptr ? client_context : client_identity.context(), false,
               client_expects.empty() ? fingerprint(server_identity) : client_expects,
               [this](BytesView datagram) { queue(to_server, datagram); }),
        server(
            server_identity.context(), true, server_expects.empty() ? fingerprint(client_identity) : server_expects,
            [this](BytesView datagram) { queue(to_client, datagram); }, [this](BytesView data) { hear(data); }) {}
  Link() : Link({}, {}) {}

  void queue(std::deque<Bytes>& where, BytesView datagram) {
    largest = std::max(largest, datagram.size());
    where.emplace_back(datagram.begin(), datagram.end());
  }
  void hear(BytesView data) {
    heard.emplace_back(data.begin(), data.end());
    if (closes_when_it_hears) server.close();
  }
  void deliver() {
    while (!to_server.empty() || !to_client.empty()) {
      for (auto* direction : {&to_server, &to_client}) {
        if (direction->empty()) continue;
        const Bytes datagram = direction->front();
        direction->pop_front();
        (direction == &to_server ? server : client).receive(datagram);
      }
    }
  }
};

TEST(Dtls, BothEndsDeriveTheSameKeys) {
  Link link;
  link.client.start();
  link.deliver();
  ASSERT_EQ(link.client.state(), Dtls::State::connected);
  ASSERT_EQ(link.server.state(), Dtls::State::connected);
  EXPECT_EQ(link.client.keys().profile, "AEAD_AES_128_GCM");
  EXPECT_EQ(link.client.keys().send, link.server.keys().receive);
  EXPECT_EQ(link.client.keys().receive, link.server.keys().send);
  EXPECT_NE(link.client.keys().send, link.client.keys().receive);
  EXPECT_EQ(link.client.keys().send.size(), 28u);
}

TEST(Dtls, CarriesDataAfterTheHandshakeOnly) {
  Link link;
  link.client.send(Bytes(10));
  EXPECT_TRUE(link.to_server.empty());
  link.client.start();
  link.deliver();
  link.client.send(Bytes{1, 2, 3});
  link.client.send(Bytes(1150, 7));
  link.server.send(Bytes{4});  // the client has no ear for it
  link.deliver();
  EXPECT_THAT(link.heard, ::testing::ElementsAre(Bytes{1, 2, 3}, Bytes(1150, 7)));
  EXPECT_LE(link.largest, 1200u);
  EXPECT_EQ(link.client.state(), Dtls::State::connected);
}

TEST(Dtls, MayBeClosedByWhoHearsItsData) {
  Link link;
  link.client.start();
  link.deliver();
  link.closes_when_it_hears = true;
  link.client.send(Bytes{1});
  link.client.send(Bytes{2});
  link.deliver();
  EXPECT_THAT(link.heard, ::testing::ElementsAre(Bytes{1}));
  EXPECT_EQ(link.client.state(), Dtls::State::closed);
}

TEST(Dtls, NoDatagramIsLargerThanTheMedia) {
  Link link;
  link.client.start();
  link.deliver();
  EXPECT_GT(link.largest, 200u);
  EXPECT_LE(link.largest, 1200u);
}

TEST(Dtls, KnowsThePeerByEveryStrongFingerprint) {
  Link link;
  link.client.start();
  link.deliver();
  for (const char* algorithm : {"sha-256", "sha-384", "sha-512"}) {
    EXPECT_TRUE(link.client.peer_matches(fingerprint(link.server_identity, algorithm))) << algorithm;
    EXPECT_FALSE(link.client.peer_matches(fingerprint(link.client_identity, algorithm))) << algorithm;
  }
}

TEST(Dtls, ServerRefusesAStrangerBeforeAnyKeyExists) {
  const Certificate expected;
  Link link({}, fingerprint(expected));
  link.client.start();
  link.deliver();
  EXPECT_EQ(link.server.state(), Dtls::State::failed);
  EXPECT_THAT(link.server.error().text(), HasSubstr("does not match the fingerprint"));
  EXPECT_TRUE(link.server.keys().send.empty());
  EXPECT_NE(link.client.state(), Dtls::State::connected);
}

TEST(Dtls, ClientRefusesAStranger) {
  const Certificate expected;
  Link link(fingerprint(expected), {});
  link.client.start();
  link.deliver();
  EXPECT_EQ(link.client.state(), Dtls::State::failed);
  EXPECT_THAT(link.client.error().text(), HasSubstr("does not match the fingerprint"));
  EXPECT_NE(link.server.state(), Dtls::State::connected);
}

TEST(Dtls, APeerWithoutACertificateIsRefused) {
  SSL_CTX* anonymous = SSL_CTX_new(DTLS_client_method());
  SSL_CTX_set_tlsext_use_srtp(anonymous, "SRTP_AEAD_AES_128_GCM");
  {
    Link link({}, {}, anonymous);
    link.client.start();
    link.deliver();
    EXPECT_EQ(link.server.state(), Dtls::State::failed);
    EXPECT_TRUE(link.server.keys().send.empty());
  }
  SSL_CTX_free(anonymous);
}

TEST(Dtls, ALostFlightIsSentAgainAfterATenthOfASecond) {
  Link link;
  link.client.start();
  ASSERT_FALSE(link.to_server.empty());
  link.to_server.clear();
  ASSERT_TRUE(link.client.timeout());
  EXPECT_LE(*link.client.timeout(), 100ms);
  std::this_thread::sleep_for(*link.client.timeout() + 1ms);  // OpenSSL's retransmission timer reads the wall clock
  link.client.handle_timeout();
  EXPECT_FALSE(link.to_server.empty());
  link.deliver();
  EXPECT_EQ(link.server.state(), Dtls::State::connected);
  EXPECT_FALSE(link.client.timeout());
}

TEST(Dtls, GoodbyeIsHeard) {
  Link link;
  link.client.start();
  link.deliver();
  link.client.close();
  link.deliver();
  EXPECT_EQ(link.client.state(), Dtls::State::closed);
  EXPECT_EQ(link.server.state(), Dtls::State::closed);
}

TEST(Dtls, RubbishIsNoHarm) {
  Link link;
  link.client.start();
  for (std::size_t size = 0; size < 100; ++size) {
    const Bytes rubbish(size, 22);
    link.server.receive(rubbish);
    link.client.receive(rubbish);
  }
  link.deliver();
  EXPECT_EQ(link.server.state(), Dtls::State::connected);
  const Bytes rubbish(300, 23);
  link.server.receive(rubbish);
  EXPECT_EQ(link.server.state(), Dtls::State::connected);
}

}  // namespace
}  // namespace bigfoot::transport
