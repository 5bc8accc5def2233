#include "base/log.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <future>
#include <thread>
#include <utility>

#include <spdlog/async.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include "base/text_sign.hpp"
#include "base/write_all.hpp"

namespace bigfoot {
namespace {

constexpr std::size_t queue_lines_max = 8192;
constexpr Nanos patience = 500ms;

const char* name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warn: return "warn";
    case LogLevel::error: return "error";
  }
  return "info";
}

std::string iso_time(WallTime at) {
  const auto micros = std::chrono::duration_cast<Micros>(at.time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>(micros / 1'000'000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[40];
  const std::size_t used = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text + used, sizeof text - used, ".%03dZ", static_cast<int>(micros % 1'000'000 / 1000));
  return text;
}

/// Values come from peers too: a control character (ESC) would steer the terminal of whoever reads the log.
void append_harmless(std::string& out, std::string_view text, const TextSign& sign) {
  if (harmless(sign)) {
    out += text;
    return;
  }
  char escape[16];
  std::snprintf(escape, sizeof escape, "\\u%04x", sign.code);
  out += escape;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const TextSign sign = sign_at(text, at);
    if (text[at] == '"' || text[at] == '\\') out += '\\';
    append_harmless(out, text.substr(at, sign.bytes), sign);
    at += sign.bytes;
  }
  out += '"';
}

/// On lines of its own, each behind `indent`.
void append_lines(std::string& out, std::string_view text, const char* indent) {
  out += indent;
  for (std::size_t at = 0; at < text.size();) {
    const TextSign sign = sign_at(text, at);
    if (text[at] == '\n')
      out += indent;
    else
      append_harmless(out, text.substr(at, sign.bytes), sign);
    at += sign.bytes;
  }
}

void append_text_field(std::string& out, const LogField& field) {
  out += ' ';
  out += field.key;
  out += '=';
  const bool plain =
      !field.value.empty() && field.value.find_first_of(" \"\\=") == std::string::npos && harmless(field.value);
  if (!field.quoted || plain)
    out += field.value;
  else
    append_json_string(out, field.value);
}

/// What failed and several lines of what to change, as a person reads them. Each line begins with blanks: none can pass
/// for another entry.
void append_story(std::string& out, LogFields fields) {
  for (const auto& [key, indent] : {std::pair{"what", "\n  "}, {"fix", "\n    "}})
    for (const auto& field : fields)
      if (field.key == key) append_lines(out, field.value, indent);
}

bool is_story(LogFields fields) {
  return std::any_of(fields.begin(), fields.end(), [](const LogField& field) {
    return field.key == "fix" && field.value.find('\n') != std::string::npos;
  });
}

void append_json_field(std::string& out, const LogField& field) {
  out += ',';
  append_json_string(out, field.key);
  out += ':';
  if (field.quoted)
    append_json_string(out, field.value);
  else
    out += field.value;
}

/// Not C's stderr, as spdlog's own is: a thread that hangs in its write holds a lock there that exit() waits for.
/// Before a line it says how many were lost in front of it: said by those who write lines, that would take their room.
class StderrSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  StderrSink(LogFormat format, spdlog::details::thread_pool& pool) : format_(format), pool_(pool) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::size_t overrun = pool_.overrun_counter();
    if (const std::size_t dropped = overrun - std::exchange(told_, overrun); dropped > 0)
      put(LogLevel::warn, "log.dropped", {{"lines", dropped}});
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    write_all(STDERR_FILENO, {line.data(), line.size()});
  }
  void flush_() override {}
  void put(LogLevel level, std::string_view event, LogFields fields) const {
    write_all(STDERR_FILENO, format_log_line(format_, SystemClock().wall(), level, event, {}, fields) + "\n");
  }

  const LogFormat format_;
  spdlog::details::thread_pool& pool_;  // whose thread is the only one here
  std::size_t told_ = 0;
};

}  // namespace

LogField::LogField(std::string_view k, double v) : key(k), quoted(false) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", v);
  value = text;
  if (value.find_first_of("ni") != std::string::npos) quoted = true;  // nan and inf are not JSON numbers
}

std::string format_log_line(LogFormat format, WallTime at, LogLevel level, std::string_view event,
                            const std::vector<LogField>& owner, LogFields fields) {
  std::string line;
  if (format == LogFormat::json) {
    line = "{\"ts\":\"" + iso_time(at) + "\",\"level\":\"" + name_of(level) + "\",\"event\":";
    append_json_string(line, event);
    for (const auto& field : owner) append_json_field(line, field);
    for (const auto& field : fields) append_json_field(line, field);
    return line + "}";
  }
  line = iso_time(at).substr(11, 12) + " " + name_of(level) + " " + std::string(event);
  for (const auto& field : owner) append_text_field(line, field);
  const bool story = is_story(fields);
  for (const auto& field : fields)
    if (!story || (field.key != "what" && field.key != "fix")) append_text_field(line, field);
  if (story) append_story(line, fields);
  return line;
}

struct LogWriter::Backend {
  std::shared_ptr<spdlog::async_logger> logger;
  /// Ends before the logger: its thread, which writes what is left, has been joined when the sink goes.
  std::shared_ptr<spdlog::details::thread_pool> pool =
      std::make_shared<spdlog::details::thread_pool>(queue_lines_max, 1);
};

LogWriter::LogWriter(Options options)
    : options_(options), level_(options.level), backend_(std::make_unique<Backend>()) {
  // stdout stays free for a program's output.
  const auto sink = std::make_shared<StderrSink>(options.format, *backend_->pool);
  sink->set_pattern("%v");
  // overrun_oldest is spdlog's one policy that never blocks the caller; what it overruns is counted.
  backend_->logger = std::make_shared<spdlog::async_logger>("bigfoot", sink, backend_->pool,
                                                            spdlog::async_overflow_policy::overrun_oldest);
  backend_->logger->set_level(spdlog::level::trace);
  backend_->logger->flush_on(spdlog::level::trace);
}

/// spdlog's thread stands in its write while a terminal is on Ctrl-S or a pipe is full: a program ends all the same.
LogWriter::~LogWriter() {
  std::promise<void> written;
  const std::future<void> waiting = written.get_future();
  std::thread end([backend = std::move(backend_), written = std::move(written)]() mutable {
    backend.reset();
    written.set_value();
  });
  if (waiting.wait_for(patience) == std::future_status::ready)
    end.join();
  else
    end.detach();
}

void LogWriter::write(LogLevel level, std::string_view event, const std::vector<LogField>& owner, LogFields fields) {
  backend_->logger->info(format_log_line(options_.format, SystemClock().wall(), level, event, owner, fields));
}

}  // namespace bigfoot
