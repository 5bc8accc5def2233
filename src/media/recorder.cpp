#include "media/recorder.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "h264/nal.hpp"

namespace bigfoot::media {
namespace {

constexpr Nanos job_at_most = 10s;
constexpr std::size_t waiting_max = 300;  // ten seconds: a disk may have to wake up
constexpr int files_max = 999;
constexpr std::string_view ending = ".mkv";

/// `more` before the ending.
std::string with(const std::string& file, const std::string& more) {
  const bool ends = file.size() > ending.size() && file.ends_with(ending);
  return ends ? file.substr(0, file.size() - ending.size()) + more + std::string(ending) : file + more;
}

/// SPS and PPS.
Bytes headers_of(BytesView stream) {
  Bytes headers;
  h264::NalReader nals(stream);
  for (BytesView nal = nals.next(); !nal.empty(); nal = nals.next()) {
    const auto type = h264::nal_type(nal[0]);
    if (type == h264::NalType::sps || type == h264::NalType::pps) headers.insert(headers.end(), nal.begin(), nal.end());
  }
  return headers;
}

/// GStreamer's text for a full disk speaks of USB, where it is a camera's.
Error in_words(const std::string& file, const Error& error) {
  const bool full = error.what.find(std::strerror(ENOSPC)) != std::string::npos ||
                    error.what.find("o space left") != std::string::npos;
  return {file + ": " + error.what, full ? "make room on the disk" : "check the disk", Next::give_up};
}

}  // namespace

std::string recording_file(const std::string& file, const std::string& camera, std::size_t cameras) {
  if (cameras < 2) return file;
  std::string name = camera;
  for (char& sign : name)
    if (sign == '/' || sign == '\0') sign = '-';
  return with(file, "-" + name);
}

Result<> reserve_recording(const std::string& file) {
  const int made = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (made >= 0) {
    close(made);
    return {};
  }
  const int why = errno;
  if (why == EEXIST) return fail(file + " exists", "nothing is overwritten: name another file, or move that one");
  return fail(file + " cannot be made: " + std::strerror(why),
              why == ENOENT || why == ENOTDIR ? "make its folder first" : "name a file that this user may write");
}

void release_recording(const std::string& file) {
  struct stat found {};
  if (stat(file.c_str(), &found) == 0 && S_ISREG(found.st_mode) && found.st_size == 0) unlink(file.c_str());
}

struct Recorder::Opened {
  std::string file;
  std::shared_ptr<Recording> recording;
  Error error;
};

Recorder::Recorder(Loop& loop, std::string file, RecorderListener& listener, Log log)
    : loop_(loop),
      first_file_(std::move(file)),
      file_(first_file_),
      listener_(listener),
      log_(std::move(log)),
      worker_(loop, [this](const std::string& what, Nanos) {
        give_up({file_ + ": the disk does not answer (" + what + ")", "check the disk", Next::give_up});
      }) {}

Recorder::~Recorder() { end(); }

void Recorder::end() {
  stop();
  worker_.end();
}

void Recorder::run(const std::string& what, Worker::Job job, Worker::Job done) {
  ++jobs_;
  worker_.run(what, job_at_most, std::move(job), [this, done = std::move(done)] {
    --jobs_;
    if (done) done();
  });
}

void Recorder::feed(const h264::AccessUnit& unit) {
  if (state_ == State::stopped) return;
  if (waits_for_keyframe_ && !unit.keyframe) return ask_where_there_is_room();
  if (unit.keyframe) {
    waits_for_keyframe_ = left_out_ = false;
    const Bytes headers = headers_of(unit.bytes);
    const bool other = !headers.empty() && headers != std::exchange(headers_, headers);
    if (other && state_ == State::opening) waiting_.clear();
    if (other && state_ == State::records) begin_next();
  }
  if (state_ == State::waits) open();
  if (state_ == State::records) return write(unit);
  if (waiting_.size() < waiting_max) return waiting_.push_back(unit);
  leave_out();
}

void Recorder::open() {
  state_ = State::opening;
  const auto made = std::make_shared<Opened>();
  made->file = file_;
  run(
      "opening the recording",
      [made, first = files_ == 1] {
        if (auto reserved = first ? Result<>() : reserve_recording(made->file); !reserved) {
          made->error = reserved.error();
          return;
        }
        auto recording = Recording::open(made->file);
        if (recording)
          made->recording = std::move(*recording);
        else
          made->error = in_words(made->file, recording.error());
      },
      [this, made] { opened(*made); });
}

void Recorder::opened(Opened& opened) {
  if (state_ != State::opening) {  // stopped meanwhile
    recording_ = std::move(opened.recording);
    for (const h264::AccessUnit& unit : std::exchange(waiting_, {}))
      if (recording_) write(unit);
    return close();
  }
  if (!opened.recording) return give_up(opened.error);
  recording_ = std::move(opened.recording);
  state_ = State::records;
  bus_ = gst::BusWatch(loop_, recording_->pipeline(), [this](GstMessage& message) {
    if (state_ == State::records && GST_MESSAGE_TYPE(&message) == GST_MESSAGE_ERROR)
      give_up(in_words(file_, gst::error_of(message)));
  });
  log_.info("recording.begun", {{"file", file_}});
  for (const h264::AccessUnit& unit : std::exchange(waiting_, {})) write(unit);
}

void Recorder::write(const h264::AccessUnit& unit) {
  if (recording_->write(unit)) {
    ++recorded_;
    return;
  }
  leave_out();
}

void Recorder::leave_out() {
  ++dropped_;
  waits_for_keyframe_ = left_out_ = true;
  if (!std::exchange(slow_said_, true))
    log_.warn("recording.slow", {{"file", file_}, {"then", "what the disk does not keep up with is left out"}});
}

/// One that found no room would only be asked for again.
void Recorder::ask_where_there_is_room() {
  if (!left_out_ || state_ != State::records || !recording_->has_room()) return;
  left_out_ = false;
  listener_.on_recording_needs_keyframe();
}

void Recorder::begin_next() {
  close();
  state_ = State::waits;
  file_ = with(first_file_, "-" + std::to_string(++files_));
  if (files_ > files_max)
    give_up({first_file_ + ": the stream changed " + std::to_string(files_max) + " times", {}, Next::give_up});
}

/// The file's end is written in the worker.
void Recorder::close() {
  bus_ = gst::BusWatch();
  waiting_.clear();
  run("ending the recording", [recording = std::move(recording_), file = file_]() mutable {
    if (recording) recording->finish();
    recording.reset();
    release_recording(file);
  });
  recording_ = nullptr;
}

void Recorder::stop() {
  if (state_ == State::stopped) return;
  const bool under_way = state_ == State::opening;
  state_ = State::stopped;
  if (!under_way) close();
}

void Recorder::give_up(Error why) {
  if (state_ == State::stopped) return;
  state_ = State::stopped;
  log_.error("recording.stopped", {{"why", why.what}, {"fix", why.fix}, {"then", "viewing goes on"}});
  close();
  listener_.on_recording_stopped(file_, why);
}

}  // namespace bigfoot::media
