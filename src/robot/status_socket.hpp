#pragma once
// The local socket of a running robot. Who connects says one word on a line (`json` or `text`) and is answered once.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.hpp"
#include "base/result.hpp"

namespace bigfoot::robot {

/// Where robots put their sockets and `bigfoot status` looks for them, the first first: $RUNTIME_DIRECTORY (systemd's
/// RuntimeDirectory=) alone where it is set, else $XDG_RUNTIME_DIR/bigfoot and /run/bigfoot.
std::vector<std::string> runtime_directories(const std::function<const char*(const char*)>& environment);
/// The first of them that is there or can be made, and NAME.sock in it. Errors: this user may write in none.
[[nodiscard]] Result<std::string> status_path(const std::vector<std::string>& directories, const std::string& robot);

/// Loop thread. At most eight are answered at once, each within two seconds.
class StatusSocket {
 public:
  using Answer = std::function<std::string(std::string_view word)>;
  /// A socket that nobody listens on any more is replaced. Mode 0660. Errors: another robot listens there, the path is
  /// too long (107 bytes), it cannot be made.
  [[nodiscard]] static Result<std::unique_ptr<StatusSocket>> listen(Loop& loop, const std::string& path, Answer answer);
  ~StatusSocket();  ///< and the file is gone
  StatusSocket(const StatusSocket&) = delete;
  StatusSocket& operator=(const StatusSocket&) = delete;

 private:
  class Connection;
  StatusSocket(Loop& loop, int fd, std::string path, Answer answer);
  void listen();
  void accept();

  Loop& loop_;
  const int fd_;
  const std::string path_;
  const Answer answer_;
  std::vector<std::shared_ptr<Connection>> connections_;
  Subscription watch_, pause_;
};

/// What the robot at `path` says to `word`. Blocks, three seconds at most. Errors: nobody listens (`next` is give_up),
/// this user may not ask, no answer.
[[nodiscard]] Result<std::string> ask_status(const std::string& path, std::string_view word);

}  // namespace bigfoot::robot
