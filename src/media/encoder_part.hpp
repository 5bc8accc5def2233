#pragma once
// The encoder of a camera, kept running: chosen by a trial, replaced when it breaks, by another row when it breaks
// again.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "media/attention.hpp"
#include "media/codec_faults.hpp"
#include "media/encoder_trial.hpp"
#include "media/encoding.hpp"
#include "media/feed.hpp"
#include "media/part_runner.hpp"
#include "media/patience.hpp"

namespace bigfoot::media {

struct EncoderWish {
  std::string name = "auto";  ///< or an element of the encoder table
  Size size;
  FrameRate fps;
  Nanos stands_still_after = Patience().encoder;
  Resources resources = {};
  bool operator==(const EncoderWish&) const = default;
};

class EncoderPartListener {
 public:
  virtual ~EncoderPartListener() = default;
  virtual void on_encoder_open() = 0;
  virtual void on_encoder_fault(const Error& error, Nanos pause) = 0;
  /// None works as change() asked: the one before is opened again, as wish() says.
  virtual void on_wish_refused(const EncoderWish& refused, const Error& why) = 0;
};

/// Loop thread.
class EncoderPart final : private PartListener {
 public:
  using Receiver = Outlet::Receiver;
  /// As choose_encoder, in the worker's thread.
  using Choose =
      std::function<Result<EncoderChoice>(const EncoderWish& wish, Bitrate bitrate,
                                          const std::map<std::string, std::string>& failed, const OnTrial& on_trial)>;
  struct Links {
    std::shared_ptr<CameraControl> control;
    std::shared_ptr<FrameLedger> ledger;
    std::shared_ptr<Feed> feed;
  };
  EncoderPart(Loop& loop, EncoderWish wish, Links links, Receiver receiver, EncoderPartListener& listener, Log log,
              Choose choose = choose_from_table);

  void start();
  void stop();
  /// Its worker is asked to end, for a destructor that has more to wait for.
  void end();
  /// Another encoder, chosen anew, in the place of the one there is.
  void change(EncoderWish wish);
  const EncoderWish& wish() const { return wish_; }
  /// What it makes is of no use: as after a fault of its own.
  void reject(Error why);
  /// Called every 50 ms: does it stand still, does it fall behind?
  void watch();

  bool open() const { return runner_.open(); }
  bool stopped() const { return runner_.stopped(); }
  /// What change() asked has been tried: nothing of it is under way.
  bool settled() const { return !runner_.opening(); }
  const std::optional<EncoderChoice>& choice() const { return choice_; }
  const PartRunner& runner() const { return runner_; }
  /// From the last picture before each fault until an encoder was open again, of those since the last call.
  std::vector<Nanos> take_recoveries() { return std::exchange(recoveries_, {}); }

  static Result<EncoderChoice> choose_from_table(const EncoderWish& wish, Bitrate bitrate,
                                                 const std::map<std::string, std::string>& failed,
                                                 const OnTrial& on_trial);

 private:
  /// What an opening goes by besides the wish.
  struct Rules {
    EncoderChoice known;  ///< without a row: none yet
    std::map<std::string, std::string> broke, hang;
    bool forgives;  ///< rather one that broke than none at all; one that hangs is none
  };
  /// What the worker found out.
  struct Tried {
    EncoderChoice choice;  ///< without a row: none yet
    std::string forgiven;  ///< why no encoder was left without those passed over; empty when one was
    std::shared_ptr<Encoding> encoding;
  };
  /// Where it leaves that for the loop, which may look while the worker is still at it.
  class Opened;
  Open how_to_open() override;
  void on_open() override;
  void on_closing() override;
  void on_fault(Error error, bool in_use) override;
  void on_hang(const std::string& what, Error error, bool in_use) override;
  void on_left(const std::string& what, bool broken) override;
  bool lacks_what_hangs() const override;

  static Result<std::shared_ptr<Part>> open_in_worker(Opened& opened, const EncoderWish& wish, Rules rules,
                                                      const Choose& choose, const Worker::Step& step,
                                                      Encoding::Links links);
  void keep_choice();
  std::map<std::string, std::string> hanging() const;
  std::optional<EncoderWish> go_back(const Error& error);
  void take_fault(const Error& error, bool in_use);
  void check_standstill(const FrameLedger::Counts& counts, Timestamp attentive_since);
  void check_slices();
  void judge(const FrameLedger::Percentiles& recent);

  Loop& loop_;
  EncoderWish wish_;
  const Links links_;
  const Receiver receiver_;
  EncoderPartListener& listener_;
  const Log log_;
  const Choose choose_;
  std::shared_ptr<Opened> opening_;
  std::shared_ptr<Outlet> outlet_;
  std::optional<EncoderChoice> choice_;  ///< kept over restarts
  /// What was open last: another wish that comes to nothing goes back to it.
  struct Proven {
    EncoderWish wish;
    EncoderChoice choice;
  };
  std::optional<Proven> proven_;
  CodecFaults faults_;
  Attention attention_;
  std::optional<Timestamp> broken_since_;
  std::vector<Nanos> recoveries_;
  int slow_checks_ = 0;
  PartRunner runner_;  ///< last: it closes what the others hold
};

}  // namespace bigfoot::media
