#pragma once
// One line an event, key=value for people or JSON for machines. A Log is a value: it carries its owner chain
// (`robot=r1 session=7f3`) and is handed down, so nobody asks a global for it. Log{} says nothing (unit tests).

#include <atomic>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace bigfoot {

enum class LogLevel { debug, info, warn, error };
enum class LogFormat { text, json };

/// One `key=value`. Numbers keep their type in JSON.
struct LogField {
  std::string key;
  std::string value;
  bool quoted = true;

  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(v) {}
  LogField(std::string_view k, bool v) : key(k), value(v ? "true" : "false"), quoted(false) {}
  LogField(std::string_view k, double v);
  template <class Integer>
  requires std::is_integral_v<Integer> LogField(std::string_view k, Integer v)
      : key(k), value(std::to_string(v)), quoted(false) {}
};
using LogFields = std::initializer_list<LogField>;

/// Writes lines to stderr on its own thread from a bounded queue (8192). A full queue drops its oldest line and never
/// blocks the caller; the next line that is written says how many went (`log.dropped lines=…`). Thread-safe.
class LogWriter {
 public:
  struct Options {
    LogFormat format = LogFormat::text;
    LogLevel level = LogLevel::info;
  };
  explicit LogWriter(Options options);
  ~LogWriter();  ///< writes what is queued; where nobody reads it, waits 500 ms for that and no longer
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  void write(LogLevel level, std::string_view event, const std::vector<LogField>& owner, LogFields fields);
  bool wants(LogLevel level) const { return level >= level_; }
  void set_level(LogLevel level) { level_ = level; }

 private:
  struct Backend;
  const Options options_;
  std::atomic<LogLevel> level_;
  std::unique_ptr<Backend> backend_;
};

class Log {
 public:
  Log() = default;
  explicit Log(std::shared_ptr<LogWriter> writer) : writer_(std::move(writer)) {}
  /// A log whose lines also carry key=value.
  Log with(std::string_view key, std::string_view value) const {
    Log child = *this;
    child.owner_.emplace_back(key, value);
    return child;
  }
  /// The least level that is written from now on, of all logs of the same writer.
  void set_level(LogLevel level) const {
    if (writer_) writer_->set_level(level);
  }
  void debug(std::string_view event, LogFields fields = {}) const { write(LogLevel::debug, event, fields); }
  void info(std::string_view event, LogFields fields = {}) const { write(LogLevel::info, event, fields); }
  void warn(std::string_view event, LogFields fields = {}) const { write(LogLevel::warn, event, fields); }
  void error(std::string_view event, LogFields fields = {}) const { write(LogLevel::error, event, fields); }

 private:
  void write(LogLevel level, std::string_view event, LogFields fields) const {
    if (writer_ && writer_->wants(level)) writer_->write(level, event, owner_, fields);
  }
  std::shared_ptr<LogWriter> writer_;
  std::vector<LogField> owner_;
};

/// A line as it would be written (without the newline); pure, for tests.
std::string format_log_line(LogFormat format, WallTime at, LogLevel level, std::string_view event,
                            const std::vector<LogField>& owner, LogFields fields);

}  // namespace bigfoot
