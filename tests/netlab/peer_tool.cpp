// Peers without SDP, media or server, for the network labs and for measuring the transport alone. Two of them talk over
// their standard input and output, line by line, tab-separated; a script carries the lines and may log them:
//   INDEX offer|answer UFRAG PWD FINGERPRINT SETUP CANDIDATE…      INDEX candidate CANDIDATE
// Lines that begin with '!' are for the script: state, path, result. `mark` prints gap and loss since the last mark
// and all that was received, `quit` ends it with the result.
//
//   peer_tool send    --count N --bursts 30 --packets 9   sends numbered RTP to N receivers, follows address changes
//   peer_tool receive --count N --rtcp 15                 measures gaps, sends RTCP back

#include <fcntl.h>
#include <getopt.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>

#include "base/glib_loop.hpp"
#include "transport/address_watch.hpp"
#include "transport/peer_connection.hpp"

namespace bigfoot::transport {
namespace {

struct Options {
  bool sends = false;
  std::size_t count = 1;
  int bursts = 30;          ///< a second
  int packets = 9;          ///< a burst
  std::size_t size = 1100;  ///< RTP packet, bytes
  int rtcp = 15;            ///< a second, from the receiver
  IceConfig ice;
};

using Fields = std::vector<std::string>;

Fields split(const std::string& line) {
  Fields fields;
  std::istringstream in(line);
  for (std::string field; std::getline(in, field, '\t');) fields.push_back(field);
  return fields;
}

sdp::Setup setup_of(const std::string& text) {
  return text == "active" ? sdp::Setup::active : text == "passive" ? sdp::Setup::passive : sdp::Setup::actpass;
}

const char* text_of(sdp::Setup setup) {
  return setup == sdp::Setup::active ? "active" : setup == sdp::Setup::passive ? "passive" : "actpass";
}

/// One session. Offers when it sends, answers when it receives.
class Session final : public PeerListener {
 public:
  Session(GlibLoop& loop, const Options& options, const Certificate& certificate, std::size_t index, Log log)
      : loop_(loop), options_(options), index_(index), peer_(loop, options.ice, certificate, *this, std::move(log)) {}

  bool start() {
    if (const auto started = peer_.start(options_.sends); !started) {
      std::printf("! %zu error %s\n", index_, started.error().text().c_str());
      return false;
    }
    if (options_.sends) describe("offer");
    return true;
  }
  void hear(const Fields& fields) {
    if (fields[1] == "candidate" && fields.size() > 2) {
      if (const auto candidate = sdp::parse_candidate(fields[2])) peer_.add_remote_candidate(*candidate);
    } else if (fields.size() >= 6) {
      describe_back(fields);
    }
  }
  void send_burst() {
    if (!peer_.writable()) return;
    for (int i = 0; i < options_.packets; ++i) {
      std::uint8_t* packet = peer_.reserve(options_.size);
      if (packet == nullptr) break;
      packet[0] = 0x80;
      packet[1] = 102;
      store_be16(packet + 2, sequence_);
      store_be32(packet + 4, 3000u * sequence_);
      store_be32(packet + 8, 0xb16f0000u + static_cast<std::uint32_t>(index_));
      peer_.commit(options_.size, sequence_++);
    }
    peer_.flush();
  }
  void send_report() {
    std::uint8_t report[64] = {0x80, 201, 0, 15};  // as large as a transport-wide feedback
    store_be32(report + 4, 1);
    if (peer_.connected()) peer_.send_rtcp(report);
  }
  bool connected() const { return peer_.connected(); }
  PeerConnection& peer() { return peer_; }
  void print_result() const {
    const Traffic& traffic = peer_.traffic();
    std::printf(
        "! %zu result sent=%llu received=%llu lost=%llu gap_ms=%.1f gso=%llu sendmmsg=%llu relayed=%llu errors=%llu\n",
        index_, static_cast<unsigned long long>(traffic.packets_sent), static_cast<unsigned long long>(received_),
        static_cast<unsigned long long>(lost_), to_millis(longest_gap_),
        static_cast<unsigned long long>(traffic.gso_batches), static_cast<unsigned long long>(traffic.sendmmsg_batches),
        static_cast<unsigned long long>(traffic.nice_sends), static_cast<unsigned long long>(traffic.send_errors));
  }

  void print_mark() {
    std::printf("! %zu mark gap_ms=%.1f lost=%llu received=%llu\n", index_, to_millis(longest_gap_),
                static_cast<unsigned long long>(lost_), static_cast<unsigned long long>(received_));
    longest_gap_ = Nanos{0};
    lost_ = 0;
  }

