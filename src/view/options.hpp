#pragma once
// What `bigfoot view` can be told, nested as it is used, and the table that environment and flags share.

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "config/table.hpp"
#include "transport/ice_config.hpp"

namespace bigfoot::view {

struct ViewOptions {
  std::string robot;                                        ///< its name; empty with `whep`
  std::string camera;                                       ///< one of its cameras; empty: all
  std::vector<std::string> servers{"ws://127.0.0.1:8080"};  ///< the first that answers
  std::string whep;                                         ///< URL; empty: over signaling
  bool robot_given = false, whep_given = false;             ///< whether or not it could be read
  std::string token_file;                                   ///< path; empty: no token is shown
  std::string token;                                        ///< what stands in it; complete() reads it
  std::string decoder = "auto";                             ///< or an element
  std::string display = "auto";                             ///< or an element, or `none`
  bool fullscreen = false;
  bool overlay = false;
  Nanos smooth{0};
  std::string record;  ///< path; empty: nothing is recorded
  bool json = false;
  bool measure = false;  ///< with `json`: a row a picture
  transport::IceConfig ice;
  LogFormat log_format = LogFormat::text;
  LogLevel log_level = LogLevel::warn;

  bool headless() const { return display == "none"; }
  /// What people call what they look at: "rover-7", "rover-7/front", or the WHEP address.
  std::string title() const;
};

/// The rows of `bigfoot view`. `options` must outlive it.
config::Table view_table(ViewOptions& options);
/// The key of its row that needs no flag.
inline constexpr const char* view_word = "robot";
/// What only makes sense together: a robot or a WHEP address and not both, a token for WHEP only, loopback ICE when
/// that is on loopback. Reads the token.
std::vector<config::Fault> complete(ViewOptions& options);

}  // namespace bigfoot::view
