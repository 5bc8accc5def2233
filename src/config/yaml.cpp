#include "config/yaml.hpp"

#include <algorithm>
#include <istream>
#include <optional>
#include <streambuf>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "base/text_sign.hpp"

namespace bigfoot::config {
namespace {

constexpr const char* quote_fix =
    "indent by spaces; a value that ends in a colon or holds \": \" or \" #\" needs quotes, like \"test:\"";

/// Ends the reading: what follows could not be understood.
struct Stop {
  Fault fault;
};

/// A stream over bytes that somebody else keeps.
class Bytes : public std::streambuf {
 public:
  explicit Bytes(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // only ever read
    setg(begin, begin, begin + text.size());
  }
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

bool is_control(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte == '\r') return at + 1 == text.size() || text[at + 1] != '\n';
  return byte == 0x7F || (byte < 0x20 && byte != '\t' && byte != '\n');
}

/// Whether the quote that opens at `column` closes in its line.
bool closes(std::string_view line, std::size_t column) {
  const char quote = line[column];
  for (std::size_t i = column + 1; i < line.size(); ++i) {
    if (quote == '"' && line[i] == '\\') {
      ++i;
    } else if (line[i] == quote) {
      const bool doubled = quote == '\'' && i + 1 < line.size() && line[i + 1] == quote;
      if (!doubled) return true;
      ++i;
    }
  }
  return false;
}

/// Builds the tree from yaml-cpp's events, which come before its own tree loses doubled keys and places.
class Builder final : public YAML::EventHandler {
 public:
  Builder(std::shared_ptr<const std::string> file, std::string_view text)
      : file_(std::move(file)), lines_(lines_of(text)) {}

