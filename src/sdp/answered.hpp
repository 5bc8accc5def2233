#pragma once
// What holds for every answer to an offer of ours, whoever sends the media: its sections are those of the offer, and
// one transport carries them all.

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sdp/data_section.hpp"
#include "sdp/description.hpp"

namespace bigfoot::sdp {

/// `types` are those of the offer's sections, whose mids are "0", "1", … Errors: more or fewer sections, another type
/// or a=mid.
[[nodiscard]] Result<> check_sections(const Description& answer, const std::vector<std::string_view>& types);

/// Data channels over the transport of the media: outside the BUNDLE they would need ICE and DTLS of their own.
std::optional<DataNegotiated> take_data(const Description& answer, std::optional<std::size_t> line);

/// The section whose transport carries everything: the first of the BUNDLE if it lives, else the first that lives; a
/// single one needs no group. `living` are the sections with RTP; none without one. Errors: no rtcp-mux, several
/// without BUNDLE.
[[nodiscard]] Result<std::optional<std::size_t>> answered_transport(const Description& answer,
                                                                    const std::vector<std::size_t>& living,
                                                                    const std::optional<DataNegotiated>& data);

}  // namespace bigfoot::sdp