  void on_local_candidate(const std::string& candidate) override {
    if (!candidate.empty()) std::printf("%zu\tcandidate\t%s\n", index_, candidate.c_str());
  }
  void on_state(PeerState state) override {
    std::printf("! %zu state %s %.3f\n", index_, to_string(state), to_seconds(loop_.now().time_since_epoch()));
  }
  void on_path(const PathInfo& path) override {
    std::printf("! %zu path %u %s %s %s %s %s\n", index_, path.generation, path.local.c_str(), path.local_type.c_str(),
                path.remote.c_str(), path.remote_type.c_str(), path.base.c_str());
  }
  void on_rtcp(BytesView) override { ++reports_; }
  void on_rtp(BytesView packet) override {
    const auto now = loop_.now();
    const std::uint16_t sequence = load_be16(&packet[2]);
    if (received_++ > 0) {
      longest_gap_ = std::max<Nanos>(longest_gap_, now - last_);
      const auto step = static_cast<std::uint16_t>(sequence - expected_);
      if (step < 0x8000) lost_ += step;
    }
    expected_ = static_cast<std::uint16_t>(sequence + 1);
    last_ = now;
  }
  void on_packet_sent(std::uint16_t, std::size_t, Timestamp) override {}
  void on_writable() override {}
  void on_renegotiate() override {
    if (options_.sends) describe("offer");
  }
  void on_failed(const Error& error) override { std::printf("! %zu failed %s\n", index_, error.text().c_str()); }

 private:
  void describe(const char* kind) {
    const auto local = peer_.local();
    std::printf("%zu\t%s\t%s\t%s\t%s\t%s", index_, kind, local.ufrag.c_str(), local.pwd.c_str(),
                local.fingerprint.c_str(), text_of(local.setup));
    for (const auto& candidate : local.candidates) std::printf("\t%s", candidate.c_str());
    std::printf("\n");
  }
  void describe_back(const Fields& fields) {
    sdp::RemoteTransport remote;
    remote.ufrag = fields[2];
    remote.pwd = fields[3];
    const auto space = fields[4].find(' ');
    remote.fingerprints = {{fields[4].substr(0, space), fields[4].substr(space + 1)}};
    remote.setup = setup_of(fields[5]);
    for (std::size_t i = 6; i < fields.size(); ++i) {
      if (const auto candidate = sdp::parse_candidate(fields[i])) remote.candidates.push_back(*candidate);
    }
    const bool again = !std::exchange(remote_ufrag_, remote.ufrag).empty();
    if (again && !options_.sends) std::ignore = peer_.restart_ice();
    if (const auto set = peer_.set_remote(remote); !set) {
      std::printf("! %zu error %s\n", index_, set.error().text().c_str());
    } else if (fields[1] == "offer") {
      describe("answer");
    }
  }

  GlibLoop& loop_;
  const Options& options_;
  const std::size_t index_;
  std::uint16_t sequence_ = 1;
  std::string remote_ufrag_;
  std::uint64_t received_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t reports_ = 0;
  std::uint16_t expected_ = 0;
  Timestamp last_{};
  Nanos longest_gap_{0};
  PeerConnection peer_;
};

/// Lines of standard input, without blocking the loop.
class Lines {
 public:
  Lines(GlibLoop& loop, std::function<void(const std::string&)> handler) : handler_(std::move(handler)) {
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    readable_ = loop.watch(STDIN_FILENO, Io::readable, [this] { drain(); });
  }

