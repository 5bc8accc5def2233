#include "base/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <string_view>

namespace bigfoot {
namespace {

/// Half of what systemd waits, as sd_watchdog_enabled(3) advises; nothing: it asked for no sign of life.
Nanos feeding_period() {
  std::uint64_t wait_us = 0;
  if (sd_watchdog_enabled(0, &wait_us) <= 0) return Nanos{0};
  return std::max(Nanos{1}, Nanos(std::chrono::microseconds(wait_us)) / 2);
}

enum class Told { yes, not_yet };

/// sd_notify(3) waits while nobody reads the socket (libsystemd 252), and with it the loop would; this does not. A
/// service manager that does not listen is not ours to mend.
Told tell(std::string_view state) {
  const char* const given = std::getenv("NOTIFY_SOCKET");
  const std::string_view name = given == nullptr ? "" : given;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() < 2 || name.size() >= sizeof address.sun_path || (name[0] != '/' && name[0] != '@')) return Told::yes;
  name.copy(address.sun_path, name.size());
  if (name[0] == '@') address.sun_path[0] = '\0';  // an abstract one: unix(7)
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return Told::not_yet;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  const ssize_t sent = sendto(fd, state.data(), state.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                              reinterpret_cast<const sockaddr*>(&address), size);
  const bool full = sent < 0 && errno == EAGAIN;
  close(fd);
  return full ? Told::not_yet : Told::yes;
}

}  // namespace

ServiceManager::ServiceManager(Loop& loop) : loop_(loop), period_(feeding_period()) {
  if (period_ > Nanos{0}) feeding_ = loop.every(period_, [this] { feed(); });
}

/// The next period would be the end of systemd's patience: what was not heard is said again well before.
void ServiceManager::feed() {
  feed_again_.reset();
  if (tell("WATCHDOG=1") == Told::not_yet)
    feed_again_ = loop_.after(std::clamp<Nanos>(period_ / 4, 1ms, 1s), [this] { feed(); });
}

void ServiceManager::ready() {
  if (tell("READY=1") == Told::not_yet) ready_again_ = loop_.after(1s, [this] { ready(); });
}

void ServiceManager::stopping() {
  ready_again_.reset();
  tell("STOPPING=1");
}

}  // namespace bigfoot
