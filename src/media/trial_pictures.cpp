#include "media/trial_pictures.hpp"

#include "h264/level.hpp"
#include "media/encoder_trial.hpp"
#include "media/gst/video.hpp"
#include "media/trial_pipeline.hpp"

namespace bigfoot::media {
namespace {

constexpr int pictures = 12;
constexpr Bitrate bitrate{2'500'000};

/// The text of an encoder, and what it makes. Of JPEG what most cameras send: 4:2:2, which not every decoder takes.
Result<std::string> encoder_for(Codec codec, Size size, FrameRate fps, const OnTrial& on_trial,
                                const std::map<std::string, std::string>& failed, std::string& caps) {
  if (codec == Codec::jpeg) {
    caps = "image/jpeg";
    return std::string("videoconvert ! video/x-raw,format=Y42B ! jpegenc quality=85");
  }
  const std::string stream = ",stream-format=byte-stream,alignment=au";
  caps = std::string("video/x-") + key_of(codec) + stream;
  // What is larger than H.264 carries is not sent on, whatever it arrives in.
  if (const auto level = h264::level_for(size, fps, bitrate); codec == Codec::h265 && !level)
    return tl::unexpected(level.error());
  if (codec == Codec::h265)
    return "x265enc tune=zerolatency speed-preset=ultrafast bitrate=" + std::to_string(bitrate.bps / 1000) +
           " ! h265parse config-interval=-1 ! " + caps;
  const auto encoder = choose_encoder("auto", size, fps, bitrate, failed, on_trial);
  return encoder ? encoder_text(encoder->plan) : tl::unexpected(encoder.error());
}

}  // namespace

Result<gst::Handle<GstBuffer>> TrialPictures::draw(int number) const {
  auto buffer = gst::adopt(gst_buffer_new_allocate(nullptr, gst::raw_video_bytes(size_, fps_), nullptr));
  const Nanos time = fps_.interval() * number;
  if (!gst::draw_into(buffer.get(), size_, fps_, [&](const Picture& to) {
        picture_.draw_scene(to, time);
        picture_.draw_time(to, static_cast<std::uint32_t>(number), StampTime(std::chrono::floor<Micros>(time)));
      }))
    return fail("no memory for a picture");
  GST_BUFFER_PTS(buffer.get()) = static_cast<GstClockTime>(time.count());
  GST_BUFFER_DURATION(buffer.get()) = static_cast<GstClockTime>(fps_.interval().count());
  return buffer;
}

Result<EncodedPictures> encode_trial_pictures(Codec codec, Size size, FrameRate fps, const OnTrial& on_trial,
                                              const std::map<std::string, std::string>& failed) {
  EncodedPictures encoded{codec, size, fps, {}, {}};
  const auto text = encoder_for(codec, size, fps, on_trial, failed, encoded.caps);
  if (!text) return tl::unexpected(text.error());
  encoded.caps += ",width=" + std::to_string(size.width) + ",height=" + std::to_string(size.height) +
                  ",framerate=" + fps.fraction();
  if (auto begun = begin_trial(on_trial, std::string("making test pictures in ") + to_string(codec)); !begun)
    return tl::unexpected(begun.error());
  const auto raw = gst::raw_video_caps(size, fps);
  TrialPipeline pipeline;
  if (auto open = pipeline.open(*text, raw.get()); !open) return tl::unexpected(open.error());
  const TrialPictures drawn(size, fps);
  for (int number = 0; number < pictures; ++number) {
    auto picture = drawn.draw(number);
    if (!picture) return tl::unexpected(picture.error());
    const auto sample = pipeline.exchange(std::move(*picture));
    if (!sample) return tl::unexpected(sample.error());
    const gst::MappedBuffer mapped(gst_sample_get_buffer(sample->get()));
    encoded.pictures.emplace_back(mapped.bytes().begin(), mapped.bytes().end());
  }
  return encoded;
}

}  // namespace bigfoot::media
