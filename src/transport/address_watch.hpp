#pragma once
// Tells when this machine's usable addresses change (rtnetlink): the robot went from Wi-Fi to LTE, a cable was pulled.
// One for the whole program; whoever owns the sessions calls new_path() on them.

#include <functional>
#include <vector>

#include "base/loop.hpp"
#include "base/result.hpp"
#include "transport/ice_config.hpp"
#include "transport/local_addresses.hpp"

namespace bigfoot::transport {

/// What is different since the last time.
struct AddressChange {
  std::vector<LocalAddress> added;
  std::vector<LocalAddress> removed;
  bool any() const { return !added.empty() || !removed.empty(); }
};

/// Both sorted, as usable_addresses returns them. Pure.
AddressChange compare(const std::vector<LocalAddress>& before, const std::vector<LocalAddress>& after);

/// Loop thread. A session needs a new path when something was added, or when the address that it uses was removed.
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
  const std::vector<LocalAddress>& addresses() const { return known_; }

 private:
  void drain();
  void look();

  Loop& loop_;
  const IceConfig config_;
  const Handler handler_;
  int fd_ = -1;
  std::vector<LocalAddress> known_;
  Subscription readable_;
  Subscription settle_;
};

}  // namespace bigfoot::transport
