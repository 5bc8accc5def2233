#include "base/route.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

namespace bigfoot {

std::string source_towards(const std::string& remote) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(remote.c_str(), "9", &hints, &found) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  const int fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {};
  sockaddr_storage source{};
  socklen_t size = sizeof source;
  auto* as_sockaddr = reinterpret_cast<sockaddr*>(&source);
  char text[NI_MAXHOST] = "";
  // connect() on a datagram socket only looks the route up.
  const bool routed = connect(fd, found->ai_addr, found->ai_addrlen) == 0 && getsockname(fd, as_sockaddr, &size) == 0 &&
                      getnameinfo(as_sockaddr, size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0;
  close(fd);
  return routed ? text : "";
}

}  // namespace bigfoot
