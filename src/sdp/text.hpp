#pragma once
// The few ways in which SDP lines are cut up. All views point into the text given.

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace bigfoot::sdp {

/// A whole decimal number of digits only ("-1", "+1", "1 " and "" are none) that fits the type.
template <std::unsigned_integral Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// What stands before and behind the first `separator`; the second is empty when there is none.
inline std::pair<std::string_view, std::string_view> cut(std::string_view text, char separator) {
  const auto at = text.find(separator);
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

inline std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The words of a text, however many `separator` lie between them; at most `most`, the rest is dropped.
inline std::vector<std::string_view> words(std::string_view text, char separator = ' ', std::size_t most = 256) {
  std::vector<std::string_view> found;
  while (!text.empty() && found.size() < most) {
    const auto [word, rest] = cut(text, separator);
    if (!word.empty()) found.push_back(word);
    text = rest;
  }
  return found;
}

/// Takes the next line off `text`, without its CRLF, LF or the end of the text.
inline std::string_view take_line(std::string_view& text) {
  const auto [line, rest] = cut(text, '\n');
  text = rest;
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

}  // namespace bigfoot::sdp