  /// What was read; an empty text leaves the root as it is.
  void take(Yaml& yaml) {
    if (root_.mark.file) yaml.root = std::move(root_);
    yaml.faults = std::move(faults_);
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (!begun_) {
      begun_ = true;
      return;
    }
    stop(mark, "something stands here that belongs to nothing above it",
         "indent the keys of one section alike; one file holds one document, without ---");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    place(make(YamlKind::nothing, mark, "", anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    place(make(YamlKind::nothing, mark, "", anchor));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& word) override {
    YamlNode node = make(YamlKind::word, mark, tag, anchor);
    node.word = word;
    if (tag == "!") check_quoted(mark, node);
    place(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(make(YamlKind::list, mark, tag, anchor));
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(make(YamlKind::map, mark, tag, anchor));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

  /// What yaml-cpp could not read.
  Fault syntax_fault(const YAML::Mark& mark, const std::string& why) const {
    const std::string_view line = line_of(mark);
    const std::string_view indent = line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
    if (indent.find('\t') != std::string_view::npos)
      return fault_at(mark, "a tab indents this line", "YAML is indented by spaces");
    return fault_at(mark, "this is not YAML: " + why, quote_fix);
  }

 private:
  /// A list or map that is not closed yet, and the key that waits for its value.
  struct Level {
    YamlNode node;
    std::optional<YamlNode> key;
  };

  YamlNode make(YamlKind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    YamlNode node;
    node.kind = kind;
    node.mark = {file_, mark.line + 1};
    if (anchor != 0)
      faults_.push_back(node.fault("anchors (&) and what refers to them (*) are not read", "write the value out"));
    if (!tag.empty() && tag != "?" && tag != "!")
      faults_.push_back(
          node.fault("tags (!) are not read", "leave the tag out: every key knows how to read its value"));
    return node;
  }

  void check_quoted(const YAML::Mark& mark, YamlNode& node) {
    const std::string_view line = line_of(mark);
    const auto column = static_cast<std::size_t>(std::max(mark.column, 0));
    const bool quoted = column < line.size() && (line[column] == '"' || line[column] == '\'');
    // yaml-cpp 0.7 takes an open quote to the end of the file for a value.
    if (quoted && !closes(line, column))
      stop(mark, "the quote that opens here is not closed", "close it in the same line");
    if (!quoted)  // a block (| or >) ends in line ends
      node.word.erase(node.word.find_last_not_of('\n') + 1);
    for (std::size_t i = 0; i < node.word.size(); ++i)
      if (is_control(node.word, i)) return faults_.push_back(node.fault("the value holds a control character"));
  }

  void open(YamlNode node) {
    if (levels_.size() >= yaml_depth_max)
      throw Stop{node.fault("nested more than " + std::to_string(yaml_depth_max) + " deep", "no key needs that")};
    if (wants_key()) throw Stop{node.fault("a key is one word", quote_fix)};
    levels_.push_back({std::move(node), {}});
  }

  void close() {
    YamlNode node = std::move(levels_.back().node);
    levels_.pop_back();
    place(std::move(node));
  }

  bool wants_key() const {
    return !levels_.empty() && levels_.back().node.kind == YamlKind::map && !levels_.back().key;
  }

  void place(YamlNode node) {
    if (levels_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& level = levels_.back();
    if (level.node.kind == YamlKind::list) {
      level.node.items.push_back(std::move(node));
    } else if (!level.key) {
      if (node.kind != YamlKind::word) throw Stop{node.fault("a key is one word", quote_fix)};
      level.key = std::move(node);
    } else {
      add_entry(level, std::move(node));
    }
  }

  void add_entry(Level& level, YamlNode value) {
    YamlNode key = *std::exchange(level.key, std::nullopt);
    if (value.kind == YamlKind::nothing) value.mark = key.mark;  // yaml-cpp marks what comes next
    level.node.entries.push_back({std::move(key), std::move(value)});
  }

  std::string_view line_of(const YAML::Mark& mark) const {
    const auto line = static_cast<std::size_t>(std::max(mark.line, 0));
    return line < lines_.size() ? lines_[line] : std::string_view();
  }
  Fault fault_at(const YAML::Mark& mark, std::string what, std::string fix) const {
    return {Mark{file_, std::max(mark.line, 0) + 1}.text(), std::move(what), std::move(fix)};
  }
  [[noreturn]] void stop(const YAML::Mark& mark, std::string what, std::string fix) const {
    throw Stop{fault_at(mark, std::move(what), std::move(fix))};
  }

  std::shared_ptr<const std::string> file_;
  std::vector<std::string_view> lines_;
  bool begun_ = false;
  std::vector<Level> levels_;
  YamlNode root_;
  std::vector<Fault> faults_;
};

/// Says each key that stands again: yaml-cpp's own tree would take the first without a word.
void refuse_doubles(YamlNode& node, std::vector<Fault>& faults) {
  for (YamlNode& item : node.items) refuse_doubles(item, faults);
  std::vector<std::pair<std::string_view, std::size_t>> keys;
  for (std::size_t i = 0; i < node.entries.size(); ++i) {
    keys.emplace_back(node.entries[i].key.word, i);
    refuse_doubles(node.entries[i].value, faults);
  }
  std::sort(keys.begin(), keys.end());
  for (std::size_t i = 1; i < keys.size(); ++i) {
    if (keys[i].first != keys[i - 1].first) continue;
    const YamlNode& again = node.entries[keys[i].second].key;
    const YamlNode& before = node.entries[keys[i - 1].second].key;
    faults.push_back(again.fault("the key stands again: " + again.word.substr(0, 64),
                                 "it stands in line " + std::to_string(before.mark.line) + ", too; keep one"));
  }
}

/// The first thing that no text file holds. yaml-cpp takes byte 4 for the end of the file and mends what is no UTF-8.
std::optional<Fault> unreadable(std::string_view text, const std::string& file) {
  if (text.size() > yaml_bytes_max)
    return Fault{file, "larger than " + std::to_string(yaml_bytes_max / 1024) + " KiB", "is it the right file?"};
  int line = 1;
  for (std::size_t at = 0; at < text.size();) {
    const TextSign sign = sign_at(text, at);
    const std::string where = file + ":" + std::to_string(line);
    if (!sign.utf8) return Fault{where, "this is not UTF-8", "save the file as UTF-8 text"};
    if (is_control(text, at)) return Fault{where, "a control character stands here", "save the file as plain text"};
    if (text[at] == '\n') ++line;
    at += sign.bytes;
  }
  return std::nullopt;
}

}  // namespace

Yaml parse_yaml(std::string_view text, const std::string& file) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // what some editors begin UTF-8 with
  const auto name = std::make_shared<const std::string>(file);
  Yaml yaml;
  yaml.root.mark.file = name;
  if (auto fault = unreadable(text, file)) {
    yaml.faults.push_back(std::move(*fault));
    return yaml;
  }
  Builder builder(name, text);
  Bytes bytes(text);
  std::istream stream(&bytes);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop& stop) {
    yaml.faults.push_back(stop.fault);
    return yaml;
  } catch (const YAML::Exception& error) {
    yaml.faults.push_back(builder.syntax_fault(error.mark, error.msg));
    return yaml;
  }
  builder.take(yaml);
  refuse_doubles(yaml.root, yaml.faults);
  return yaml;
}

}  // namespace bigfoot::config
