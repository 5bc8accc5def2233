#include "media/decoder_part.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include "media/gst/bus.hpp"

namespace bigfoot::media {
namespace {

/// A decoder that works closes within some milliseconds. One that hangs is not waited for: pictures are missing.
constexpr PartRunner::Pauses pauses{20ms, 1s, 5s, 400ms};
/// A decoder is tried before the stream's size is known. What breaks at another size is passed over in use.
constexpr Size trial_size{320, 180};
constexpr FrameRate trial_fps{30, 1};
constexpr std::size_t waiting_max = 90;

Error named(const std::string& what) { return {std::string(decoder_name) + ": " + what, {}, Next::restart_pipeline}; }

}  // namespace

/// What streaming threads post comes to nothing once the part is gone, or its generation.
struct DecoderPart::Hand {
  Hand(Loop& loop, DecoderPart& part) : alive(std::make_shared<DecoderPart*>(&part)) {
    outlet = std::make_shared<PictureOutlet>([&loop, weak = std::weak_ptr(alive)](const DecodedPicture& picture) {
      loop.post([weak, picture] {
        if (const auto self = weak.lock()) (*self)->take(picture);
      });
    });
  }
  ~Hand() { outlet->close(); }
  Hand(const Hand&) = delete;
  Hand& operator=(const Hand&) = delete;

