#include "robot/status_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace bigfoot::robot {
namespace {

constexpr std::size_t word_max = 16;
constexpr std::size_t connections_max = 8;
constexpr Nanos answer_at_most = 2s;
constexpr Nanos ask_at_most = 3s;
constexpr Nanos pause_without_descriptors = 200ms;
constexpr const char* path_fix = "choose another path with --status-socket, or none";

std::string reason() { return std::strerror(errno); }

struct Fd {
  int fd = -1;
  ~Fd() {
    if (fd >= 0) ::close(fd);
  }
  Fd() = default;
  explicit Fd(int its) : fd(its) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int release() { return std::exchange(fd, -1); }
};

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return fail(path + " is too long for a socket: at most " + std::to_string(sizeof address.sun_path - 1) + " bytes",
                path_fix);
  std::copy(path.begin(), path.end(), address.sun_path);
  return address;
}

/// Until when an answer is awaited; a robot that hangs takes no connections either, once its queue is full.
class Deadline {
 public:
  explicit Deadline(Nanos from_now) : at_(SystemClock().now() + from_now) {}
  /// For `option` of `fd`; false when it has passed.
  bool put(int fd, int option) const {
    const auto left = std::chrono::duration_cast<Micros>(at_ - SystemClock().now()).count();
    const timeval time{static_cast<time_t>(left / 1'000'000), static_cast<suseconds_t>(left % 1'000'000)};
    return left > 0 && ::setsockopt(fd, SOL_SOCKET, option, &time, sizeof time) == 0;
  }

 private:
  Timestamp at_;
};

int connect_to(int fd, const sockaddr_un& address) {
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

bool somebody_listens(const sockaddr_un& address) {
  const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return connect_to(probe.fd, address) == 0 || errno == EAGAIN;
}

}  // namespace

std::vector<std::string> runtime_directories(const std::function<const char*(const char*)>& environment) {
  std::vector<std::string> directories;
  const auto value = [&](const char* name) {
    const char* found = environment(name);
    return found == nullptr ? std::string() : std::string(found);
  };
  const std::string of_unit = value("RUNTIME_DIRECTORY");  // several stand between colons
  if (!of_unit.empty()) return {of_unit.substr(0, of_unit.find(':'))};
  if (const std::string of_user = value("XDG_RUNTIME_DIR"); !of_user.empty())
    directories.push_back(of_user + "/bigfoot");
  directories.emplace_back("/run/bigfoot");
  return directories;
}

Result<std::string> status_path(const std::vector<std::string>& directories, const std::string& robot) {
  std::string tried;
  for (const std::string& directory : directories) {
    const bool there = ::mkdir(directory.c_str(), 0755) == 0 || errno == EEXIST;
    if (there && ::access(directory.c_str(), W_OK | X_OK) == 0)
      return std::string(directory).append("/").append(robot).append(".sock");
    tried += (tried.empty() ? "" : ", ") + directory;
  }
  return fail("no directory for it can be written: " + tried, "name a path with --status-socket");
}

/// One that asks: first its word, then our answer.
class StatusSocket::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(StatusSocket& owner, int fd) : owner_(owner), fd_(fd) {}
  void start() {
    deadline_ = owner_.loop_.after(answer_at_most, [this] { end(); });
    watch_ = owner_.loop_.watch(fd_.fd, Io::readable, [this] { read(); });
  }

 private:
  void read() {
    char bytes[word_max];
    const ssize_t got = ::recv(fd_.fd, bytes, sizeof bytes, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got > 0) word_.append(bytes, static_cast<std::size_t>(got));
    const auto line_end = word_.find('\n');
    if (got > 0 && line_end == std::string::npos && word_.size() < word_max) return;
    answer_ = owner_.answer_(std::string_view(word_).substr(0, line_end));
    watch_ = owner_.loop_.watch(fd_.fd, Io::writable, [this] { write(); });
  }
  void write() {
    const ssize_t sent = ::send(fd_.fd, answer_.data(), answer_.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) return;
    answer_.erase(0, sent < 0 ? answer_.size() : static_cast<std::size_t>(sent));
    if (answer_.empty()) end();
  }
  /// Freed from the loop: this may be its own watch's call.
  void end() {
    watch_.reset();
    deadline_.reset();
    const auto self = shared_from_this();
    std::erase(owner_.connections_, self);
    owner_.loop_.post([self] {});
  }

  StatusSocket& owner_;
  Fd fd_;
  std::string word_, answer_;
  Subscription watch_, deadline_;
};

