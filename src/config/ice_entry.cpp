#include "config/ice_entry.hpp"

#include <algorithm>
#include <filesystem>

#include "config/text_file.hpp"

namespace bigfoot::config {
namespace {

constexpr const char* url_fix = "write stun:HOST:PORT or turn:USER:SECRET@HOST:PORT?transport=udp";

bool is_turn(const std::string& url) { return url.starts_with("turn:") || url.starts_with("turns:"); }

/// Text that fits into a header and a log line.
bool printable(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

Result<> check(const IceEntry& entry) {
  const std::string scheme = entry.url.substr(0, entry.url.find(':'));
  if (scheme == entry.url || (!is_turn(entry.url) && scheme != "stun" && scheme != "stuns"))
    return fail("it is neither STUN nor TURN", url_fix);
  if (!printable(entry.url) || entry.url.find_first_of(" <>") != std::string::npos)
    return fail("the URL holds a space, <, > or a character beyond ASCII", url_fix);
  if (!printable(entry.username) || !printable(entry.credential))
    return fail("user or secret holds a control character or one beyond ASCII", "choose others");
  if (is_turn(entry.url) && (entry.username.empty() || entry.credential.empty()))
    return fail(
        "\"" + scheme + ":…\" has no user or no secret",
        "TURN needs both: " + scheme + ":USER:SECRET@HOST:PORT, or in a file the keys username and credential_file");
  if (!is_turn(entry.url) && !(entry.username.empty() && entry.credential.empty()))
    return fail("STUN takes no user and no secret", "leave them out, or write turn:");
  return {};
}

/// The file is named from where the configuration stands.
Result<std::string> read_secret(const std::string& config_file, const std::string& name) {
  return read_secret_file((std::filesystem::path(config_file).parent_path() / name).string());
}

/// One server that is written as a map.
std::vector<Fault> add_map(const YamlNode& node, const std::function<Result<>(const IceEntry&)>& add) {
  IceEntry entry;
  std::string file;
  Table table;
  table.add(text("url", "URL", "stun:HOST:PORT or turn:HOST:PORT?transport=udp", entry.url))
      .add(text("username", "NAME", "of TURN", entry.username))
      .add(text("credential", "SECRET", "of TURN", entry.credential))
      .add(text("credential_file", "FILE", "holds the secret", file));
  std::vector<Fault> faults = table.set_from_file(node);
  for (Fault& fault : faults) fault.what = "ice.servers: " + fault.what;
  const auto refuse = [&](const Error& error) {
    faults.push_back(node.fault("ice.servers: " + error.what, error.fix));
  };
  if (!entry.credential.empty() && !file.empty()) refuse({"both credential and credential_file are given", "keep one"});
  if (entry.url.find('@') != std::string::npos)
    refuse({"user and secret stand in the url", "they have keys of their own here: username, credential_file"});
  if (!file.empty()) {
    auto secret = read_secret(*node.mark.file, file);
    if (!secret) refuse(secret.error());
    entry.credential = secret ? *secret : "";
  }
  if (!faults.empty()) return faults;
  auto done = check(entry);
  if (done) done = add(entry);
  if (!done) refuse(done.error());
  return faults;
}

}  // namespace

Result<IceEntry> read_ice_url(const std::string& text) {
  IceEntry entry{text, "", ""};
  const auto colon = text.find(':');
  const auto at = text.rfind('@');
  if (colon != std::string::npos && at != std::string::npos && at > colon) {
    const std::string user = text.substr(colon + 1, at - colon - 1);
    const auto split = std::min(user.rfind(':'), user.size());
    entry = {text.substr(0, colon + 1) + text.substr(at + 1), user.substr(0, split),
             user.substr(std::min(split + 1, user.size()))};
  }
  if (auto good = check(entry); !good) return tl::unexpected<Error>(good.error());
  return entry;
}

Option ice_servers(std::string help, const std::function<Result<>(const IceEntry&)>& add, std::function<void()> clear,
                   std::function<std::string()> get) {
  Option option{"ice.servers", "URL", std::move(help), {}, std::move(get)};
  option.set = [add](const std::string& text, const Origin&) -> Result<> {
    const auto entry = read_ice_url(text);
    if (!entry) return tl::unexpected<Error>(entry.error());
    return add(*entry);
  };
  option.clear = std::move(clear);
  option.flag = "ice-server";
  option.set_from_file = [add, set = option.set](const YamlNode& value) {
    std::vector<Fault> faults;
    const std::vector<YamlNode> one{value};
    for (const YamlNode& item : value.kind == YamlKind::list ? value.items : one) {
      if (item.kind == YamlKind::map) {
        for (Fault& fault : add_map(item, add)) faults.push_back(std::move(fault));
      } else if (item.kind == YamlKind::word) {
        if (const auto done = set(item.word, {}); !done)
          faults.push_back(item.fault("ice.servers: " + done.error().what, done.error().fix));
      } else {
        faults.push_back(item.fault("ice.servers: a server is a URL or a map",
                                    "write [\"stun:HOST:PORT\"] or [{url: …, username: …, credential_file: …}]"));
      }
    }
    return faults;
  };
  return option;
}

}  // namespace bigfoot::config
