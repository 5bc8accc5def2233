#include "view/decoder.hpp"

#include <utility>

namespace bigfoot::view {
namespace {

class MediaDecoder final : public Decoder {
 public:
  MediaDecoder(Loop& loop, const std::string& name, media::DecoderPartListener& listener, const Log& log)
      : part_(loop, settings_of(name), listener, log) {}

  void start() override { part_.start(); }
  void stop() override { part_.stop(); }
  void end() override { part_.end(); }
  bool stopped() const override { return part_.stopped(); }
  void feed(h264::AccessUnit unit, std::uint64_t id) override { part_.feed(std::move(unit), id); }
  void reset(Error why) override { part_.reset(std::move(why)); }
  void watch() override { part_.watch(); }
  std::string element() const override { return part_.element(); }

 private:
  static media::DecoderPart::Settings settings_of(const std::string& name) {
    media::DecoderPart::Settings settings;
    settings.name = name;
    return settings;
  }
  media::DecoderPart part_;
};

}  // namespace

DecoderMaker media_decoder(Loop& loop, std::string name) {
  return [&loop, name = std::move(name)](media::DecoderPartListener& listener, const Log& log) {
    return std::make_unique<MediaDecoder>(loop, name, listener, log);
  };
}

}  // namespace bigfoot::view
