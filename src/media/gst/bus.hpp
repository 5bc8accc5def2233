#pragma once
// A pipeline's messages on the loop thread, and the words of an error.

#include <functional>
#include <optional>
#include <string>

#include "base/loop.hpp"
#include "base/result.hpp"
#include "media/gst/handle.hpp"

namespace bigfoot::media::gst {

/// Hands every message of the bus to `handler` on the loop thread, those queued before too, until it dies.
class BusWatch {
 public:
  BusWatch() = default;
  BusWatch(Loop& loop, GstElement* pipeline, std::function<void(GstMessage&)> handler);

 private:
  Subscription subscription_;
};

/// What an error or a warning says, in words for a person; `next` is restart_pipeline.
Error error_of(GstMessage& message);
/// The name of the element that sent it.
std::string source_of(GstMessage& message);
/// The first error that waits on the pipeline's bus. Any thread, before a BusWatch exists.
std::optional<Error> pending_error(GstElement* pipeline);
Error pending_error(GstElement* pipeline, Error otherwise);

}  // namespace bigfoot::media::gst
