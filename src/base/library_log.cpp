#include "base/library_log.hpp"

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include <glib.h>

#include "base/news.hpp"

namespace bigfoot {
namespace {

/// Of the lines that are told from their repetitions; a library has few.
constexpr std::size_t texts_max = 64;

std::string field_of(const GLogField* fields, gsize count, std::string_view name) {
  for (gsize i = 0; i < count; ++i) {
    if (name != fields[i].key) continue;
    const auto* text = static_cast<const char*>(fields[i].value);
    return fields[i].length < 0 ? std::string(text) : std::string(text, static_cast<std::size_t>(fields[i].length));
  }
  return {};
}

/// Called in whatever thread a library warns in.
class LibraryLog {
 public:
  LibraryLog(const std::shared_ptr<LogWriter>& writer, LogField owner) : writer_(writer), owner_(std::move(owner)) {}

  /// False: the log is gone.
  bool say(bool warns, const std::string& library, const std::string& what) {
    const auto writer = writer_.lock();
    if (!writer) return false;
    const Log log = Log(writer).with(owner_.key, owner_.value);
    const auto level = warns && is_news(library + ": " + what) ? &Log::warn : &Log::debug;
    (log.*level)("library.said", {{"library", library}, {"what", what}});
    return true;
  }

 private:
  bool is_news(const std::string& text) {
    const std::lock_guard lock(mutex_);
    if (said_.size() == texts_max && !said_.contains(text)) said_.clear();
    return said_[text].tell(text, SystemClock().now());
  }

  // Not the owner: a line that waits is written when the program lets go of its log.
  const std::weak_ptr<LogWriter> writer_;
  const LogField owner_;
  std::mutex mutex_;
  std::map<std::string, News> said_;
};

GLogWriterOutput write(GLogLevelFlags level, const GLogField* fields, gsize count, gpointer user) {
  constexpr int ends_the_process = G_LOG_LEVEL_ERROR | G_LOG_FLAG_FATAL | G_LOG_FLAG_RECURSION;
  if ((level & ends_the_process) != 0) return g_log_writer_default(level, fields, count, nullptr);
  const std::string library = field_of(fields, count, "GLIB_DOMAIN");
  if (g_log_writer_default_would_drop(level, library.c_str()) != FALSE) return G_LOG_WRITER_HANDLED;
  const bool warns = (level & (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING)) != 0;
  if (static_cast<LibraryLog*>(user)->say(warns, library, field_of(fields, count, "MESSAGE")))
    return G_LOG_WRITER_HANDLED;
  return g_log_writer_default(level, fields, count, nullptr);
}

}  // namespace

void log_libraries(const std::shared_ptr<LogWriter>& writer, LogField owner) {
  // GLib keeps it to the end of the process: threads of drivers outlive main's objects.
  auto log = std::make_unique<LibraryLog>(writer, std::move(owner));
  g_log_set_writer_func(write, log.release(), nullptr);
}

}  // namespace bigfoot
