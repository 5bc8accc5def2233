#pragma once
// One generation of a window: what a stage holds, painted and handed to a video sink of GStreamer's.

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "media/gst/pipeline.hpp"
#include "media/gst/probe.hpp"
#include "media/outlet.hpp"
#include "media/painter.hpp"
#include "media/part.hpp"
#include "media/stage.hpp"

namespace bigfoot::media {

/// A picture that came to be seen, or a key that was pressed in the window.
struct Seen {
  struct Picture {
    std::size_t tile;
    std::uint64_t id;
  };
  std::vector<Picture> pictures;
  Timestamp at{};   ///< when the sink was done with them
  std::string key;  ///< as X names it: `q`, `Escape`, `F11`; or empty
};
using SeenOutlet = OutletOf<Seen>;

class Showing final : public Part {
 public:
  struct Links {
    std::shared_ptr<Stage> stage;
    std::shared_ptr<SeenOutlet> outlet;
  };
  /// `sink`: an element's name. Errors: there is none of that name; it has no display, with what to do. Worker thread.
  [[nodiscard]] static Result<std::shared_ptr<Showing>> open(const std::string& sink, Links links,
                                                             const std::string& title);
  ~Showing() override;
  Showing(const Showing&) = delete;
  Showing& operator=(const Showing&) = delete;

  void close() override;  ///< worker thread
  GstElement* pipeline() const override { return pipeline_.get(); }
  /// The sink that `autovideosink` found, or the one that was named.
  const std::string& element() const { return element_; }

  /// With the next picture, where the sink shows titles: X11's. Any thread.
  void set_title(const std::string& title);
  /// True where the sink has a property for it. Worker thread.
  bool set_fullscreen(bool fullscreen);
  /// It says which (`have-window-handle` on the bus) once it has made it.
  bool has_x11_window() const;

 private:
  explicit Showing(Links links) : links_(std::move(links)) {}
  Result<> build(const std::string& sink);
  Result<> make_ready(const std::string& wished);
  void pass_on();
  bool scales() const { return element_ != "ximagesink"; }
  bool look_at_window();
  void say_title();
  GstPadProbeReturn heard(GstPadProbeInfo& info);

  const Links links_;
  const SystemClock clock_;  // streaming threads may outlive the loop's when a driver hangs
  gst::Pipeline pipeline_;
  gst::Handle<GstElement> in_, sink_;
  std::string element_;
  Stage::Window window_ = 0;
  gst::Probe keys_;
  std::atomic<bool> resized_{false};
  std::mutex title_mutex_;
  std::optional<std::string> title_;  ///< to be told
  Painter painter_;                   // streaming thread, as all below
  gst::Handle<GstCaps> caps_;
  Timestamp looked_at_{};
  std::optional<Size> window_size_;  ///< of a sink that does not scale
  std::vector<Seen::Picture> on_its_way_;
};

}  // namespace bigfoot::media
