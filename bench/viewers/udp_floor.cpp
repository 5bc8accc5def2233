// The floor of `bench viewers`: the same bytes to the same number of addresses with nothing around them. `send` gives
// each address one UDP send a picture, cut into packets by the kernel (GSO): no encryption, no history, no feedback.
// `take` reads and forgets.

#include <arpa/inet.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/clock.hpp"
#include "base/units.hpp"

namespace {

using namespace bigfoot;

constexpr std::uint16_t packet_size = 1160;  // what a full packet of ours has on the wire, below UDP

struct Arguments {
  std::string address = "127.0.0.1";
  std::uint16_t port = 30000;
  int count = 1;
  std::string bitrate = "2.5M";
  int fps = 30;
  double seconds = 5;
};

sockaddr_in address_of(const Arguments& arguments, int index) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(arguments.port + index));
  inet_pton(AF_INET, arguments.address.c_str(), &address.sin_addr);
  return address;
}

/// One socket a viewer, as ours are; they end with the process.
using Open = int (*)(int, const sockaddr*, socklen_t);
std::vector<pollfd> open_all(const Arguments& arguments, Open open) {
  std::vector<pollfd> sockets;
  for (int i = 0; i < arguments.count; ++i) {
    const sockaddr_in address = address_of(arguments, i);
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (fd < 0 || open(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      std::perror("udp_floor");
      std::exit(1);
    }
    sockets.push_back({fd, POLLIN, 0});
  }
  return sockets;
}

int send_pictures(const Arguments& arguments) {
  const auto sockets = open_all(arguments, connect);
  const int segment = packet_size;
  for (const pollfd& socket : sockets) setsockopt(socket.fd, SOL_UDP, UDP_SEGMENT, &segment, sizeof segment);
  const FrameRate fps{arguments.fps, 1};
  const auto bytes = static_cast<std::size_t>(parse_bitrate(arguments.bitrate).value().bytes_in(fps.interval()));
  const std::vector<std::uint8_t> picture(std::min<std::size_t>(bytes, 60'000), 0xA5);
  for (auto beat = std::chrono::steady_clock::now();; beat += fps.interval()) {
    std::this_thread::sleep_until(beat);
    for (const pollfd& socket : sockets) (void)!write(socket.fd, picture.data(), picture.size());
  }
}

int take_packets(const Arguments& arguments) {
  auto sockets = open_all(arguments, bind);
  std::printf("settled\n");
  std::fflush(stdout);
  const auto end =
      std::chrono::steady_clock::now() + Nanos(static_cast<std::int64_t>(arguments.seconds * 1'000'000'000));
  std::uint64_t bytes = 0;
  std::vector<std::uint8_t> packet(65'536);
  while (std::chrono::steady_clock::now() < end) {
    poll(sockets.data(), sockets.size(), 100);
    for (const pollfd& socket : sockets) {
      if ((socket.revents & POLLIN) == 0) continue;
      for (ssize_t got = 0; (got = read(socket.fd, packet.data(), packet.size())) > 0;)
        bytes += static_cast<std::uint64_t>(got);
    }
  }
  std::printf(R"({"connected":%d,"seconds":%g,"bytes":%llu,"errors":[]})"
              "\n",
              arguments.count, arguments.seconds, static_cast<unsigned long long>(bytes));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Bytes to N addresses and nothing else");
  app.require_subcommand(1);
  const auto add = [&](const char* name, const char* help) {
    CLI::App* verb = app.add_subcommand(name, help);
    verb->add_option("--address", arguments.address, "where the packets are taken");
    verb->add_option("--port", arguments.port, "the first of `count`");
    verb->add_option("--count", arguments.count, "addresses")->check(CLI::Range(1, 200));
    return verb;
  };
  CLI::App* send = add("send", "until it is killed");
  send->add_option("--bitrate", arguments.bitrate, "to each");
  send->add_option("--fps", arguments.fps, "pictures a second")->check(CLI::Range(1, 240));
  add("take", "for some seconds")->add_option("--seconds", arguments.seconds)->check(CLI::Range(0.0, 600.0));
  CLI11_PARSE(app, argc, argv);
  return send->parsed() ? send_pictures(arguments) : take_packets(arguments);
}