 private:
  void drain() {
    char chunk[4096];
    for (;;) {
      const ssize_t got = read(STDIN_FILENO, chunk, sizeof chunk);
      if (got < 0) return;
      if (got == 0) {  // the script is gone
        readable_.reset();
        return handler_("quit");
      }
      rest_.append(chunk, static_cast<std::size_t>(got));
      for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
        const std::string line = rest_.substr(0, end);
        rest_.erase(0, end + 1);
        handler_(line);
      }
    }
  }
  std::function<void(const std::string&)> handler_;
  std::string rest_;
  Subscription readable_;
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

Options parse(int argc, char** argv) {
  Options options;
  options.sends = argc > 1 && std::string(argv[1]) == "send";
  const option table[] = {{"count", 1, nullptr, 'n'},    {"bursts", 1, nullptr, 'b'},  {"packets", 1, nullptr, 'p'},
                          {"rtcp", 1, nullptr, 'r'},     {"server", 1, nullptr, 's'},  {"relay-only", 0, nullptr, 'R'},
                          {"loopback", 0, nullptr, 'l'}, {"recover", 1, nullptr, 'c'}, {"interface", 1, nullptr, 'i'},
                          {nullptr, 0, nullptr, 0}};
  for (int chosen = 0; (chosen = getopt_long(argc, argv, "", table, nullptr)) != -1;) {
    switch (chosen) {
      case 'n': options.count = std::strtoul(optarg, nullptr, 10); break;
      case 'b': options.bursts = std::atoi(optarg); break;
      case 'p': options.packets = std::atoi(optarg); break;
      case 'r': options.rtcp = std::atoi(optarg); break;
      case 's': {  // URL,USER,CREDENTIAL
        std::istringstream in(optarg);
        IceServer server;
        std::getline(in, server.url, ',');
        std::getline(in, server.username, ',');
        std::getline(in, server.credential, ',');
        options.ice.servers.push_back(server);
        break;
      }
      case 'c': options.ice.deadlines.recover = Seconds(std::atoi(optarg)); break;
      case 'R': options.ice.relay_only = true; break;
      case 'l': options.ice.loopback = true; break;
      case 'i': options.ice.interfaces.emplace_back(optarg); break;
      default: std::exit(2);
    }
  }
  return options;
}

int run(const Options& options) {
  setvbuf(stdout, nullptr, _IOLBF, 0);
  LogWriter::Options log_options;
  if (std::getenv("BIGFOOT_TEST_LOG") != nullptr) log_options.level = LogLevel::debug;
  const Log log(std::make_shared<LogWriter>(log_options));
  GlibLoop loop;
  const Certificate certificate;
  std::vector<std::unique_ptr<Session>> sessions;
  for (std::size_t i = 0; i < options.count; ++i) {
    sessions.push_back(std::make_unique<Session>(loop, options, certificate, i, log));
    if (!sessions.back()->start()) return 1;
  }
  AddressWatch watch(loop, options.ice, [&](const AddressChange& change) {
    std::printf("! addresses +%zu -%zu\n", change.added.size(), change.removed.size());
    if (change.added.empty() || !options.sends) return;
    for (auto& session : sessions) session->peer().new_path();
  });
  if (const auto started = watch.start(); !started) return 1;
  const Lines lines(loop, [&](const std::string& line) {
    if (line == "quit") return loop.stop();
    if (line == "mark") {
      for (auto& session : sessions) session->print_mark();
      return;
    }
    const Fields fields = split(line);
    const auto index = fields.size() < 2 ? sessions.size() : std::strtoul(fields[0].c_str(), nullptr, 10);
    if (index < sessions.size()) sessions[index]->hear(fields);
  });
  Timestamp measured_from{};
  double cpu_from = 0;
  const auto note_connected = [&] {
    const bool all =
        std::all_of(sessions.begin(), sessions.end(), [](const auto& session) { return session->connected(); });
    if (!all || measured_from != Timestamp{}) return;
    measured_from = loop.now();
    cpu_from = cpu_seconds();
    std::printf("! connected all\n");
  };
  // A frame goes to all viewers at once; their reports come at any time, each a wake-up of its own.
  std::vector<Subscription> ticks;
  std::size_t turn = 0;
  if (options.sends) {
    ticks.push_back(loop.every(Nanos(1s) / options.bursts, [&] {
      for (auto& session : sessions) session->send_burst();
      note_connected();
    }));
  } else {
    ticks.push_back(loop.every(Nanos(1s) / (options.rtcp * static_cast<int>(sessions.size())), [&] {
      sessions[turn++ % sessions.size()]->send_report();
      note_connected();
    }));
  }
  loop.run();
  const double seconds = measured_from == Timestamp{} ? 0 : to_seconds(loop.now() - measured_from);
  const double cpu_ms =
      seconds > 0 ? (cpu_seconds() - cpu_from) * 1e3 / seconds / static_cast<double>(sessions.size()) : 0;
  for (const auto& session : sessions) session->print_result();
  std::printf("! cpu ms_per_second_per_viewer=%.2f seconds=%.1f viewers=%zu\n", cpu_ms, seconds, sessions.size());
  ticks.clear();
  sessions.clear();
  loop.run_until([] { return false; }, 100ms);  // relays free their allocations
  return 0;
}

}  // namespace
}  // namespace bigfoot::transport

int main(int argc, char** argv) { return bigfoot::transport::run(bigfoot::transport::parse(argc, argv)); }
