#include "view/player.hpp"

#include <algorithm>
#include <utility>

namespace bigfoot::view {
namespace {

h264::AccessUnit unit_of(const Frame& frame, std::uint64_t number) {
  h264::AccessUnit unit;
  unit.owner = frame.bytes;
  unit.bytes = BytesView(frame.bytes->data(), frame.bytes->size());
  unit.keyframe = frame.keyframe;
  // For the recorder: by the sender's media clock, so that a repair is no pause in the file.
  unit.captured = Timestamp(Seconds(frame.ticks / 90'000) + Nanos(frame.ticks % 90'000 * 1'000'000'000 / 90'000));
  unit.number = number;
  return unit;
}

}  // namespace

Player::Player(Loop& loop, std::string camera, Nanos smooth, const DecoderMaker& make, PlayerOwner& owner,
               const Log& log)
    : loop_(loop),
      camera_(std::move(camera)),
      owner_(owner),
      log_(camera_.empty() ? log : log.with("camera", camera_)),
      playout_(smooth),
      freeze_(loop.now()),
      life_(in_new_session({}, loop.now())),
      decoder_(make(*this, log_)) {}

Player::~Player() = default;

void Player::stop() {
  due_.reset();
  held_.clear();
  decoder_->stop();
}

void Player::begin_session() {
  stream_.reset();
  before_session_ = settled_ = last_id_;
  shown_in_session_ = false;
  replaced_in_session_ = false;
  life_ = in_new_session(life_, loop_.now());
}

/// Its ticks have nothing to do with those before.
void Player::begin_stream(std::uint64_t stream) {
  if (stream_ == stream) return;
  stream_ = stream;
  playout_.reset();
  held_.clear();
  due_.reset();
}

void Player::on_frame(const Frame& frame) {
  begin_stream(frame.stream);
  const Timestamp now = loop_.now();
  const Playout::Decision decision = playout_.next(frame.ticks, now, frame.newer);
  const std::uint64_t id = ++last_id_;
  CameraCounts& counts = stats_.counts();
  ++counts.frames;
  counts.keyframes += frame.keyframe ? 1 : 0;
  counts.repaired += frame.repaired > 0 ? 1 : 0;
  counts.bytes += frame.bytes->size();
  if (rows_) note_whole(frame, id);
  frames_.push_back({id, decision.show, frame.captured, frame.first_arrival, frame.last_arrival, now, now});
  if (frames_.size() > frames_max) frames_.pop_front();
  h264::AccessUnit unit = unit_of(frame, id);
  owner_.received(camera_, unit, frame.ticks);
  if (held_.empty() && decision.at <= now) return feed(std::move(unit), id);
  held_.push_back({std::move(unit), id, decision.at});
  if (!due_) feed_due();
}

void Player::note_whole(const Frame& frame, std::uint64_t id) {
  WholePicture whole{id, frame.keyframe, frame.packets, frame.repaired, frame.last_arrival - frame.first_arrival};
  const auto clock = owner_.sender_clock(camera_);
  if (frame.captured && clock)
    if (const auto age = latency::delay_of(*frame.captured, frame.last_arrival, *clock)) whole.age = age->value;
  rows_->whole(whole);
}

void Player::feed(h264::AccessUnit unit, std::uint64_t id) {
  last_fed_ = id;
  decoder_->feed(std::move(unit), id);
}

void Player::feed_due() {
  due_.reset();
  while (!held_.empty() && held_.front().at <= loop_.now()) {
    Held held = std::move(held_.front());
    held_.pop_front();
    feed(std::move(held.unit), held.id);
  }
  if (!held_.empty()) due_ = loop_.after(held_.front().at - loop_.now(), [this] { feed_due(); });
}

std::optional<Player::Pending> Player::take(std::uint64_t id, std::deque<Pending>& frames) {
  while (!frames.empty() && frames.front().id < id) frames.pop_front();
  if (frames.empty() || frames.front().id != id) return std::nullopt;
  Pending frame = frames.front();
  frames.pop_front();
  return frame;
}

void Player::on_picture(media::DecodedPicture picture) {
  last_decoded_ = std::max(last_decoded_, picture.id);
  std::optional<Pending> frame = take(picture.id, frames_);
  if (!frame || !picture.image) return;
  if (!frame->show) {
    ++stats_.counts().skipped;
    if (rows_) rows_->decoded(picture.id, *picture.image);
    return;
  }
  size_ = picture.image->size();
  frame->fed = picture.fed;
  frame->decoded = picture.decoded;
  shown_.push_back(*frame);
  if (shown_.size() > frames_max) shown_.pop_front();
  owner_.show(camera_, picture);
  if (rows_) rows_->decoded(picture.id, *picture.image);  // after it: reading the stamp delays no picture
}

void Player::shown(std::uint64_t id, Timestamp at) {
  const std::size_t waited = shown_.size();
  const std::optional<Pending> frame = take(id, shown_);
  if (!frame) return;
  stats_.counts().skipped += waited - shown_.size() - 1;  // overtaken on their way to the screen
  freeze_.shown(at);
  shown_in_session_ |= id > before_session_;
  newest_arrival_ = std::max(newest_arrival_, frame->last_arrival);
  ShownPicture picture{{}, frame->first_arrival, frame->last_arrival, frame->fed, frame->decoded, at, {}};
  const auto clock = owner_.sender_clock(camera_);
  if (frame->captured && clock) {
    picture.delay = latency::delay_of(*frame->captured, at, *clock);
    if (picture.delay) picture.captured = at - picture.delay->value;
  }
  reports_.shown(picture);
  stats_.shown(picture);
  if (rows_) rows_->shown(id, picture, loop_.clock().wall() - (loop_.now() - at));
}

CameraStep Player::treat() {
  const Timestamp now = loop_.now();
  CameraStep next = step(life_, {fresh(now), fed(), freeze_.age(now)}, now);
  life_ = next.life;
  if (next.tried != Remedy::decoder) return next;
  settled_ = last_fed_;
  decoder_->reset({"it is given pictures and none is seen", {}, Next::reset_decoder});
  return next;
}

void Player::on_keyframe_needed() { owner_.need_keyframe(camera_); }

void Player::on_decode_error(const std::string& what) {
  log_.warn("decoder.error", {{"what", what}, {"then", "a key frame is asked for"}});
  owner_.need_keyframe(camera_);
}

void Player::on_decoder_fault(const Error& error, Nanos) { owner_.decoder_fault(camera_, error); }

void Player::on_decoder_replaced() {
  replaced_in_session_ = true;
  life_ = with_another_decoder(life_, loop_.now());
  owner_.decoder_replaced(camera_);
}

void Player::on_decoder_recovered(Nanos took) {
  if (!std::exchange(replaced_in_session_, false)) return;  // it broke as the last session ended
  life_.remedy = Remedy::none;                              // what was tried meanwhile is not what helped
  owner_.decoder_recovered(camera_, took);
}

void Player::on_no_decoder(const Error& why) {
  if (++trials_failed_ == trials_max) owner_.no_decoder(why);
}

CameraSecond Player::second(Timestamp now) {
  CameraSecond second;
  second.name = camera_;
  second.size = size_;
  second.decoder = decoder_->element();
  stats_.take(second, now);
  if (rows_) second.measured = rows_->take();
  second.frozen = freeze_.frozen(now);
  if (freeze_.seen()) second.age = freeze_.age(now);
  second.freezes = freeze_.freezes(now);
  second.frozen_for = freeze_.frozen_for(now);
  return second;
}

}  // namespace bigfoot::view
