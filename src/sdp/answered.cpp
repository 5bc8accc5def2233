#include "sdp/answered.hpp"

#include <algorithm>
#include <string>

#include "sdp/media_view.hpp"

namespace bigfoot::sdp {
namespace {

bool is_bundled(const Description& answer, std::size_t line) {
  const auto group = bundle_of(answer);
  return std::find(group.begin(), group.end(), mid_of(answer.media[line])) != group.end();
}

}  // namespace

Result<> check_sections(const Description& answer, const std::vector<std::string_view>& types) {
  if (answer.media.size() != types.size())
    return fail("the answer has " + std::to_string(answer.media.size()) + " m-lines, the offer had " +
                std::to_string(types.size()));
  for (std::size_t i = 0; i < types.size(); ++i) {
    const auto mid = mid_of(answer.media[i]);
    if (answer.media[i].type != types[i])
      return fail("m-line " + std::to_string(i) + " of the answer is not " + std::string(types[i]) +
                  " as in the offer");
    if (!mid.empty() && mid != std::to_string(i))
      return fail("m-line " + std::to_string(i) + " of the answer has another a=mid than the offer");
  }
  return {};
}

std::optional<DataNegotiated> take_data(const Description& answer, std::optional<std::size_t> line) {
  if (!line || !is_bundled(answer, *line)) return std::nullopt;
  const auto remote = read_data(answer.media[*line]);
  if (!remote) return std::nullopt;
  return DataNegotiated{*line, std::to_string(*line), *remote};
}

Result<std::optional<std::size_t>> answered_transport(const Description& answer, const std::vector<std::size_t>& living,
                                                      const std::optional<DataNegotiated>& data) {
  for (const std::size_t line : living) {
    if (!answer.media[line].has("rtcp-mux"))
      return fail("the answer has no a=rtcp-mux", "RTCP on its own port is not supported");
    if (living.size() > 1 && !is_bundled(answer, line))
      return fail("the answer has several cameras without BUNDLE",
                  "all media has to use one transport (a=group:BUNDLE)");
  }
  if (living.empty()) return std::nullopt;
  const auto group = bundle_of(answer);
  if (!group.empty()) {
    for (const std::size_t line : living)
      if (mid_of(answer.media[line]) == group[0]) return line;
    if (data && data->mid == group[0]) return data->m_line;
  }
  return living.front();
}

}  // namespace bigfoot::sdp
