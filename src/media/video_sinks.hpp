#pragma once
// GStreamer's video sinks: which may be named, and what to say where there is no display.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "media/presence.hpp"

namespace bigfoot::media {

/// The one that GStreamer thinks best; and none at all.
inline constexpr const char* automatic_sink = "autovideosink";
inline constexpr const char* no_sink = "none";

/// Reads what `--display` takes besides `auto`: `none`, or a video sink that is installed. GStreamer must have been
/// started. Errors: not installed, with the nearest one and all there are.
[[nodiscard]] Result<std::string> parse_display(const std::string& name);
/// Those that are installed, by name.
std::vector<std::string> video_sinks();

/// Of a sink that does not open.
Error no_display(const std::string& why);
/// autovideosink tries one after the other: DirectFB's crashes where it has no display (Debian 12), kmssink, which
/// needs the screen for itself, looks for it for a second and a half, GL's without a GPU shows a picture of 1280x720
/// after 22 ms, X's after 1, and libwayland says by itself on stderr that there is no folder for its socket.
void leave_out_useless_sinks(const Host& host = Host());

}  // namespace bigfoot::media