StatusSocket::StatusSocket(Loop& loop, int fd, std::string path, Answer answer)
    : loop_(loop), fd_(fd), path_(std::move(path)), answer_(std::move(answer)) {
  listen();
}

StatusSocket::~StatusSocket() {
  watch_.reset();
  connections_.clear();
  ::close(fd_);
  ::unlink(path_.c_str());
}

Result<std::unique_ptr<StatusSocket>> StatusSocket::listen(Loop& loop, const std::string& path, Answer answer) {
  const auto address = address_of(path);
  if (!address) return tl::unexpected<Error>(address.error());
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (somebody_listens(*address)) return fail("another robot listens at " + path, "give each robot its own name");
  struct stat there {};
  if (::lstat(path.c_str(), &there) == 0 && !S_ISSOCK(there.st_mode))
    return fail(path + " is a file of something else", path_fix);
  ::unlink(path.c_str());
  const bool bound = ::bind(fd.fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0;
  if (!bound || ::chmod(path.c_str(), 0660) != 0 || ::listen(fd.fd, connections_max) != 0)
    return fail("cannot listen at " + path + ": " + reason(), path_fix);
  return std::unique_ptr<StatusSocket>(new StatusSocket(loop, fd.release(), path, std::move(answer)));
}

void StatusSocket::listen() {
  watch_ = loop_.watch(fd_, Io::readable, [this] { accept(); });
}

void StatusSocket::accept() {
  const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
    watch_.reset();  // who asks stays in the queue, so the loop would turn without end
    pause_ = loop_.after(pause_without_descriptors, [this] { listen(); });
  }
  if (fd < 0) return;
  auto connection = std::make_shared<Connection>(*this, fd);
  if (connections_.size() >= connections_max) return;  // it is closed
  connections_.push_back(connection);
  connection->start();
}

Result<std::string> ask_status(const std::string& path, std::string_view word) {
  const auto address = address_of(path);
  if (!address) return tl::unexpected<Error>(address.error());
  const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Deadline deadline(ask_at_most);
  const auto silent = [&] {
    return fail("the robot at " + path + " does not answer", "it may hang: its log says more", Next::retry);
  };
  if (!deadline.put(fd.fd, SO_SNDTIMEO)) return silent();
  if (connect_to(fd.fd, *address) != 0) {
    if (errno == EAGAIN) return silent();
    if (errno == EACCES)
      return fail("you may not ask the robot at " + path, "ask as root, or as a member of its group (bigfoot)",
                  Next::retry);
    return fail("no robot listens at " + path, "start one with `bigfoot robot`");
  }
  const std::string line = std::string(word) + "\n";
  if (::send(fd.fd, line.data(), line.size(), MSG_NOSIGNAL) < 0)
    return fail("the robot at " + path + " hung up", "ask again", Next::retry);
  std::string answer;
  for (;;) {
    char bytes[4096];
    if (!deadline.put(fd.fd, SO_RCVTIMEO)) return silent();
    const ssize_t got = ::recv(fd.fd, bytes, sizeof bytes, 0);
    if (got < 0 && errno == EAGAIN) return silent();
    if (got <= 0) break;
    answer.append(bytes, static_cast<std::size_t>(got));
  }
  if (answer.empty()) return fail("the robot at " + path + " gave no answer", "ask again in a moment", Next::retry);
  if (answer.back() != '\n')
    return fail("the robot at " + path + " hung up before its answer was whole", "ask again", Next::retry);
  return answer;
}

}  // namespace bigfoot::robot
