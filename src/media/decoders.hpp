#pragma once
// The decoder of one camera: what trials found, which of them broke in use, and how the one in use does.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "media/codec_faults.hpp"
#include "media/decoder_trial.hpp"
#include "media/decoder_watch.hpp"
#include "media/worker.hpp"

namespace bigfoot::media {

/// One for the life of a camera, between the loop and the worker that opens the source.
class Decoders {
 public:
  /// As choose_decoder.
  using Choose =
      std::function<Result<DecoderChoice>(Codec codec, const std::string& name, Size size, FrameRate fps,
                                          const std::map<std::string, std::string>& failed, const OnTrial& on_trial)>;
  /// `gpu`: which of several.
  static Choose from_table(int gpu = 0);

  /// As choose_viewers_decoder.
  static Choose for_viewers();

  /// `name`: `auto` or an element.
  explicit Decoders(std::string name, Choose choose = from_table())
      : choose_(std::move(choose)), name_(std::move(name)) {}

  // Worker thread.

  /// A source is about to be opened; nothing decodes.
  void begin();
  /// What decodes `codec`: tried once for each size, by a new trial after it broke twice. Rather one that broke than
  /// none at all; one that hangs is none. Each trial is a step. Errors: as choose_decoder; another source has begun
  /// meanwhile, and no other trial begins.
  [[nodiscard]] Result<DecoderChoice> choose(Codec codec, Size size, FrameRate fps, const Worker::Step& step);
  /// The element that the choice became, before it plays.
  void watch(GstElement* decoder);

  // Loop thread.

  /// Workers hang in these steps; the rows whose trials they are, encoders for the test pictures among them, are not
  /// tried until another call no longer names them.
  void hang(const std::vector<std::string>& steps);
  /// The source that was opened last found no decoder, and some hang.
  bool lacks() const;
  /// Another name: all that was known counts no more.
  void wish(std::string name);
  /// The element in use; empty where the pictures arrive raw.
  std::string in_use() const;
  /// It is given pictures and has given none back for longer than `at_most`.
  bool stands_still(Timestamp now, Nanos at_most);
  /// The fault that says so.
  static Error standstill();

  struct Blame {
    std::string element;
    bool passed_over = false;  ///< it broke twice: the next one is taken
  };
  /// Whether a fault of the source is its decoder's; then the error names its element.
  std::optional<Blame> blame(Error& error, Timestamp now);

  /// A trial has ended.
  struct Found {
    Codec codec = Codec::h264;
    DecoderChoice choice;
    std::string forgiven;  ///< why none was left without those that broke; empty when one was
  };
  /// The last one, once.
  std::optional<Found> take_found();

 private:
  struct Key {
    Codec codec;
    Size size;
    bool operator<(const Key& other) const {
      return std::tuple(codec, size.width, size.height) < std::tuple(other.codec, other.size.width, other.size.height);
    }
  };
  using Reasons = std::map<std::string, std::string>;  ///< by element
  Result<Found> try_them(Codec codec, Size size, FrameRate fps, const std::string& name, const Reasons& broke,
                         const Reasons& hang, const OnTrial& on_trial) const;

  const Choose choose_;
  mutable std::mutex mutex_;
  std::string name_;
  std::map<Key, DecoderChoice> known_;
  CodecFaults faults_;
  Reasons hang_;
  std::uint64_t opening_ = 0;  ///< counts the sources
  bool lacks_ = false;
  std::string in_use_;
  std::unique_ptr<DecoderWatch> watch_;
  std::optional<Found> found_;
};

}  // namespace bigfoot::media
