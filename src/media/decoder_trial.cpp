#include "media/decoder_trial.hpp"

#include <gst/video/video.h>

#include "media/encoder_control.hpp"
#include "media/gst/video.hpp"
#include "media/launch_words.hpp"
#include "media/resources.hpp"
#include "media/stamp.hpp"
#include "media/trial_pipeline.hpp"

namespace bigfoot::media {
namespace {

/// The number in the picture's stamp, where the format and the rate let it be read.
std::optional<std::uint32_t> number_in(GstBuffer* buffer, const GstVideoInfo& info) {
  GstVideoFrame mapped;
  if (!GST_VIDEO_INFO_IS_YUV(&info) || GST_VIDEO_INFO_N_PLANES(&info) < 2 ||
      !gst_video_frame_map(&mapped, &info, buffer, GST_MAP_READ))
    return std::nullopt;
  const int stride = GST_VIDEO_FRAME_PLANE_STRIDE(&mapped, 0);
  const int height = GST_VIDEO_INFO_HEIGHT(&info);
  const BytesView luma(static_cast<const std::uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&mapped, 0)),
                       static_cast<std::size_t>(stride) * static_cast<std::size_t>(height));
  const auto stamp = read_stamp({luma, GST_VIDEO_INFO_WIDTH(&info), height, stride});
  gst_video_frame_unmap(&mapped);
  return stamp ? std::optional(stamp->frame) : std::nullopt;
}

Result<> judge(GstSample* sample, std::uint32_t number, Size size) {
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample))) return fail("gives no raw pictures");
  const Size given{GST_VIDEO_INFO_WIDTH(&info), GST_VIDEO_INFO_HEIGHT(&info)};
  if (given != size) return fail("gives " + given.text() + " instead of " + size.text());
  const auto shown = number_in(gst_sample_get_buffer(sample), info);
  if (shown && *shown != number) return fail("keeps pictures back, or mixes them up");
  return {};
}

Error none_works(Codec codec, Size size, const std::vector<PassedOver>& passed_over) {
  return {std::string("no decoder of ") + to_string(codec) + " works at " + size.text() + ": " + none_text(passed_over),
          std::string("`bigfoot devices` shows each; install ") +
              (codec == Codec::jpeg ? "gstreamer1.0-plugins-good for jpegdec"
                                    : std::string("gstreamer1.0-libav for avdec_") + key_of(codec)),
          Next::restart_pipeline};
}

/// The trial's size is none that the viewer asked for.
Error none_for_viewers(std::string_view name, const std::vector<PassedOver>& passed_over) {
  if (name == "auto")
    return {"no decoder of H.264 works here: " + none_text(passed_over),
            "install gstreamer1.0-libav for avdec_h264; `bigfoot devices` shows each", Next::restart_pipeline};
  return {"the decoder that was named does not work here: " + none_text(passed_over),
          "leave --decoder away, and another is taken; `bigfoot devices` shows which work", Next::restart_pipeline};
}

Result<DecoderChoice> try_with_pictures(const DecoderRow& row, Size size, FrameRate fps,
                                        const std::map<std::string, std::string>& failed, const OnTrial& on_trial,
                                        int gpu) {
  const auto encoded = encode_trial_pictures(row.codec, size, fps, on_trial, failed);
  if (!encoded) return tl::unexpected(encoded.error());
  if (const auto begun = begin_trial(on_trial, trial_of(row)); !begun) return tl::unexpected(begun.error());
  return try_decoder(row, *encoded, gpu);
}

/// Nothing in these rows depends on the machine.
bool in_software(const DecoderRow& row) {
  return std::string_view(row.element).starts_with("avdec_") || std::string_view(row.element) == "openh264dec";
}

}  // namespace