  const std::shared_ptr<DecoderPart*> alive;
  std::shared_ptr<PictureOutlet> outlet;
};

struct DecoderPart::Opening {
  std::shared_ptr<Decoding> decoding;
  std::atomic<bool> none_passed = false;  ///< looked at while a worker may still hang in it
};

DecoderPart::DecoderPart(Loop& loop, Settings settings, DecoderPartListener& listener, Log log, Decoders::Choose choose)
    : loop_(loop),
      settings_(std::move(settings)),
      listener_(listener),
      log_(std::move(log)),
      decoders_(std::make_shared<Decoders>(settings_.name, std::move(choose))),
      runner_(loop, *this, pauses) {}

DecoderPart::~DecoderPart() { end(); }

void DecoderPart::start() { runner_.start(); }

void DecoderPart::stop() {
  hand_.reset();
  waiting_.clear();
  runner_.stop();
}

void DecoderPart::end() {
  hand_.reset();
  runner_.end();
}

void DecoderPart::reset(Error why) {
  if (!runner_.open()) return;
  resets_ = true;
  runner_.fail(std::move(why));
}

PartListener::Open DecoderPart::how_to_open() {
  opening_ = std::make_shared<Opening>();
  hand_ = std::make_shared<Hand>(loop_, *this);
  decoders_->hang(runner_.left());
  return [opened = opening_, decoders = decoders_, outlet = hand_->outlet,
          step = runner_.step()]() -> Result<std::shared_ptr<Part>> {
    if (auto started = gst::start(); !started) return tl::unexpected(started.error());
    decoders->begin();
    const auto choice = decoders->choose(Codec::h264, trial_size, trial_fps, step);
    if (!choice) {
      opened->none_passed = true;
      return tl::unexpected(choice.error());
    }
    auto decoding = Decoding::open(choice->text, *decoders, outlet);
    if (!decoding) return tl::unexpected(decoding.error());
    opened->decoding = *decoding;
    return *decoding;
  };
}

void DecoderPart::on_open() {
  say_found();
  decoding_ = std::move(opening_->decoding);
  listener_.on_decoder_open();
  if (!decoding_) return;  // the listener stopped it
  const auto units = std::exchange(waiting_, {});
  if (units.empty()) return need_keyframe();
  for (const Unit& each : units)
    if (decoding_) give(each.unit, each.id);
}

void DecoderPart::say_found() {
  const auto found = decoders_->take_found();
  if (!found) return;
  if (!found->forgiven.empty()) log_.warn("decoder.forgiven", {{"why", found->forgiven}});
  if (const std::string why = failures_text(found->choice.passed_over); !why.empty())
    log_.warn("decoder.passed_over", {{"why", why}});
  log_.info("decoder.chosen", {{"decoder", found->choice.row->element},
                               {"codec", key_of(found->codec)},
                               {"trial_p50_ms", to_millis(found->choice.decode_p50)}});
}

void DecoderPart::on_closing() {
  hand_.reset();
  decoding_.reset();
}

void DecoderPart::on_fault(Error error, bool in_use) {
  ++counts_.faults;
  const bool replaced = in_use && !std::exchange(resets_, false);
  if (replaced && !broken_since_) broken_since_ = last_picture_ == Timestamp{} ? loop_.now() : last_picture_;
  const auto blamed = decoders_->blame(error, loop_.now());
  if (blamed && error.fix.empty())
    error.fix = blamed->passed_over ? "another decoder is taken; --decoder names one"
                                    : "another decoder is taken when it happens again; --decoder names one";
  const bool none = opening_ && opening_->none_passed.exchange(false);
  listener_.on_decoder_fault(error, runner_.pause());
  if (replaced) listener_.on_decoder_replaced();
  if (none) listener_.on_no_decoder(error);
  if (in_use && runner_.wanted()) need_keyframe();  // it is under way while another is opened
}

/// Where a trial hangs, or of what makes its pictures, the next row has its turn; a decoder that hangs as it is opened
/// has one more chance, in another worker.
void DecoderPart::on_hang(const std::string& what, Error error, bool in_use) {
  if (tried_in(what).empty()) {
    Error hangs = named("it hangs in opening");
    decoders_->blame(hangs, loop_.now());
  }
  if (runner_.leave()) error.fix = "another decoder is taken; --decoder names one";
  on_fault(std::move(error), in_use);
}

/// What stood still and then does not even close is no chance: the next row has its turn.
void DecoderPart::on_left(const std::string& what, bool broken) {
  const std::string tried = tried_in(what);
  log_.warn("decoder.left_hanging", {{"decoder", tried.empty() ? decoders_->in_use() : tried},
                                     {"then", "it is left to itself in " + what + ", and another is opened"}});
  if (!tried.empty() || !broken) return;
  Error hangs = named("it hangs in closing");
  decoders_->blame(hangs, loop_.now());
}

void DecoderPart::on_message(GstMessage& message) {
  if (GST_MESSAGE_TYPE(&message) != GST_MESSAGE_WARNING) return;
  tell_error(gst::error_of(message).what);
}

void DecoderPart::tell_error(const std::string& what) {
  ++counts_.errors;
  listener_.on_decode_error(what);
}

void DecoderPart::feed(h264::AccessUnit unit, std::uint64_t id) {
  if (!runner_.wanted()) return;
  ++counts_.fed;
  if (!decoding_) return keep_for_later(std::move(unit), id);
  give(unit, id);
}

void DecoderPart::keep_for_later(h264::AccessUnit unit, std::uint64_t id) {
  if (unit.keyframe) {
    waiting_.clear();
    needs_keyframe_ = false;
  }
  if (waiting_.size() >= waiting_max) {
    counts_.refused += waiting_.size();
    waiting_.clear();
  }
  if (waiting_.empty() && !unit.keyframe) {
    ++counts_.refused;
    return;
  }
  waiting_.push_back({std::move(unit), id});
}

void DecoderPart::give(const h264::AccessUnit& unit, std::uint64_t id) {
  const auto fed = decoding_->feed(unit, id);
  if (fed == Decoding::Fed::taken) {
    needs_keyframe_ = false;
    return;
  }
  ++counts_.refused;
  need_keyframe();
}

void DecoderPart::need_keyframe() {
  if (!std::exchange(needs_keyframe_, true)) listener_.on_keyframe_needed();
}

void DecoderPart::take(DecodedPicture picture) {
  last_picture_ = loop_.now();
  ++counts_.decoded;
  counts_.lost += picture.lost;
  if (picture.corrupted) ++counts_.corrupted;
  if (const auto since = std::exchange(broken_since_, std::nullopt))
    listener_.on_decoder_recovered(last_picture_ - *since);
  if (picture.lost > 0) tell_error("it makes no picture of " + std::to_string(picture.lost) + " access units");
  if (picture.corrupted) tell_error("its picture is damaged");
  listener_.on_picture(std::move(picture));
}

void DecoderPart::watch() {
  const Timestamp now = loop_.now(), attentive_since = attention_.look(now);
  const auto silent_since = decoding_ ? decoding_->silent_since() : std::nullopt;
  if (silent_since && now - std::max(*silent_since, attentive_since) > settings_.stands_still_after)
    runner_.fail(Decoders::standstill());
}

}  // namespace bigfoot::media
