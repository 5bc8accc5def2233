#include "transport/address_watch.hpp"

#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>

namespace bigfoot::transport {
namespace {

// DHCP takes an address away and sets the next within a few ms; one new path for both.
constexpr Nanos settle_time = 75ms;
// Link events too: a pulled cable leaves the address in place. Lifetimes renewed by router advertisements come here as
// well, so the list decides, not the event.
constexpr unsigned groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_LINK;

}  // namespace

AddressChange compare(const std::vector<LocalAddress>& before, const std::vector<LocalAddress>& after) {
  AddressChange change;
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(change.added));
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(change.removed));
  return change;
}

AddressWatch::AddressWatch(Loop& loop, IceConfig config, Handler handler)
    : loop_(loop), config_(std::move(config)), handler_(std::move(handler)) {}

AddressWatch::~AddressWatch() {
  readable_.reset();
  if (fd_ >= 0) close(fd_);
}

Result<> AddressWatch::start() {
  fd_ = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  if (fd_ < 0 || bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail(std::string("no netlink socket: ") + std::strerror(errno),
                "allow AF_NETLINK, or address changes are noticed only when packets stop");
  }
  known_ = usable_addresses(list_addresses(), config_);
  readable_ = loop_.watch(fd_, Io::readable, [this] { drain(); });
  return {};
}

void AddressWatch::drain() {
  std::array<char, 8192> discarded;
  for (;;) {
    const ssize_t got = recv(fd_, discarded.data(), discarded.size(), 0);
    if (got < 0 && errno != ENOBUFS && errno != EINTR) break;  // ENOBUFS: events were lost, so something did change
  }
  if (!settle_) settle_ = loop_.after(settle_time, [this] { look(); });
}

void AddressWatch::look() {
  settle_.reset();
  auto now = usable_addresses(list_addresses(), config_);
  const AddressChange change = compare(known_, now);
  known_ = std::move(now);
  if (change.any()) handler_(change);
}

}  // namespace bigfoot::transport
