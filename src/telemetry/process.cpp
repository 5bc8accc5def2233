#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>

#include "telemetry/metrics.hpp"

namespace bigfoot::telemetry {
namespace {

struct ProcessSample {
  double user_seconds = 0;
  double system_seconds = 0;
  double threads = 0;
  double start_seconds = 0;  ///< after boot
  double resident_bytes = 0;
  double virtual_bytes = 0;
  double open_fds = 0;
};

std::string read_text(const char* path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

double count_open_fds() {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir("/proc/self/fd"), closedir);
  if (!dir) return 0;
  int count = -3;  // ".", ".." and the descriptor of this very look
  while (readdir(dir.get())) ++count;
  return count;
}

/// proc(5): the fields of /proc/self/stat are counted after the last ')', because the program's name may hold anything.
ProcessSample sample_process() {
  ProcessSample sample;
  const std::string stat = read_text("/proc/self/stat");
  const auto name_end = stat.rfind(')');
  if (name_end == std::string::npos) return sample;
  std::istringstream fields(stat.substr(name_end + 1));
  const std::vector<std::string> words(std::istream_iterator<std::string>(fields), {});
  const auto field = [&](std::size_t number) {  // as proc(5) numbers them
    double value = 0;
    if (number - 3 < words.size()) {
      const std::string& word = words[number - 3];
      std::from_chars(word.data(), word.data() + word.size(), value);
    }
    return value;
  };
  const auto tick = static_cast<double>(sysconf(_SC_CLK_TCK));
  sample.user_seconds = field(14) / tick;
  sample.system_seconds = field(15) / tick;
  sample.threads = field(20);
  sample.start_seconds = field(22) / tick;
  sample.virtual_bytes = field(23);
  sample.resident_bytes = field(24) * static_cast<double>(sysconf(_SC_PAGESIZE));
  sample.open_fds = count_open_fds();
  return sample;
}

double boot_time_seconds() {
  const std::string stat = read_text("/proc/stat");
  const auto at = stat.find("btime ");
  return at == std::string::npos ? 0 : std::strtod(stat.c_str() + at + 6, nullptr);
}

double max_fds() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

}  // namespace

void add_build_info(Metrics& metrics, std::string_view program, std::string_view version) {
  metrics.gauge("bigfoot_build_info", "Which program and version this is; always 1")
      .with({{"program", std::string(program)}, {"version", std::string(version)}})
      .set(1);
}

void add_process_metrics(Metrics& metrics) {
  const auto cpu = metrics.counter("process_cpu_seconds_total", "CPU time used, by mode");
  auto user = cpu.with({{"mode", "user"}});
  auto system = cpu.with({{"mode", "system"}});
  auto resident = metrics.gauge("process_resident_memory_bytes", "Resident memory").with();
  auto virtual_size = metrics.gauge("process_virtual_memory_bytes", "Virtual memory").with();
  auto threads = metrics.gauge("process_threads", "Threads").with();
  auto open_fds = metrics.gauge("process_open_fds", "Open descriptors").with();
  metrics.gauge("process_max_fds", "Descriptors allowed (RLIMIT_NOFILE)").with().set(max_fds());
  metrics.gauge("process_start_time_seconds", "Start, seconds since 1970")
      .with()
      .set(boot_time_seconds() + sample_process().start_seconds);
  metrics.before_exposition([=]() mutable {
    const ProcessSample sample = sample_process();
    user.add(sample.user_seconds - user.value());
    system.add(sample.system_seconds - system.value());
    resident.set(sample.resident_bytes);
    virtual_size.set(sample.virtual_bytes);
    threads.set(sample.threads);
    open_fds.set(sample.open_fds);
  });
}

}  // namespace bigfoot::telemetry
