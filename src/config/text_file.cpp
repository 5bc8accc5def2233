#include "config/text_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

namespace bigfoot::config {
namespace {

constexpr std::size_t secret_bytes_max = 4096;

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

tl::unexpected<Error> unreadable(int error) {
  switch (error) {
    case ENOENT: return fail("there is no such file", "check the path");
    case EACCES: return fail("this user may not read it", "give its group or everybody the right to read it");
    case EISDIR: return fail("this is a directory", "name the file in it");
    default: return fail(std::string("it cannot be read: ") + std::strerror(error));
  }
}

}  // namespace

Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max) {
  std::error_code unknown;
  const auto kind = std::filesystem::status(path, unknown).type();
  if (kind == std::filesystem::file_type::directory) return unreadable(EISDIR);
  // A pipe nobody writes to would hold the start up.
  if (std::filesystem::exists(std::filesystem::file_status(kind)) && kind != std::filesystem::file_type::regular)
    return fail("this is a device or a pipe", "name a file");
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "re"));
  if (!file) return unreadable(errno);
  std::string bytes;
  char part[4096];
  while (const std::size_t read = std::fread(part, 1, sizeof part, file.get())) {
    bytes.append(part, read);
    if (bytes.size() > bytes_max)
      return fail("larger than " + std::to_string(bytes_max) + " bytes", "is it the right file?");
  }
  if (std::ferror(file.get()) != 0) return unreadable(errno);
  return bytes;
}

Result<std::string> read_secret_file(const std::string& path) {
  auto secret = read_text_file(path, secret_bytes_max);
  if (!secret) return fail(path + ": " + secret.error().what, secret.error().fix);
  secret->erase(std::min(secret->find_last_not_of("\r\n") + 1, secret->size()));
  if (secret->empty()) return fail(path + ": it is empty", "write the secret into it");
  return secret;
}

}  // namespace bigfoot::config
