#pragma once
// The files of web/, served with an ETag and a strict Content-Security-Policy.

#include <map>
#include <string>

#include "server/http_message.hpp"

namespace bigfoot::server {

/// Loop thread. A file is read again when its size or time changed, so an edited page shows at the next reload.
class Pages {
 public:
  explicit Pages(std::string directory) : directory_(std::move(directory)) {}

  /// GET or HEAD of a file by its path relative to the directory (segments that route_of let through). Files outside
  /// the directory, hidden ones, ones of unknown type and ones above 8 MiB are 404.
  HttpResponse get(const HttpRequest& request, const std::string& path);

 private:
  struct File {
    std::int64_t modified = 0;  ///< ns
    std::uintmax_t size = 0;
    std::string etag;
    std::string body;
  };
  const File* load(const std::string& path);
  std::string directory_;
  std::map<std::string, File> files_;
};

/// The web directory: `configured`, else PREFIX/share/bigfoot/web beside the program PREFIX/bin/…, else `built_in`.
std::string find_web_dir(const std::string& configured, const std::string& program, const std::string& built_in);

}  // namespace bigfoot::server
