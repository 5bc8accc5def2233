#pragma once
// Where a camera's own H.264 and what the encoder makes of placeholders become one stream: each begins with a key frame
// of its own, and the other has ended by then.

#include <functional>
#include <memory>
#include <mutex>

#include "h264/access_unit.hpp"
#include "media/camera_control.hpp"

namespace bigfoot::media {

/// Any thread. One for the life of a camera. Without a source that is passed through all comes from the encoder.
class Junction {
 public:
  using Receiver = std::function<void(h264::AccessUnit)>;
  Junction(std::shared_ptr<CameraControl> control, Receiver receiver);

  /// From the encoder. Where the source's own stream is sent, nothing of it goes through before let_encoder_in().
  void encoded(h264::AccessUnit unit);
  enum class Fate {
    sent,
    waits,        ///< nobody watches, or who does waits for the next key frame
    stood_in_for  ///< a placeholder is shown up to the next key frame
  };
  /// From the source, whether somebody watches or not.
  Fate passed(h264::AccessUnit unit);
  /// The encoder's next key frame takes over, and is asked for. For a placeholder: the source may be back before it.
  void let_encoder_in();
  /// No source is passed through any more, whether somebody watches or not: all that follows is the encoder's.
  void end_passing();
  /// What goes out is the source's own.
  bool passes() const;

 private:
  void send(h264::AccessUnit unit);

  const std::shared_ptr<CameraControl> control_;
  const Receiver receiver_;
  mutable std::mutex mutex_;
  std::uint64_t next_number_ = 0;
  Timestamp last_captured_{};
  bool passes_ = false;
  bool begun_ = false;           ///< the source's stream, since somebody watches
  bool encoder_may_ = true;      ///< take over
  bool encoder_begins_ = false;  ///< it has to, with a key frame: the source's stream came before
};

}  // namespace bigfoot::media
