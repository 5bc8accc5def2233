#include "sdp/data_section.hpp"

#include <algorithm>

#include "sdp/media_view.hpp"
#include "sdp/text.hpp"

namespace bigfoot::sdp {
namespace {

constexpr std::string_view format = "webrtc-datachannel";

/// The attribute as a number; `absent` when it is not there, nothing when it is no number.
template <class Number>
std::optional<Number> number(const Media& media, std::string_view name, Number absent) {
  const auto text = media.value(name);
  return text ? parse_number<Number>(trim(*text)) : absent;
}

}  // namespace

std::optional<RemoteData> read_data(const Media& media) {
  const bool sctp = media.protocol == "UDP/DTLS/SCTP" || media.protocol == "TCP/DTLS/SCTP";
  const bool ours = media.type == "application" && sctp &&
                    std::find(media.formats.begin(), media.formats.end(), format) != media.formats.end();
  if (!ours || is_rejected(media)) return std::nullopt;
  const RemoteData absent;  // 64 KiB (RFC 8841 6.1); the port of every browser
  const auto port = number(media, "sctp-port", absent.sctp_port);
  const auto most = number(media, "max-message-size", absent.max_message_size);
  if (!port || *port == 0 || !most) return std::nullopt;
  return RemoteData{*port, *most};
}

Media make_data(const std::string& mid, const DataSide& side) {
  Media media;
  media.type = "application";
  media.protocol = "UDP/DTLS/SCTP";
  media.formats = {std::string(format)};
  media.lines.push_back({'c', "IN IP4 0.0.0.0"});  // addresses travel as candidates
  if (!mid.empty()) media.add("mid", mid);
  media.add("sctp-port", std::to_string(side.sctp_port));
  media.add("max-message-size", std::to_string(side.max_message_size));
  return media;
}

}  // namespace bigfoot::sdp
