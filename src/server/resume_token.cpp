#include "server/resume_token.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/check.hpp"
#include "base/random.hpp"
#include "server/base64url.hpp"

namespace bigfoot::server {
namespace {

constexpr std::size_t token_bytes_max = 2048;

/// Closes the descriptor when it dies.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::string why() { return std::strerror(errno); }

Result<Bytes> read_key(int fd, const std::string& path) {
  Bytes key(ResumeTokens::key_bytes + 1);
  const ssize_t got = read(fd, key.data(), key.size());
  if (got != static_cast<ssize_t>(ResumeTokens::key_bytes))
    return fail(path + " does not hold " + std::to_string(ResumeTokens::key_bytes) + " bytes",
                "delete it, and a new one is made; sessions from before then end");
  key.resize(ResumeTokens::key_bytes);
  return key;
}

/// Written beside and linked into place, so that two servers that start at once agree and a crash leaves no half key.
Result<> make_key(const std::string& path) {
  const Bytes key = random_resume_key();
  const std::string draft = path + "." + random_token(8);
  {
    const Descriptor fd(open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (fd.get() < 0) return fail("cannot write " + draft + ": " + why());
    const bool written = write(fd.get(), key.data(), key.size()) == static_cast<ssize_t>(key.size());
    if (!written || fsync(fd.get()) != 0) {
      const std::string reason = why();
      unlink(draft.c_str());
      return fail("cannot write " + draft + ": " + reason);
    }
  }
  const int linked = link(draft.c_str(), path.c_str());
  const int error = errno;
  unlink(draft.c_str());
  if (linked != 0 && error != EEXIST) return fail("cannot make " + path + ": " + std::strerror(error));
  return {};
}

}  // namespace

ResumeTokens::ResumeTokens(Bytes key) : key_(std::move(key)) {
  BIGFOOT_CHECK(key_.size() == key_bytes, "a resume key has 32 bytes");
}

std::string ResumeTokens::mac(std::string_view payload) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  const auto* made = HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
                          reinterpret_cast<const unsigned char*>(payload.data()), payload.size(), out.data(), &size);
  BIGFOOT_CHECK(made, "HMAC-SHA256 failed");
  return {reinterpret_cast<const char*>(out.data()), size};
}

std::string ResumeTokens::issue(const ResumeClaim& claim) const {
  const std::string payload =
      std::string(claim.side == protocol::Role::producer ? "p" : "c") + claim.session_id + "\n" + claim.robot;
  return to_base64url(payload) + "." + to_base64url(mac(payload));
}

std::optional<ResumeClaim> ResumeTokens::verify(std::string_view token) const {
  const auto dot = token.find('.');
  if (token.size() > token_bytes_max || dot == std::string_view::npos) return std::nullopt;
  const auto payload = from_base64url(token.substr(0, dot));
  const auto signature = from_base64url(token.substr(dot + 1));
  if (!payload || !signature) return std::nullopt;
  const std::string expected = mac(*payload);
  if (signature->size() != expected.size() || CRYPTO_memcmp(signature->data(), expected.data(), expected.size()) != 0)
    return std::nullopt;
  const auto line = payload->find('\n');
  if (line == std::string::npos || line < 2) return std::nullopt;
  return ResumeClaim{payload->substr(1, line - 1),
                     payload->front() == 'p' ? protocol::Role::producer : protocol::Role::consumer,
                     payload->substr(line + 1)};
}

Bytes random_resume_key() {
  Bytes key(ResumeTokens::key_bytes);
  fill_random(key);
  return key;
}

Result<Bytes> load_resume_key(const std::string& state_dir) {
  std::error_code error;
  std::filesystem::create_directories(state_dir, error);
  if (error) return fail("cannot make " + state_dir + ": " + error.message());
  const std::string path = state_dir + "/resume.key";
  if (access(path.c_str(), F_OK) != 0) {
    if (auto made = make_key(path); !made) return tl::unexpected(made.error());
  }
  const Descriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return fail("cannot read " + path + ": " + why());
  return read_key(fd.get(), path);
}

}  // namespace bigfoot::server
