#pragma once
// Pad probes as objects: they end when the object does. The functions run in streaming threads.

#include <functional>
#include <memory>

#include "media/gst/handle.hpp"

namespace bigfoot::media::gst {

class Probe {
 public:
  using Function = std::function<GstPadProbeReturn(GstPadProbeInfo&)>;
  Probe() = default;
  Probe(GstPad* pad, GstPadProbeType type, Function function) : pad_(share(pad)) {
    id_ = gst_pad_add_probe(pad, type, &Probe::trampoline, new Function(std::move(function)),
                            [](gpointer function_pointer) { delete static_cast<Function*>(function_pointer); });
  }
  Probe(Probe&& other) noexcept = default;
  Probe& operator=(Probe&& other) noexcept {
    std::swap(pad_, other.pad_);
    std::swap(id_, other.id_);
    return *this;
  }
  ~Probe() {
    if (pad_) gst_pad_remove_probe(pad_.get(), id_);
  }

 private:
  static GstPadProbeReturn trampoline(GstPad*, GstPadProbeInfo* info, gpointer function) {
    return (*static_cast<Function*>(function))(*info);
  }
  Handle<GstPad> pad_;
  gulong id_ = 0;
};

}  // namespace bigfoot::media::gst
