#pragma once

#include "congestion/pacer.hpp"
#include "rtp/history.hpp"

namespace bigfoot::robot {

/// `buffers:` of the configuration, as far as they are a viewer's.
struct SendBuffers {
  Nanos queue = congestion::PacerLimits{}.queue;  ///< a picture that waited longer for its turn is cut off
  Nanos history = rtp::History::Limits{}.keep;    ///< what was sent can be sent again for so long, and for 4 RTT
};

}  // namespace bigfoot::robot
