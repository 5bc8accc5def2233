#include "view/picture_rows.hpp"

#include <algorithm>
#include <cstdio>

#include "media/image_stamp.hpp"
#include "protocol/json_writer.hpp"

namespace bigfoot::view {
namespace {

using protocol::Object;

std::string millis(Nanos span) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", to_millis(span));
  return text;
}

void add(Object& json, const char* name, const std::optional<Nanos>& span) {
  if (span) json.raw(name, millis(*span));
}

}  // namespace

void PictureRows::whole(const WholePicture& picture) {
  rows_.push_back({picture, {}, {}, {}});
  if (rows_.size() > rows_max) rows_.pop_front();
}

PictureRows::Row* PictureRows::find(std::uint64_t id) {
  const auto found = std::lower_bound(rows_.begin(), rows_.end(), id,
                                      [](const Row& row, std::uint64_t wanted) { return row.whole.id < wanted; });
  return found != rows_.end() && found->whole.id == id ? &*found : nullptr;
}

void PictureRows::decoded(std::uint64_t id, const media::Image& image) { stamped(id, media::read_stamp(image)); }

void PictureRows::stamped(std::uint64_t id, const std::optional<media::Stamp>& stamp) {
  if (Row* row = find(id)) row->stamp = stamp;
}

void PictureRows::shown(std::uint64_t id, const ShownPicture& picture, WallTime wall) {
  Row* row = find(id);
  if (!row) return;
  newest_shown_ = std::max(newest_shown_, id);
  row->shown = picture;
  row->shown_at = wall;
}

std::optional<Nanos> PictureRows::Row::stamped() const {
  if (!stamp || !shown) return std::nullopt;
  return shown_at - stamp->drawn;
}

std::string PictureRows::json_of(const Row& row) {
  Object json;
  json.raw("id", std::to_string(row.whole.id)).raw("keyframe", row.whole.keyframe ? "true" : "false");
  json.raw("packets", std::to_string(row.whole.packets)).raw("repaired", std::to_string(row.whole.repaired));
  json.raw("reassembly_ms", millis(row.whole.reassembly));
  add(json, "whole_ms", row.whole.age);
  if (row.stamp) json.raw("stamp", std::to_string(row.stamp->frame));
  if (!row.shown) return json.done();
  const ShownPicture& shown = *row.shown;
  if (shown.captured) json.raw("arrival_ms", millis(shown.first_arrival - *shown.captured));
  json.raw("wait_ms", millis(shown.fed - shown.last_arrival)).raw("decode_ms", millis(shown.decoded - shown.fed));
  json.raw("display_ms", millis(shown.shown - shown.decoded));
  if (shown.delay) json.raw("delay_ms", millis(shown.delay->value)).raw("error_ms", millis(shown.delay->error));
  add(json, "stamped_ms", row.stamped());
  return json.done();
}

std::string PictureRows::take() {
  std::string rows;
  Samples stamped, difference, apart;
  while (!rows_.empty() && rows_.front().whole.id <= newest_shown_) {
    const Row& row = rows_.front();
    rows += (rows.empty() ? "" : ",") + json_of(row);
    if (const auto told = row.stamped()) {
      stamped.add(*told);
      if (row.shown->delay) difference.add(row.shown->delay->value - *told);
      if (row.shown->delay) apart.add(std::chrono::abs(row.shown->delay->value - *told));
    }
    rows_.pop_front();
  }
  Object json;
  if (const auto spread = stamped.take())
    json.raw("stamped", Object().raw("p50_ms", millis(spread->p50)).raw("p95_ms", millis(spread->p95)).done());
  if (const auto middle = difference.take())  // reported − stamped; how far apart 19 of 20 are at most
    json.raw("difference",
             Object().raw("p50_ms", millis(middle->p50)).raw("apart_p95_ms", millis(apart.take()->p95)).done());
  return json.raw("pictures", "[" + rows + "]").done();
}

}  // namespace bigfoot::view
