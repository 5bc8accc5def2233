#include "sdp/fragment.hpp"

#include <algorithm>

#include "sdp/remote.hpp"
#include "sdp/text.hpp"

namespace bigfoot::sdp {
namespace {

constexpr std::size_t fragment_bytes_max = 16 * 1024;
constexpr std::size_t fragment_lines_max = 512;
constexpr std::size_t fragment_sections_max = 64;
constexpr std::size_t fragment_candidates_max = 64;
constexpr std::size_t mid_bytes_max = 64;

tl::unexpected<Error> bad_line(std::size_t number, const std::string& why) {
  return fail("trickle-ice-sdpfrag line " + std::to_string(number) + ": " + why);
}

// The token of RFC 4566, which a=mid is made of (RFC 5888 4): a shorter list than the RFC's, wide enough for all
// programs.
bool is_mid(std::string_view text) {
  return !text.empty() && text.size() <= mid_bytes_max && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c > ' ' && c < 127 && c != '"' && c != ':';
  });
}

bool is_media_type(std::string_view text) {
  return !text.empty() && text.size() <= 32 &&
         std::all_of(text.begin(), text.end(), [](char c) { return lower(c) >= 'a' && lower(c) <= 'z'; });
}

/// Fills a Fragment line by line.
class Reader {
 public:
  Result<> take(std::string_view line) {
    ++number_;
    if (line.starts_with("m=")) return take_section(line.substr(2));
    if (!line.starts_with("a=")) return {};  // RFC 8840 9.2: a receiver ignores what it does not know
    const auto [name, value] = cut(line.substr(2), ':');
    if (name == "ice-ufrag") return take_credential(fragment_.ufrag, value);
    if (name == "ice-pwd") return take_credential(fragment_.pwd, value);
    if (name == "mid") return take_mid(trim(value));
    if (name == "candidate") return take_candidate(value);
    if (name == "end-of-candidates")
      (in_section_ ? fragment_.sections.back().end_of_candidates : fragment_.end_of_candidates) = true;
    return {};
  }

  Result<Fragment> finish() {
    if (fragment_.ufrag.empty() != fragment_.pwd.empty())
      return fail("the trickle-ice-sdpfrag has only one of a=ice-ufrag and a=ice-pwd");
    if (!fragment_.ufrag.empty())
      if (auto checked = check_credentials(fragment_.ufrag, fragment_.pwd); !checked)
        return tl::unexpected(std::move(checked.error()));
    for (const auto& section : fragment_.sections)
      if (section.mid.empty() && (!section.candidates.empty() || section.end_of_candidates))
        return fail("the trickle-ice-sdpfrag has candidates in a section without a=mid");
    return std::move(fragment_);
  }

 private:
  Result<> take_section(std::string_view value) {
    if (fragment_.sections.size() == fragment_sections_max) return bad_line(number_, "too many sections");
    const auto type = cut(value, ' ').first;
    if (!is_media_type(type)) return bad_line(number_, "not \"m=type port protocol formats\"");
    fragment_.sections.emplace_back().media = type;
    in_section_ = true;
    return {};
  }
  // One transport under BUNDLE, so the credentials may be repeated but not differ.
  Result<> take_credential(std::string& into, std::string_view value) {
    const auto word = trim(value);
    if (word.empty()) return bad_line(number_, "an empty credential");
    if (!into.empty() && into != word)
      return bad_line(number_, "other ICE credentials than before: one transport (BUNDLE) has one pair");
    into = word;
    return {};
  }
  // Some clients leave the pseudo m-line out: then a=mid begins the section.
  Result<> take_mid(std::string_view mid) {
    if (!is_mid(mid)) return bad_line(number_, "a=mid is not a token");
    if (!in_section_ || !fragment_.sections.back().mid.empty()) {
      if (fragment_.sections.size() == fragment_sections_max) return bad_line(number_, "too many sections");
      fragment_.sections.emplace_back();
      in_section_ = true;
    }
    fragment_.sections.back().mid = mid;
    return {};
  }
  Result<> take_candidate(std::string_view value) {
    if (!in_section_) return bad_line(number_, "a candidate before any m= or a=mid");
    if (++candidates_ > fragment_candidates_max) return bad_line(number_, "more than 64 candidates");
    auto candidate = parse_candidate("candidate:" + std::string(value));
    if (!candidate) return bad_line(number_, candidate.error().what);
    fragment_.sections.back().candidates.push_back(std::move(*candidate));
    return {};
  }

  Fragment fragment_;
  bool in_section_ = false;
  std::size_t number_ = 0;
  std::size_t candidates_ = 0;
};

}  // namespace

std::vector<Candidate> Fragment::candidates() const {
  std::vector<Candidate> all;
  for (const auto& section : sections) all.insert(all.end(), section.candidates.begin(), section.candidates.end());
  return all;
}

Result<Fragment> parse_fragment(std::string_view text) {
  if (text.size() > fragment_bytes_max) return fail("the trickle-ice-sdpfrag is larger than 16 KiB");
  Reader reader;
  for (std::size_t lines = 0; !text.empty(); ++lines) {
    if (lines == fragment_lines_max) return fail("the trickle-ice-sdpfrag has more than 512 lines");
    if (auto taken = reader.take(take_line(text)); !taken) return tl::unexpected(std::move(taken.error()));
  }
  return reader.finish();
}

std::string to_string(const Fragment& fragment) {
  std::string out;
  if (!fragment.ufrag.empty()) out += "a=ice-ufrag:" + fragment.ufrag + "\r\na=ice-pwd:" + fragment.pwd + "\r\n";
  if (fragment.end_of_candidates) out += "a=end-of-candidates\r\n";
  for (const auto& section : fragment.sections) {
    out += "m=" + section.media +
           (section.media == "application" ? " 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" : " 9 UDP/TLS/RTP/SAVPF 0\r\n");
    if (!section.mid.empty()) out += "a=mid:" + section.mid + "\r\n";
    for (const auto& candidate : section.candidates) out += "a=" + to_string(candidate) + "\r\n";
    if (section.end_of_candidates) out += "a=end-of-candidates\r\n";
  }
  return out;
}

}  // namespace bigfoot::sdp
