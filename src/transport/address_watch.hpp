#pragma once
// Tells when this machine's usable addresses or its default routes change (rtnetlink): the robot went from Wi-Fi to
// LTE, a cable was pulled. One for the whole program; whoever owns the sessions calls new_path() on them.

#include <functional>
#include <vector>

#include "base/loop.hpp"
#include "base/result.hpp"
#include "transport/ice_config.hpp"
#include "transport/local_addresses.hpp"

namespace bigfoot::transport {

/// How this machine is connected.
struct NetworkView {
  std::vector<LocalAddress> addresses;  ///< as usable_addresses returns them
  std::vector<std::string> sources;     ///< the addresses that the default routes send from, sorted
};

/// What is different since the last time.
struct AddressChange {
  std::vector<LocalAddress> added;
  std::vector<LocalAddress> removed;
  std::vector<std::string> routed;    ///< a default route sends from these now
  std::vector<std::string> unrouted;  ///< and no longer from these: many carriers drop what still comes from them
  bool any() const { return !added.empty() || !removed.empty() || !routed.empty() || !unrouted.empty(); }
};

/// Pure.
AddressChange compare(const NetworkView& before, const NetworkView& after);

/// Loop thread. A session needs a new path when something was added, or when the address that it uses was removed or
/// has lost the default route.
class AddressWatch {
 public:
  using Handler = std::function<void(const AddressChange&)>;

  /// `config` decides which addresses count (interfaces, exclude, loopback). Silent until start().
  AddressWatch(Loop& loop, IceConfig config, Handler handler);
  ~AddressWatch();
  AddressWatch(const AddressWatch&) = delete;
  AddressWatch& operator=(const AddressWatch&) = delete;

  /// Errors: no netlink socket (a sandbox without AF_NETLINK).
  [[nodiscard]] Result<> start();
  const std::vector<LocalAddress>& addresses() const { return known_.addresses; }

 private:
  void drain();
  void look();
  NetworkView view() const;

  Loop& loop_;
  const IceConfig config_;
  const Handler handler_;
  int fd_ = -1;
  NetworkView known_;
  Subscription readable_;
  Subscription settle_;
};

}  // namespace bigfoot::transport
