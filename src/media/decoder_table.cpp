#include "media/decoder_table.hpp"

#include <algorithm>

#include "base/nearest.hpp"
#include "media/launch_words.hpp"
#include "media/resources.hpp"

namespace bigfoot::media {
namespace {

constexpr const char* untested = "untested";
constexpr const char* ordinary_memory = "capsfilter caps=\"video/x-raw\"";
constexpr const char* from_nvmm = "nvvidconv ! capsfilter caps=\"video/x-raw,format=(string)I420\"";
constexpr const char* tested_here = "PC, GStreamer 1.22.0, 2026-11";

constexpr Place jetson{"NVIDIA's nvidia-l4t-gstreamer", "/dev/v4l2-nvdec /dev/nvhost-nvdec", "no NVIDIA Jetson"};
constexpr Place nvidia{"gstreamer1.0-plugins-bad, with NVIDIA's driver and libnvcuvid1,",
                       "/dev/nvidia0 /dev/nvidia[1-9]* /dev/dxg", "no NVIDIA GPU with its driver"};
constexpr Place va{"gstreamer1.0-plugins-bad, with the GPU's VA driver,", "/dev/dri/renderD128 /dev/dri/renderD*",
                   "no Intel or AMD GPU with its driver"};
constexpr Place vaapi{"gstreamer1.0-vaapi, with the GPU's VA driver,", "/dev/dri/renderD128 /dev/dri/renderD*",
                      "no Intel or AMD GPU with its driver"};
constexpr Place v4l2{"gstreamer1.0-plugins-good, where a driver decodes it,", "", "Raspberry Pi up to 4 has it"};
constexpr Place v4l2_hevc{"gstreamer1.0-plugins-good, where a driver decodes it,", "", ""};
constexpr Place good{"gstreamer1.0-plugins-good", "", ""};
constexpr Place bad{"gstreamer1.0-plugins-bad", "", ""};
constexpr Place libav{"gstreamer1.0-libav", "", ""};

// max-threads=1: each of libav's frame threads holds back a picture. jpegdec and avdec_mjpeg have none that do.
// disable-dpb: without it Jetson's decoder fills its buffer of references before it gives the first picture.
constexpr DecoderRow rows[] = {
    {"nvv4l2decoder", Codec::h264, "h264parse", "?disable-dpb=true ?enable-max-performance=true", from_nvmm, jetson,
     untested},
    {"nvh264dec", Codec::h264, "h264parse", "?max-display-delay=0", ordinary_memory, nvidia, untested},
    {"vah264dec", Codec::h264, "h264parse", "", ordinary_memory, va, untested},
    {"v4l2h264dec", Codec::h264, "h264parse", "", ordinary_memory, v4l2, untested},
    {"avdec_h264", Codec::h264, "h264parse", "max-threads=1", ordinary_memory, libav, tested_here},
    {"openh264dec", Codec::h264, "h264parse", "", ordinary_memory, bad, tested_here},
    {"nvv4l2decoder", Codec::h265, "h265parse", "?disable-dpb=true ?enable-max-performance=true", from_nvmm, jetson,
     untested},
    {"nvh265dec", Codec::h265, "h265parse", "?max-display-delay=0", ordinary_memory, nvidia, untested},
    {"vah265dec", Codec::h265, "h265parse", "", ordinary_memory, va, untested},
    {"v4l2h265dec", Codec::h265, "h265parse", "", ordinary_memory, v4l2_hevc, untested},
    {"avdec_h265", Codec::h265, "h265parse", "max-threads=1", ordinary_memory, libav, tested_here},
    {"nvv4l2decoder", Codec::jpeg, "jpegparse", "mjpeg=1 ?enable-max-performance=true", from_nvmm, jetson, untested},
    {"nvjpegdec", Codec::jpeg, "jpegparse", "", ordinary_memory, nvidia, untested},
    {"vajpegdec", Codec::jpeg, "jpegparse", "", ordinary_memory, va, untested},
    {"vaapijpegdec", Codec::jpeg, "jpegparse", "", ordinary_memory, vaapi, untested},
    {"v4l2jpegdec", Codec::jpeg, "jpegparse", "", ordinary_memory, v4l2, untested},
    {"jpegdec", Codec::jpeg, "", "", ordinary_memory, good, tested_here},
    {"avdec_mjpeg", Codec::jpeg, "jpegparse", "", ordinary_memory, libav, tested_here},
};

}  // namespace

const char* to_string(Codec codec) {
  switch (codec) {
    case Codec::h264: return "H.264";
    case Codec::h265: return "H.265";
    case Codec::jpeg: return "JPEG";
  }
  return "H.264";
}

const char* key_of(Codec codec) {
  switch (codec) {
    case Codec::h264: return "h264";
    case Codec::h265: return "h265";
    case Codec::jpeg: return "jpeg";
  }
  return "h264";
}

const char* parser_of(Codec codec) {
  switch (codec) {
    case Codec::h264: return "h264parse";
    case Codec::h265: return "h265parse";
    case Codec::jpeg: return "jpegparse";
  }
  return "h264parse";
}

std::span<const DecoderRow> decoder_table() { return rows; }

Result<std::string> parse_decoder(const std::string& name) {
  std::vector<std::string> known{"auto"};
  std::string list = "auto";
  for (const auto& row : rows) {
    if (std::find(known.begin(), known.end(), row.element) != known.end()) continue;  // one element, several codecs
    known.emplace_back(row.element);
    list += ", " + known.back();
  }
  if (std::find(known.begin(), known.end(), name) != known.end()) return name;
  const std::string near = nearest(name, known);
  return fail("\"" + name.substr(0, 60) + "\" is not a known decoder",
              (near.empty() ? "" : "the nearest is " + near + "; ") + "there are " + list);
}

Result<std::vector<const DecoderRow*>> decoder_candidates(Codec codec, std::string_view name) {
  std::vector<const DecoderRow*> found;
  std::vector<std::string> known{"auto"};
  std::string list;
  for (const auto& row : rows) {
    if (row.codec != codec) continue;
    if (name == "auto" || name == row.element) found.push_back(&row);
    known.emplace_back(row.element);
    list += ", " + known.back();
  }
  if (!found.empty()) return found;
  const std::string near = nearest(name, known);
  return fail("\"" + std::string(name.substr(0, 60)) + "\" is not a known decoder of " + to_string(codec),
              (near.empty() ? "" : "the nearest is " + near + "; ") + "there are auto" + list);
}

std::string decoder_text(const DecoderRow& row, const std::vector<std::string>& lacks, int gpu) {
  std::string text = *row.input ? row.input + std::string(" ! ") : "";
  text += element_on(row.element, gpu) + " name=" + decoder_name;
  if (const std::string properties = without_lacking(row.low_delay, lacks); !properties.empty())
    text += " " + properties;
  return text + " ! " + row.output;
}

}  // namespace bigfoot::media
