#include "sdp/remote.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "sdp/media_view.hpp"
#include "sdp/text.hpp"

namespace bigfoot::sdp {
namespace {

constexpr std::size_t candidates_max = 64;
constexpr std::size_t fingerprints_max = 8;

struct Hash {
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array hashes{Hash{"sha-256", 32}, Hash{"sha-384", 48}, Hash{"sha-512", 64}};

// RFC 8122 5: "sha-256 AB:CD:…", hex in either case in the wild.
std::optional<Fingerprint> to_fingerprint(std::string_view value) {
  const auto parts = words(value, ' ', 3);
  if (parts.size() != 2) return std::nullopt;
  const auto hash = std::find_if(hashes.begin(), hashes.end(),
                                 [&](const Hash& known) { return equal_ignoring_case(known.name, parts[0]); });
  if (hash == hashes.end() || parts[1].size() != hash->bytes * 3 - 1) return std::nullopt;
  Fingerprint fingerprint{std::string(hash->name), {}};
  for (std::size_t i = 0; i < parts[1].size(); ++i) {
    const auto c = static_cast<unsigned char>(parts[1][i]);
    if (i % 3 == 2 ? c != ':' : !std::isxdigit(c)) return std::nullopt;
    fingerprint.digest += static_cast<char>(std::toupper(c));
  }
  return fingerprint;
}

std::vector<Fingerprint> fingerprints_of(const Section& section) {
  std::vector<Fingerprint> found;
  for (const auto value : section.values("fingerprint")) {
    auto fingerprint = to_fingerprint(value);
    if (fingerprint && found.size() < fingerprints_max) found.push_back(std::move(*fingerprint));
  }
  return found;
}

std::vector<Candidate> candidates_of(const Media& media) {
  std::vector<Candidate> found;
  for (const auto value : media.values("candidate")) {
    if (found.size() == candidates_max) break;
    auto candidate = parse_candidate("candidate:" + std::string(value));
    // Pion lists every candidate a second time for RTCP, which rtcp-mux makes void. A malformed one costs only itself.
    if (candidate && candidate->component == 1) found.push_back(std::move(*candidate));
  }
  return found;
}

// Where to look, in order. Firefox, re-offering after a rejected first section, writes the credentials into another
// one.
std::vector<const Section*> places(const Description& description, const Media& tagged) {
  std::vector<const Section*> found{&tagged, &description};
  for (const auto& media : description.media)
    if (&media != &tagged && !is_rejected(media)) found.push_back(&media);
  return found;
}

Result<> read_credentials(const std::vector<const Section*>& where, RemoteTransport& remote) {
  const auto both = std::find_if(where.begin(), where.end(), [](const Section* section) {
    return section->has("ice-ufrag") && section->has("ice-pwd");
  });
  if (both == where.end()) {
    const bool half = std::any_of(where.begin(), where.end(), [](const Section* section) {
      return section->has("ice-ufrag") || section->has("ice-pwd");
    });
    return fail(half ? "the SDP has only one of a=ice-ufrag and a=ice-pwd" : "the SDP has no ICE credentials",
                "a=ice-ufrag and a=ice-pwd are needed");
  }
  remote.ufrag = trim(*(*both)->value("ice-ufrag"));
  remote.pwd = trim(*(*both)->value("ice-pwd"));
  return check_credentials(remote.ufrag, remote.pwd);
}

Result<> read_fingerprints(const std::vector<const Section*>& where, RemoteTransport& remote) {
  bool any = false;
  for (const Section* section : where) {
    any |= section->has("fingerprint");
    remote.fingerprints = fingerprints_of(*section);
    if (!remote.fingerprints.empty()) return {};
  }
  return fail(any ? "the SDP has no usable certificate fingerprint" : "the SDP has no certificate fingerprint",
              "a=fingerprint:sha-256 with 32 hex pairs is needed (sha-384 and sha-512 do too)");
}

Result<Setup> read_setup(const std::vector<const Section*>& where, Side side) {
  for (const Section* section : where) {
    const auto stated = section->value("setup");
    if (!stated) continue;
    const auto word = trim(*stated);
    if (word == "active") return Setup::active;
    if (word == "passive") return Setup::passive;
    if (word == "actpass" && side == Side::offer) return Setup::actpass;
    if (word == "actpass") return fail("the answer says a=setup:actpass", "an answer has to say active or passive");
    return fail("a=setup is neither actpass, active nor passive");
  }
  return side == Side::offer ? Setup::active : Setup::passive;  // the defaults of RFC 4145 4
}

bool ice_chars(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) || c == '+' || c == '/'; });
}

}  // namespace

Result<> check_credentials(std::string_view ufrag, std::string_view pwd) {
  if (ufrag.size() < 4 || ufrag.size() > 256 || !ice_chars(ufrag))
    return fail("a=ice-ufrag is not 4 to 256 letters, digits, + or /");
  if (pwd.size() < 22 || pwd.size() > 256 || !ice_chars(pwd))
    return fail("a=ice-pwd is not 22 to 256 letters, digits, + or /");
  return {};
}

Result<RemoteTransport> read_remote(const Description& description, const Media& tagged, Side side) {
  const auto where = places(description, tagged);
  RemoteTransport remote;
  if (auto read = read_credentials(where, remote); !read) return tl::unexpected(std::move(read.error()));
  if (auto read = read_fingerprints(where, remote); !read) return tl::unexpected(std::move(read.error()));
  const auto setup = read_setup(where, side);
  if (!setup) return tl::unexpected(setup.error());
  remote.setup = *setup;
  remote.ice_lite = description.has("ice-lite");
  remote.candidates = candidates_of(tagged);
  // With max-bundle the candidates stand in the offer's first section, which may be one that we refuse (audio).
  for (const auto& media : description.media)
    if (remote.candidates.empty() && !is_rejected(media) && trim(media.value("ice-ufrag").value_or("")) == remote.ufrag)
      remote.candidates = candidates_of(media);
  return remote;
}

Setup role_against(Setup remote, Setup wish) {
  switch (remote) {
    case Setup::active: return Setup::passive;
    case Setup::passive: return Setup::active;
    case Setup::actpass: break;
  }
  return wish == Setup::active ? Setup::active : Setup::passive;
}

}  // namespace bigfoot::sdp
