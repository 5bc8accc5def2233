#include "server/pages.hpp"

#include <openssl/evp.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "server/entity_tag.hpp"

namespace bigfoot::server {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t file_bytes_max = 8 * 1024 * 1024;

constexpr std::array<std::pair<std::string_view, const char*>, 15> media_types{{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".webmanifest", "application/manifest+json"},
    {".json", "application/json"},
    {".txt", "text/plain; charset=utf-8"},
    {".wasm", "application/wasm"},
    {".mp4", "video/mp4"},
}};

const char* media_type(const std::string& path) {
  const std::string extension = fs::path(path).extension();
  const auto row =
      std::find_if(media_types.begin(), media_types.end(), [&](const auto& r) { return r.first == extension; });
  return row == media_types.end() ? nullptr : row->second;
}

/// Hidden files and what npm leaves in a source tree are nobody's business.
bool is_public(const std::string& path) {
  for (const auto& part : fs::path(path))
    if (part.string().starts_with('.') || part == "node_modules") return false;
  return media_type(path) != nullptr;
}

std::string digest_of(const std::string& body) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(body.data(), body.size(), digest.data(), &size, EVP_sha256(), nullptr);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "\"";
  for (std::size_t i = 0; i < 12; ++i) (text += digits[digest[i] >> 4]) += digits[digest[i] & 15];
  return text + "\"";
}

/// Safari before 15.4 does not take 'self' for WebSockets, so the page's own host is named too.
std::string content_security_policy(const std::string* host) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]";
  std::string sockets;
  if (host && !host->empty() && host->size() <= 255 && host->find_first_not_of(allowed) == std::string::npos)
    sockets = " ws://" + *host + " wss://" + *host;
  return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
         "font-src 'self'; manifest-src 'self'; connect-src 'self'" +
         sockets + "; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
}

}  // namespace

const Pages::File* Pages::load(const std::string& path) {
  std::error_code error;
  const fs::path root = fs::canonical(directory_, error);
  if (error) return nullptr;
  const fs::path real = fs::canonical(root / path, error);
  if (error) return nullptr;
  const bool inside = std::mismatch(root.begin(), root.end(), real.begin(), real.end()).first == root.end();
  struct stat status {};
  if (!inside || stat(real.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return nullptr;
  const auto size = static_cast<std::uintmax_t>(status.st_size);
  if (size > file_bytes_max) return nullptr;
  const std::int64_t modified = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  File& file = files_[path];
  if (file.etag.empty() || file.modified != modified || file.size != size) {
    std::ifstream in(real, std::ios::binary);
    file = {modified, size, "", std::string(std::istreambuf_iterator<char>(in), {})};
    file.etag = digest_of(file.body);
  }
  return &file;
}

HttpResponse Pages::get(const HttpRequest& request, const std::string& path) {
  if (request.method != "GET" && request.method != "HEAD") return method_not_allowed(request, "GET, HEAD");
  const File* file = is_public(path) ? load(path) : nullptr;
  if (!file)
    return text_response(404, "there is no such page; / lists the robots").with("X-Content-Type-Options", "nosniff");
  HttpResponse response{200};
  const std::string* known = request.header("If-None-Match");
  const auto tags = known ? parse_entity_tags(*known) : std::nullopt;
  if (tags && tags->matches_weakly(file->etag))
    response.status = 304;
  else
    response.body = file->body;
  response.with("Content-Type", media_type(path))
      .with("ETag", file->etag)
      .with("Cache-Control", "no-cache")
      .with("Content-Security-Policy", content_security_policy(request.header("Host")))
      .with("X-Content-Type-Options", "nosniff")
      .with("Referrer-Policy", "no-referrer")
      .with("Cross-Origin-Opener-Policy", "same-origin");
  return response;
}

std::string find_web_dir(const std::string& configured, const std::string& program, const std::string& built_in) {
  if (!configured.empty()) return configured;
  std::error_code error;
  const fs::path installed = fs::path(program).parent_path().parent_path() / "share/bigfoot/web";
  return fs::exists(installed / "index.html", error) ? installed.string() : built_in;
}

}  // namespace bigfoot::server
