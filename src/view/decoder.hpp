#pragma once
// The decoder of one camera as its player sees it. In the program it is media::DecoderPart; a unit test brings one
// without GStreamer.

#include <functional>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "base/loop.hpp"
#include "media/decoder_part.hpp"

namespace bigfoot::view {

/// Every member means what it means in media::DecoderPart.
class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual void start() = 0;
  virtual void stop() = 0;
  virtual void end() = 0;
  virtual bool stopped() const = 0;
  virtual void feed(h264::AccessUnit unit, std::uint64_t id) = 0;
  virtual void reset(Error why) = 0;
  virtual void watch() = 0;
  virtual std::string element() const = 0;
};

/// `listener` outlives it.
using DecoderMaker = std::function<std::unique_ptr<Decoder>(media::DecoderPartListener& listener, const Log& log)>;

/// Real ones. `name`: `auto` or an element.
DecoderMaker media_decoder(Loop& loop, std::string name);

}  // namespace bigfoot::view
