// A network of bad quality, of one's own: a TUN device in each of two network namespaces, and between them this
// program, which holds each packet for `--delay-ms` and loses `--loss` of them. For kernels without netem, and the same
// everywhere. Says {"event":"ready"} when both devices are there, and what it did when it is ended (SIGTERM):
//   {"event":"carried","there":{"packets":…,"lost":…,"late_p99_ms":…},"back":{…}}
// Each packet is lost or not by the throw of a dice of its own direction, the same for each --seed. Order is kept.
// `late`: how long after its time a packet was handed on, for who wants to know whether the machine could keep up.

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/bytes.hpp"
#include "base/clock.hpp"

namespace {

using namespace bigfoot;

constexpr std::size_t waiting_max = 4000;  // 100 ms at 300 Mbit/s; more than any test sends
constexpr std::size_t packet_max = 65536;

[[noreturn]] void give_up(const std::string& what) {
  std::perror(("rough_link: " + what).c_str());
  std::exit(1);
}

/// A TUN device named `device` in the namespace that `ip netns` knows as `space`; its packets are this program's.
int open_tun(const std::string& space, const std::string& device) {
  const int netns = open(("/run/netns/" + space).c_str(), O_RDONLY | O_CLOEXEC);
  if (netns < 0 || setns(netns, CLONE_NEWNET) != 0) give_up("network namespace " + space);
  close(netns);
  const int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  std::strncpy(request.ifr_name, device.c_str(), IFNAMSIZ - 1);
  if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0) give_up("TUN device " + device);
  return fd;
}

/// One direction.
class Way {
 public:
  Way(int from, int to, Nanos delay, double loss, std::uint32_t seed)
      : from_(from), to_(to), delay_(delay), loss_(loss), dice_(seed) {}

  void read(Timestamp now) {
    for (;;) {
      scratch_.resize(packet_max);
      const ssize_t size = ::read(from_, scratch_.data(), scratch_.size());
      if (size <= 0) return;
      ++packets_;
      if (fate_(dice_) < loss_ || waiting_.size() >= waiting_max) {
        ++lost_;
        continue;
      }
      waiting_.push_back({now + delay_, Bytes(scratch_.begin(), scratch_.begin() + size)});
    }
  }
  void write(Timestamp now) {
    for (; !waiting_.empty() && waiting_.front().due <= now; waiting_.pop_front()) {
      (void)!::write(to_, waiting_.front().bytes.data(), waiting_.front().bytes.size());
      late_.push_back(now - waiting_.front().due);
    }
  }
  std::optional<Timestamp> due() const { return waiting_.empty() ? std::nullopt : std::optional(waiting_.front().due); }
  std::string json() {
    std::sort(late_.begin(), late_.end());
    const Nanos late = late_.empty() ? Nanos(0) : late_[late_.size() * 99 / 100];
    char text[160];
    std::snprintf(text, sizeof text, "{\"packets\":%llu,\"lost\":%llu,\"late_p99_ms\":%.3f}",
                  static_cast<unsigned long long>(packets_), static_cast<unsigned long long>(lost_), to_millis(late));
    return text;
  }

 private:
  struct Packet {
    Timestamp due;
    Bytes bytes;
  };
  const int from_, to_;
  const Nanos delay_;
  const double loss_;
  std::mt19937 dice_;
  std::uniform_real_distribution<double> fate_{0, 1};
  std::deque<Packet> waiting_;
  std::vector<Nanos> late_;
  Bytes scratch_;
  std::uint64_t packets_ = 0, lost_ = 0;
};

int ending() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return signalfd(-1, &signals, SFD_CLOEXEC);
}

/// Until a signal.
void carry(Way& there, Way& back, int near, int far) {
  const SystemClock clock;
  pollfd watched[3] = {{near, POLLIN, 0}, {far, POLLIN, 0}, {ending(), POLLIN, 0}};
  while (!(watched[2].revents & POLLIN)) {
    const Timestamp now = clock.now();
    Timestamp due = now + 1s;
    for (const Way* way : {&there, &back}) due = std::min(due, way->due().value_or(due));
    const Nanos wait = std::max<Nanos>(due - now, 0ns);
    const timespec timeout{wait / 1s, (wait % 1s).count()};
    ppoll(watched, 3, &timeout, nullptr);
    there.read(clock.now());
    back.read(clock.now());
    there.write(clock.now());
    back.write(clock.now());
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::string near, far, device = "rough";
  double delay_ms = 20, loss = 0;
  std::uint32_t seed = 1;
  CLI::App app{"a network of bad quality between two network namespaces"};
  app.add_option("near", near)->required();
  app.add_option("far", far)->required();
  app.add_option("--device", device, "its name in both");
  app.add_option("--delay-ms", delay_ms, "each way");
  app.add_option("--loss", loss, "each way, 0 to 1");
  app.add_option("--seed", seed);
  CLI11_PARSE(app, argc, argv);
  // Its lateness would be taken for the network's. Without the right to it: the figures say how late it was.
  const sched_param first{1};
  sched_setscheduler(0, SCHED_FIFO, &first);
  const int near_fd = open_tun(near, device), far_fd = open_tun(far, device);
  const Nanos delay(static_cast<std::int64_t>(delay_ms * 1e6));
  Way there(near_fd, far_fd, delay, loss, seed), back(far_fd, near_fd, delay, loss, seed + 1);
  std::printf("{\"event\":\"ready\"}\n");
  std::fflush(stdout);
  carry(there, back, near_fd, far_fd);
  std::printf("{\"event\":\"carried\",\"there\":%s,\"back\":%s}\n", there.json().c_str(), back.json().c_str());
  return 0;
}
