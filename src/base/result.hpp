#pragma once
// Expected failures are values. A caller that gets an Error learns what to do next and what a person should change.

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace bigfoot {

/// What the owner of the failed thing does next. The words are also the `next=` field of the log.
enum class Next { give_up, retry, restart_pipeline, reset_decoder, reconnect };

constexpr const char* to_string(Next next) {
  switch (next) {
    case Next::give_up: return "give_up";
    case Next::retry: return "retry";
    case Next::restart_pipeline: return "restart_pipeline";
    case Next::reset_decoder: return "reset_decoder";
    case Next::reconnect: return "reconnect";
  }
  return "give_up";
}

struct Error {
  std::string what;  ///< what failed, with the values that made it fail
  std::string fix;   ///< what a person can change; empty when nothing is in their hands
  Next next = Next::give_up;

  /// One line for a log or a terminal.
  std::string text() const { return fix.empty() ? what : what + " (" + fix + ")"; }
};

template <class T = void>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(std::string what, std::string fix = {}, Next next = Next::give_up) {
  return tl::unexpected<Error>(Error{std::move(what), std::move(fix), next});
}

}  // namespace bigfoot
