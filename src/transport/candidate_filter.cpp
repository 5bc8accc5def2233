#include "transport/candidate_filter.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

namespace bigfoot::transport {
namespace {

CandidateVerdict judge_v4(std::uint32_t address, bool loopback_allowed) {
  if (address >> 24 == 0) return CandidateVerdict::unspecified;
  if (address >> 24 == 127) return loopback_allowed ? CandidateVerdict::usable : CandidateVerdict::loopback;
  if (address >> 16 == 0xa9fe) return CandidateVerdict::link_local;
  if (address >> 28 >= 0xe) return CandidateVerdict::multicast;  // 224/4, and 240/4 with the broadcast address
  return CandidateVerdict::usable;
}

CandidateVerdict judge_v6(const in6_addr& address, bool loopback_allowed) {
  if (IN6_IS_ADDR_UNSPECIFIED(&address)) return CandidateVerdict::unspecified;
  if (IN6_IS_ADDR_LOOPBACK(&address)) return loopback_allowed ? CandidateVerdict::usable : CandidateVerdict::loopback;
  if (IN6_IS_ADDR_LINKLOCAL(&address)) return CandidateVerdict::link_local;
  if (IN6_IS_ADDR_MULTICAST(&address)) return CandidateVerdict::multicast;
  // ::ffff:127.0.0.1 and ::127.0.0.1 are IPv4 in disguise, and no honest peer writes them (RFC 8445 5.1.1.1).
  if (IN6_IS_ADDR_V4MAPPED(&address) || IN6_IS_ADDR_V4COMPAT(&address)) return CandidateVerdict::not_an_address;
  return CandidateVerdict::usable;
}

}  // namespace

const char* to_string(CandidateVerdict verdict) {
  switch (verdict) {
    case CandidateVerdict::usable: return "usable";
    case CandidateVerdict::mdns: return "mdns";
    case CandidateVerdict::tcp: return "tcp";
    case CandidateVerdict::component: return "component";
    case CandidateVerdict::not_an_address: return "not_an_address";
    case CandidateVerdict::port: return "port";
    case CandidateVerdict::loopback: return "loopback";
    case CandidateVerdict::link_local: return "link_local";
    case CandidateVerdict::multicast: return "multicast";
    case CandidateVerdict::unspecified: return "unspecified";
    case CandidateVerdict::duplicate: return "duplicate";
    case CandidateVerdict::over_limit: return "over_limit";
    case CandidateVerdict::other_generation: return "other_generation";
  }
  return "unknown";
}

CandidateVerdict judge(const sdp::Candidate& candidate, bool loopback_allowed) {
  if (candidate.protocol != "udp") return CandidateVerdict::tcp;
  if (candidate.component != 1) return CandidateVerdict::component;
  if (candidate.is_mdns()) return CandidateVerdict::mdns;
  in_addr v4{};
  in6_addr v6{};
  CandidateVerdict verdict = CandidateVerdict::not_an_address;
  if (inet_pton(AF_INET, candidate.address.c_str(), &v4) == 1) {
    verdict = judge_v4(ntohl(v4.s_addr), loopback_allowed);
  } else if (inet_pton(AF_INET6, candidate.address.c_str(), &v6) == 1) {
    verdict = judge_v6(v6, loopback_allowed);
  }
  if (verdict != CandidateVerdict::usable) return verdict;
  return candidate.port == 0 || candidate.port == 9 ? CandidateVerdict::port : CandidateVerdict::usable;
}

CandidateVerdict CandidateFilter::admit(const sdp::Candidate& candidate) {
  CandidateVerdict verdict = judge(candidate, loopback_allowed_);
  if (verdict == CandidateVerdict::usable) {
    const Seen seen{candidate.address, candidate.port};
    if (std::find(seen_.begin(), seen_.end(), seen) != seen_.end()) {
      verdict = CandidateVerdict::duplicate;
    } else if (seen_.size() >= limit) {
      verdict = CandidateVerdict::over_limit;
    } else {
      seen_.push_back(seen);
    }
  }
  count(verdict);
  return verdict;
}

}  // namespace bigfoot::transport
