#include <cstdio>
#include <sstream>

#include "media/v4l2_mode.hpp"
#include "robot/devices_print.hpp"

namespace bigfoot::robot {
namespace {

constexpr std::size_t columns = 96;
constexpr std::size_t modes_shown = 12;
constexpr std::size_t why_indent = 24;

/// Letters, not bytes: the text holds dots and dashes of two and three bytes.
std::size_t width_of(const std::string& text) {
  std::size_t width = 0;
  for (const char c : text) width += (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  return width;
}

/// `text` in lines of at most `columns`, each after the first begun with `indent` spaces; it begins at column `at`.
std::string wrapped(const std::string& text, std::size_t at, std::size_t indent) {
  std::istringstream words(text);
  std::string out;
  std::size_t column = at;
  for (std::string word; words >> word;) {
    const std::size_t width = width_of(word);
    if (column > indent && column + 1 + width > columns) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (!out.empty()) {
      out += ' ';
      ++column;
    }
    out += word;
    column += width;
  }
  return out;
}

std::string at_text(const media::DevicesWanted& wanted) {
  return wanted.size.text() + "@" + media::rate_text(wanted.fps);
}

std::string tested_text(const media::CodecReport& report) {
  const std::string on = report.tested_on;
  return on == "untested" ? on : "tested on " + on;
}

std::string codec_text(const media::CodecReport& report) {
  char head[64];
  const bool usable = report.standing == media::Standing::chosen || report.standing == media::Standing::works;
  std::snprintf(head, sizeof head, "  %-7s %-13s ", media::to_string(report.standing), report.element);
  std::string line = head;
  if (usable) {
    char cost[64];
    std::snprintf(cost, sizeof cost, "%.2f core, %.1f ms", report.cores, to_millis(report.time_p50));
    std::string text = cost;
    if (report.slices > 1) text += ", " + std::to_string(report.slices) + " slices";
    return line + wrapped(text + "; " + tested_text(report), width_of(line), why_indent) + "\n";
  }
  return line + wrapped(report.why_not + "; " + tested_text(report), width_of(line), why_indent) + "\n";
}

std::string codecs_text(const std::string& title, const std::vector<media::CodecReport>& reports) {
  std::string text = "\n" + title + "\n";
  for (const auto& report : reports) text += codec_text(report);
  return text;
}

std::string modes_text(const media::V4l2Found& camera, const media::DevicesWanted& wanted) {
  const auto offers = media::v4l2_offers(*camera.device, {camera.path(), "auto", wanted.size, wanted.fps});
  std::string text;
  for (std::size_t i = 0; i < offers.size() && i < modes_shown; ++i) text += (i > 0 ? " · " : "") + offers[i].text();
  if (offers.size() > modes_shown) text += " · and " + std::to_string(offers.size() - modes_shown) + " more";
  return text.empty() ? "says nothing of its modes" : text;
}

std::string cameras_text(const media::DevicesReport& report, const media::DevicesWanted& wanted) {
  std::string text = "Cameras\n";
  std::size_t pasted = 0;
  if (report.cameras.empty() && report.plugin_cameras.empty()) text += "  none here; without one: --camera test:\n";
  for (const auto& camera : report.cameras) {
    text += "  " + (camera.card.empty() ? "unnamed" : camera.card) + ", " + camera.node + "\n";
    if (!camera.device) {
      text += "    " + wrapped(camera.device.error().text(), 4, 4) + "\n";
      continue;
    }
    text += "    " + wrapped(modes_text(camera, wanted), 4, 4) + "\n    " +
            media::paste_line(camera, pasted_name(pasted++), wanted.size, wanted.fps) + "\n";
  }
  for (const auto& camera : report.plugin_cameras)
    text += "  " + (camera.card.empty() ? "unnamed" : camera.card) + ", by " + media::to_string(camera.kind) +
            ", untested\n    " + media::paste_line(camera, pasted_name(pasted++)) + "\n";
  if (!report.plugin_fault.empty()) text += "  " + wrapped(report.plugin_fault, 2, 2) + "\n";
  return text;
}

}  // namespace

std::string pasted_name(std::size_t n) { return n == 0 ? "front" : n == 1 ? "rear" : "camera" + std::to_string(n + 1); }

std::string devices_text(const media::DevicesReport& report, const media::DevicesWanted& wanted) {
  return cameras_text(report, wanted) +
         codecs_text("Encoders at " + at_text(wanted) + ", --bitrate " + to_string(wanted.bitrate), report.encoders) +
         codecs_text("H.264 decoders at " + at_text(wanted), report.h264_decoders) +
         codecs_text("H.265 decoders at " + at_text(wanted), report.h265_decoders) +
         codecs_text("JPEG decoders at " + at_text(wanted), report.jpeg_decoders);
}

}  // namespace bigfoot::robot
