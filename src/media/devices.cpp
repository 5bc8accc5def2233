#include "media/devices.hpp"

#include <memory>
#include <optional>

#include "media/decoder_trial.hpp"
#include "media/encoder_trial.hpp"
#include "media/trial_pipeline.hpp"
#include "media/worker.hpp"

namespace bigfoot::media {
namespace {

constexpr Nanos row_at_most = trial_at_most * 2 + 4s;  // two trials: one slice, then several

std::string seconds_text(Nanos time) {
  return std::to_string(std::chrono::duration_cast<Seconds>(time).count()) + " s";
}

std::string hangs_text(Nanos deadline) { return "hangs for more than " + seconds_text(deadline); }

class Survey {
 public:
  Survey(GlibLoop& loop, const DevicesWanted& wanted, const std::function<void(const std::string&)>& progress)
      : loop_(loop), wanted_(wanted), host_(wanted.host ? *wanted.host : this_host_), progress_(progress) {
    renew();
  }

  void ask_cameras(DevicesReport& report) {
    progress_("cameras");
    report.cameras = V4l2Cameras(wanted_.places).list(wanted_.cameras_at_most, wanted_.size);
    auto found = ask<std::vector<PluginCamera>>("libcamera", wanted_.cameras_at_most,
                                                [places = wanted_.plugins] { return list_libcamera(places); });
    if (found)
      report.plugin_cameras = std::move(*found);
    else
      report.plugin_fault = "libcamera " + hangs_text(wanted_.cameras_at_most);
    for (auto& camera : list_argus(wanted_.plugins)) report.plugin_cameras.push_back(std::move(camera));
  }

  std::vector<CodecReport> encoders() {
    std::vector<CodecReport> reports;
    for (const EncoderRow& row : encoder_table()) {
      CodecReport report{row.element, row.tested_on};
      const EncoderPlan plan{&row, wanted_.size, wanted_.fps, wanted_.bitrate};
      if (const auto missing = encoder_absence(row, host_))
        report.why_not = missing->text();
      else
        judge(report, ask<Result<EncoderChoice>>(row.element, row_at_most, [plan] { return try_encoder_slices(plan); }),
              [&report](const EncoderChoice& choice) {
                report.cores = choice.cores;
                report.time_p50 = choice.encode_p50;
                report.slices = choice.plan.slices;
              });
      reports.push_back(std::move(report));
    }
    choose_first(reports);
    return reports;
  }

  std::vector<CodecReport> decoders(Codec codec) {
    std::vector<CodecReport> reports;
    std::shared_ptr<const Pictures> pictures;
    for (const DecoderRow& row : decoder_table()) {
      if (row.codec != codec) continue;
      CodecReport report{row.element, row.tested_on};
      if (const auto missing = absence(row.element, row.place, host_)) {
        report.why_not = missing->text();
      } else {
        if (!pictures) pictures = test_pictures(codec);
        try_one(report, row, pictures);
      }
      reports.push_back(std::move(report));
    }
    choose_first(reports);
    return reports;
  }

 private:
  using Pictures = Result<EncodedPictures>;

  std::shared_ptr<const Pictures> test_pictures(Codec codec) {
    auto made = ask<Pictures>("to make test pictures", row_at_most, [codec, size = wanted_.size, fps = wanted_.fps] {
      return encode_trial_pictures(codec, size, fps);
    });
    return std::make_shared<Pictures>(made ? std::move(*made)
                                           : fail("no test picture within " + seconds_text(row_at_most),
                                                  "an encoder makes them: is this machine busy? try again"));
  }

  void try_one(CodecReport& report, const DecoderRow& row, const std::shared_ptr<const Pictures>& pictures) {
    if (!*pictures) {
      report.standing = Standing::untried;
      report.why_not = "not tried: " + pictures->error().text();
      return;
    }
    judge(
        report,
        ask<Result<DecoderChoice>>(row.element, row_at_most, [&row, pictures] { return try_decoder(row, **pictures); }),
        [&report](const DecoderChoice& choice) {
          report.cores = choice.cores;
          report.time_p50 = choice.decode_p50;
        });
  }

  void renew() {
    overdue_ = false;
    worker_ = std::make_unique<Worker>(loop_, [this](const std::string&, Nanos) { overdue_ = true; });
  }

  /// The answer, or nothing when it does not come in time: then that thread is left to itself.
  template <class T>
  std::optional<T> ask(const std::string& what, Nanos deadline, std::function<T()> question) {
    progress_(what);
    const auto answer = std::make_shared<std::optional<T>>();
    bool done = false;
    worker_->run(
        what, deadline, [answer, question = std::move(question)] { *answer = question(); }, [&done] { done = true; });
    loop_.run_until([&] { return done || overdue_; }, deadline + 10s);
    if (done) return std::move(*answer);
    renew();
    return std::nullopt;
  }

  template <class T, class Take>
  static void judge(CodecReport& report, std::optional<Result<T>> answer, Take take) {
    report.standing = answer && *answer ? Standing::works : Standing::failed;
    if (!answer)
      report.why_not = hangs_text(row_at_most);
    else if (!*answer)
      report.why_not = answer->error().text();
    else
      take(**answer);
  }

  static void choose_first(std::vector<CodecReport>& reports) {
    for (CodecReport& report : reports) {
      if (report.standing != Standing::works) continue;
      report.standing = Standing::chosen;
      return;
    }
  }

  GlibLoop& loop_;
  const DevicesWanted& wanted_;
  const Host this_host_;
  const Host& host_;
  const std::function<void(const std::string&)>& progress_;
  bool overdue_ = false;
  std::unique_ptr<Worker> worker_;
};

}  // namespace

const char* to_string(Standing standing) {
  switch (standing) {
    case Standing::chosen: return "chosen";
    case Standing::works: return "works";
    case Standing::failed: return "failed";
    case Standing::untried: return "untried";
    case Standing::absent: return "absent";
  }
  return "absent";
}

DevicesReport survey_devices(GlibLoop& loop, const DevicesWanted& wanted,
                             const std::function<void(const std::string&)>& progress) {
  Survey survey(loop, wanted, progress);
  DevicesReport report;
  survey.ask_cameras(report);
  report.encoders = survey.encoders();
  report.h264_decoders = survey.decoders(Codec::h264);
  report.h265_decoders = survey.decoders(Codec::h265);
  report.jpeg_decoders = survey.decoders(Codec::jpeg);
  return report;
}

}  // namespace bigfoot::media
