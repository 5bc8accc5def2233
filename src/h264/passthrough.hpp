#pragma once
// May a stream that a camera has encoded itself reach viewers as it is? Nothing can be asked of such a stream: a viewer
// that joins waits for its next key frame, and what a browser cannot decode cannot be mended.

#include <optional>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/units.hpp"
#include "h264/profile_level_id.hpp"
#include "h264/sps.hpp"

namespace bigfoot::h264 {

struct PassRules {
  Size size;                ///< that viewers are to get
  ProfileLevelId promised;  ///< what they were told they need to decode
  Nanos keyframes_within = 2s;
  bool prove_first = false;  ///< nothing passes before two key frames came within that time
};

/// Looks at each access unit of one stream, in order. Pure.
class PassThrough {
 public:
  enum class Verdict {
    waits,    ///< no key frame with its parameter sets came yet: nothing before it can be decoded
    passes,   ///< it may be sent
    refused,  ///< never again; why() says what is wrong
  };

  explicit PassThrough(PassRules rules) : rules_(rules) {}

  /// `unit` in Annex B form, `at`: when it was captured.
  Verdict step(BytesView unit, Timestamp at);

  /// The unit of the last step() begins with parameter sets and holds an IDR picture: a viewer can begin there.
  bool keyframe() const { return keyframe_; }
  /// Of the last key frame.
  const std::optional<Sps>& sps() const { return sps_; }
  const std::optional<Error>& why() const { return why_; }

 private:
  void look(BytesView unit);
  void look_at_sps(BytesView nal);
  void refuse_profile(const ProfileLevelId& stream);
  void look_at_slice(BytesView nal);
  void judge_distance(Timestamp at);
  void refuse(std::string what, std::string fix);

  PassRules rules_;
  std::optional<Sps> sps_, sps_of_unit_;
  std::optional<Error> why_;
  bool keyframe_ = false;
  bool idr_ = false;  ///< in this unit
  std::optional<Timestamp> last_;
  Nanos distance_{0};  ///< since the last key frame, or since one was missed
  bool passing_ = false;
  bool begun_ = false;   ///< there was a key frame
  bool proven_ = false;  ///< one came in time after another
  bool late_ = false;    ///< the one that is waited for
  bool missed_ = false;  ///< one was late, and since then none came in time
};

}  // namespace bigfoot::h264