Result<DecoderChoice> try_decoder(const DecoderRow& row, const EncodedPictures& encoded, int gpu) {
  const auto lacks = lacking_properties(element_on(row.element, gpu).c_str(), optional_properties(row.low_delay));
  DecoderChoice choice{&row, decoder_text(row, lacks, gpu)};
  const auto caps = gst::adopt(gst_caps_from_string(encoded.caps.c_str()));
  TrialPipeline pipeline;
  if (auto open = pipeline.open(choice.text, caps.get()); !open) return tl::unexpected(open.error());
  std::uint32_t number = 0;
  for (const Bytes& picture : encoded.pictures) {
    auto buffer = gst::adopt(gst_buffer_new_memdup(picture.data(), picture.size()));
    const Nanos time = encoded.fps.interval() * number;
    GST_BUFFER_PTS(buffer.get()) = GST_BUFFER_DTS(buffer.get()) = static_cast<GstClockTime>(time.count());
    const auto sample = pipeline.exchange(std::move(buffer));
    if (!sample) return tl::unexpected(sample.error());
    if (auto good = judge(sample->get(), number++, encoded.size); !good) return tl::unexpected(good.error());
  }
  choice.decode_p50 = pipeline.median_time();
  choice.cores = to_seconds(pipeline.median_cpu_time()) * encoded.fps.fps();
  return choice;
}

std::string trial_of(const DecoderRow& row) { return std::string(trial_step) + row.element; }

Result<DecoderChoice> choose_decoder(Codec codec, std::string_view name, Size size, FrameRate fps,
                                     const std::map<std::string, std::string>& failed, const OnTrial& on_trial,
                                     const Host& host, int gpu) {
  const auto candidates = decoder_candidates(codec, name);
  if (!candidates) return tl::unexpected(candidates.error());
  if (codec != Codec::jpeg && !host.has_element(parser_of(codec)))
    return fail(std::string(parser_of(codec)) + " is not installed", "apt install gstreamer1.0-plugins-bad",
                Next::restart_pipeline);
  std::vector<PassedOver> passed_over;
  std::optional<EncodedPictures> encoded;
  for (const DecoderRow* row : *candidates) {
    if (const auto broke = failed.find(row->element); broke != failed.end()) {
      passed_over.push_back({row->element, broke->second});
      continue;
    }
    if (const auto missing = absence(row->element, row->place, host, gpu)) {
      passed_over.push_back({row->element, missing->text(), true});
      continue;
    }
    if (!encoded) {
      auto made = encode_trial_pictures(codec, size, fps, on_trial, failed);
      if (!made) return tl::unexpected(made.error());
      encoded = std::move(*made);
    }
    const auto begun = begin_trial(on_trial, trial_of(*row));
    auto choice = begun ? try_decoder(*row, *encoded, gpu) : tl::unexpected(begun.error());
    if (choice) {
      choice->passed_over = std::move(passed_over);
      return choice;
    }
    passed_over.push_back({row->element, choice.error().text()});
  }
  return tl::unexpected(none_works(codec, size, passed_over));
}

Result<DecoderChoice> choose_viewers_decoder(std::string_view name, Size size, FrameRate fps,
                                             const std::map<std::string, std::string>& failed, const OnTrial& on_trial,
                                             const Host& host, int gpu) {
  const auto candidates = decoder_candidates(Codec::h264, name);
  if (!candidates) return tl::unexpected(candidates.error());
  if (!host.has_element(parser_of(Codec::h264)))
    return fail(std::string(parser_of(Codec::h264)) + " is not installed",
                "install gstreamer1.0-plugins-bad, and gstreamer1.0-libav for a decoder", Next::restart_pipeline);
  std::vector<PassedOver> passed_over;
  for (const DecoderRow* row : *candidates) {
    if (const auto broke = failed.find(row->element); broke != failed.end()) {
      passed_over.push_back({row->element, broke->second});
      continue;
    }
    if (const auto missing = absence(row->element, row->place, host, gpu)) {
      passed_over.push_back({row->element, missing->text(), true});
      continue;
    }
    auto choice = in_software(*row) ? Result<DecoderChoice>(DecoderChoice{row, decoder_text(*row)})
                                    : try_with_pictures(*row, size, fps, failed, on_trial, gpu);
    if (choice) {
      choice->passed_over = std::move(passed_over);
      return choice;
    }
    passed_over.push_back({row->element, choice.error().text()});
  }
  return tl::unexpected(none_for_viewers(name, passed_over));
}

}  // namespace bigfoot::media
