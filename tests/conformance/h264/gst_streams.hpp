#pragma once
// GStreamer as the other side: streams that its encoders make, RTP that its payloader makes, pictures that its
// depayloader gives back.

#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace bigfoot::conformance {

/// Runs a pipeline to its end and returns what arrived at its appsink named `out`, one entry a buffer. Throws
/// std::runtime_error with GStreamer's own words when the pipeline fails or takes longer than 60 s.
std::vector<Bytes> run_pipeline(const std::string& launch);

/// The same with buffers pushed into its appsrc named `in`, 33 ms apart.
std::vector<Bytes> run_pipeline(const std::string& launch, const std::vector<Bytes>& input);

}  // namespace bigfoot::conformance
