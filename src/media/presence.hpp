#pragma once
// Is an element on this machine at all? Asked before one is made: a row whose hardware is missing is refused at once,
// without a word from GStreamer.

#include <optional>

#include "base/result.hpp"

namespace bigfoot::media {

/// Where an element comes from and what it needs of the machine.
struct Place {
  const char* package;  ///< the Debian package, or the vendor's, that has it
  const char* nodes;    ///< device nodes, by spaces, with * and ?: one of them must exist; empty: none is needed
  const char* hint;     ///< why a machine may have none; empty when there is nothing to say
};

/// This machine; a test makes its own.
class Host {
 public:
  virtual ~Host() = default;
  /// `pattern` as of glob(7).
  virtual bool has_node(const char* pattern) const;
  virtual bool has_element(const char* element) const;
};

/// What is missing, with the way out; nothing when all is there. `gpu`: the one that is to do it, where there are
/// several. GStreamer must have been started.
std::optional<Error> absence(const char* element, const Place& place, const Host& host, int gpu = 0);

}  // namespace bigfoot::media
