#pragma once
// The decoder of one camera's stream, kept running: chosen by a trial, replaced when it breaks or hangs, by another row
// when it does so again.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "media/attention.hpp"
#include "media/decoders.hpp"
#include "media/decoding.hpp"
#include "media/part_runner.hpp"
#include "media/patience.hpp"

namespace bigfoot::media {

/// Loop thread, all of it.
class DecoderPartListener {
 public:
  virtual ~DecoderPartListener() = default;
  /// In the order in which they were fed.
  virtual void on_picture(DecodedPicture picture) = 0;
  /// What was fed last is of no use, nor is what follows before the next key frame: the decoder is new, or will be, or
  /// it fell behind. Once, until a key frame was fed.
  virtual void on_keyframe_needed() = 0;
  /// What it was fed is damaged: it says so, or makes no picture of it. What follows may look damaged up to the next
  /// key frame.
  virtual void on_decode_error(const std::string& /*what*/) {}
  /// It broke, stands still, or none could be opened; tried again after `pause`.
  virtual void on_decoder_fault(const Error& error, Nanos pause) = 0;
  /// Behind that, when the one in use broke or stood still: another is opened for it. Not after reset().
  virtual void on_decoder_replaced() {}
  /// Its first picture is about to be given, so long after the last one of the decoder that broke.
  virtual void on_decoder_recovered(Nanos /*took*/) {}
  /// Behind that: none of the table can be chosen, or the one that was named cannot; no fault of one in use.
  virtual void on_no_decoder(const Error& /*why*/) {}
  virtual void on_decoder_open() {}
};

/// Loop thread.
class DecoderPart final : private PartListener {
 public:
  struct Settings {
    std::string name = "auto";  ///< or an element of the decoder table
    Nanos stands_still_after = Patience().decoder;
  };
  DecoderPart(Loop& loop, Settings settings, DecoderPartListener& listener, Log log,
              Decoders::Choose choose = Decoders::for_viewers());
  ~DecoderPart() override;
  DecoderPart(const DecoderPart&) = delete;
  DecoderPart& operator=(const DecoderPart&) = delete;

  /// Opens it, so that it is there before the first access unit comes: loading GStreamer takes some ten milliseconds,
  /// and the trial of a decoder in hardware, where there is one, a fifth of a second.
  void start();
  /// Asks; no picture comes any more.
  void stop();
  /// Its workers are asked to end, for a destructor that has more to wait for.
  void end();
  /// One access unit, in the order of the stream, for as long as its bytes are wanted. While none is open those since
  /// the last key frame wait, three seconds' worth at most.
  void feed(h264::AccessUnit unit, std::uint64_t id);
  /// It is of no use any more, as its owner found: it is replaced, as after a fault of its own.
  void reset(Error why);
  /// Called every 50 ms or so: does it stand still?
  void watch();

  bool open() const { return runner_.open(); }
  bool stopped() const { return runner_.stopped(); }
  const PartRunner& runner() const { return runner_; }
  /// The element in use; empty: none is.
  std::string element() const { return open() ? decoders_->in_use() : std::string(); }
  /// What waits for the decoder, or in it.
  std::size_t pending() const { return waiting_.size() + (decoding_ ? decoding_->pending() : 0); }

  struct Counts {
    std::uint64_t fed = 0, decoded = 0;
    std::uint64_t errors = 0;     ///< on_decode_error()
    std::uint64_t corrupted = 0;  ///< pictures
    std::uint64_t lost = 0;       ///< access units that gave no picture while later ones did
    std::uint64_t refused = 0;    ///< came without their key frame, or while the decoder was behind
    std::uint64_t faults = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  struct Unit {
    h264::AccessUnit unit;
    std::uint64_t id;
  };
  struct Hand;
  struct Opening;
  Open how_to_open() override;
  void on_open() override;
  void on_closing() override;
  void on_fault(Error error, bool in_use) override;
  void on_hang(const std::string& what, Error error, bool in_use) override;
  void on_left(const std::string& what, bool broken) override;
  void on_message(GstMessage& message) override;
  bool lacks_what_hangs() const override { return decoders_->lacks(); }

  void take(DecodedPicture picture);
  void tell_error(const std::string& what);
  void keep_for_later(h264::AccessUnit unit, std::uint64_t id);
  void give(const h264::AccessUnit& unit, std::uint64_t id);
  void need_keyframe();
  void say_found();

  Loop& loop_;
  const Settings settings_;
  DecoderPartListener& listener_;
  const Log log_;
  const std::shared_ptr<Decoders> decoders_;
  std::shared_ptr<Hand> hand_;        ///< between the streaming threads and the loop; of this generation
  std::shared_ptr<Opening> opening_;  ///< filled by the worker
  std::shared_ptr<Decoding> decoding_;
  std::vector<Unit> waiting_;  ///< from a key frame on
  bool needs_keyframe_ = false;
  Counts counts_;
  Timestamp last_picture_{};
  std::optional<Timestamp> broken_since_;
  bool resets_ = false;  ///< its owner does
  Attention attention_;
  PartRunner runner_;  ///< last: it closes what the others hold
};

}  // namespace bigfoot::media
