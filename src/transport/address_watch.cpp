#include "transport/address_watch.hpp"

#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "base/route.hpp"

namespace bigfoot::transport {
namespace {

// DHCP takes an address away and sets the next within a few ms; one new path for both.
constexpr Nanos settle_time = 75ms;
// Link events too: a pulled cable leaves the address in place. Routes: a weak Wi-Fi keeps its address when the default
// route goes to LTE. Lifetimes renewed by router advertisements come here as well, so the lists decide, not the event.
constexpr unsigned groups =
    RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_LINK | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
// Of the blocks for documentation (RFC 5737, RFC 3849): nobody has a route of their own to them, so the default one is
// what a look-up finds.
constexpr std::array<const char*, 2> far_away = {"192.0.2.1", "2001:db8::1"};

template <class T>
std::vector<T> without(const std::vector<T>& all, const std::vector<T>& some) {
  std::vector<T> rest;
  std::set_difference(all.begin(), all.end(), some.begin(), some.end(), std::back_inserter(rest));
  return rest;
}

}  // namespace

AddressChange compare(const NetworkView& before, const NetworkView& after) {
  return {without(after.addresses, before.addresses), without(before.addresses, after.addresses),
          without(after.sources, before.sources), without(before.sources, after.sources)};
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
  known_ = view();
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
  NetworkView now = view();
  const AddressChange change = compare(known_, now);
  known_ = std::move(now);
  if (change.any()) handler_(change);
}

NetworkView AddressWatch::view() const {
  NetworkView view{usable_addresses(list_addresses(), config_), {}};
  for (const char* remote : far_away)
    if (std::string source = source_towards(remote); !source.empty()) view.sources.push_back(std::move(source));
  std::sort(view.sources.begin(), view.sources.end());
  return view;
}

}  // namespace bigfoot::transport
