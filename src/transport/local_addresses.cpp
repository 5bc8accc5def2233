#include "transport/local_addresses.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "transport/candidate_filter.hpp"

namespace bigfoot::transport {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string numeric(const sockaddr& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.sa_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
  } else if (address.sa_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text, sizeof text);
  }
  return text;
}

// An IPv6 address whose duplicate check still runs is listed but cannot be used; when it can, netlink tells again.
bool bindable(const sockaddr& address) {
  const socklen_t size = address.sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  const int fd = socket(address.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool bound = bind(fd, &address, size) == 0;
  close(fd);
  return bound;
}

}  // namespace

std::vector<LocalAddress> usable_addresses(std::vector<LocalAddress> all, const IceConfig& config) {
  const auto unusable = [&config](const LocalAddress& local) {
    if (!local.up || contains(config.exclude, local.interface)) return true;
    sdp::Candidate as_candidate;
    as_candidate.address = local.address;
    as_candidate.port = 1;
    if (judge(as_candidate, config.loopback) != CandidateVerdict::usable) return true;
    // Loopback is asked for by its own switch, not by name among the interfaces.
    const bool loopback = judge(as_candidate, false) == CandidateVerdict::loopback;
    return !loopback && !config.interfaces.empty() && !contains(config.interfaces, local.interface);
  };
  all.erase(std::remove_if(all.begin(), all.end(), unusable), all.end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::vector<LocalAddress> list_addresses() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(first, &freeifaddrs);
  std::vector<LocalAddress> all;
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    if (std::string address = numeric(*entry->ifa_addr); !address.empty()) {
      const bool up =
          (entry->ifa_flags & IFF_UP) != 0 && (entry->ifa_flags & IFF_RUNNING) != 0 && bindable(*entry->ifa_addr);
      all.push_back({entry->ifa_name, std::move(address), up});
    }
  }
  return all;
}

}  // namespace bigfoot::transport
