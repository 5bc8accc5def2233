#include "latency/stage_message.hpp"

#include <algorithm>
#include <limits>

namespace bigfoot::latency {
namespace {

// 1 and 2 are the clock's.
constexpr std::uint8_t question_kind = 3;
constexpr std::uint8_t answer_kind = 4;
constexpr std::size_t question_bytes = 5;
constexpr std::size_t camera_bytes = 1 + 6 * 4;

std::uint32_t micros_of(Nanos time) {
  const std::int64_t micros = std::max<std::int64_t>(std::chrono::floor<Micros>(time).count(), 0);
  return static_cast<std::uint32_t>(std::min<std::int64_t>(micros, std::numeric_limits<std::uint32_t>::max()));
}

void store(std::uint8_t*& out, const StageTime& time) {
  store_be32(out, micros_of(time.p50));
  store_be32(out + 4, micros_of(time.p95));
  out += 8;
}

StageTime read_time(ByteReader& reader) {
  const Micros p50(reader.be32());
  return {p50, Micros(reader.be32())};
}

bool sane(const StageTime& time) { return time.p50 <= time.p95; }

}  // namespace

Bytes write_stages_question(const StagesQuestion& question) {
  Bytes bytes(question_bytes);
  bytes[0] = question_kind;
  store_be32(&bytes[1], question.id);
  return bytes;
}

Bytes write_stages_answer(const StagesAnswer& answer) {
  const std::size_t cameras = std::min(answer.cameras.size(), stages_cameras_max);
  Bytes bytes(question_bytes + 1 + cameras * camera_bytes);
  bytes[0] = answer_kind;
  store_be32(&bytes[1], answer.id);
  bytes[5] = static_cast<std::uint8_t>(cameras);
  std::uint8_t* out = bytes.data() + question_bytes + 1;
  for (std::size_t i = 0; i < cameras; ++i) {
    *out++ = answer.cameras[i].m_line;
    store(out, answer.cameras[i].capture);
    store(out, answer.cameras[i].encode);
    store(out, answer.cameras[i].send);
  }
  return bytes;
}

std::optional<StagesQuestion> read_stages_question(BytesView bytes) {
  ByteReader reader(bytes);
  const std::uint8_t kind = reader.u8();
  const std::uint32_t id = reader.be32();
  if (kind != question_kind || !reader.ok()) return std::nullopt;
  return StagesQuestion{id};
}

std::optional<StagesAnswer> read_stages_answer(BytesView bytes) {
  ByteReader reader(bytes);
  const std::uint8_t kind = reader.u8();
  StagesAnswer answer{reader.be32(), {}};
  const std::size_t cameras = reader.u8();
  if (kind != answer_kind || !reader.ok() || cameras > stages_cameras_max) return std::nullopt;
  for (std::size_t i = 0; i < cameras; ++i) {
    SenderStages stages;
    stages.m_line = reader.u8();
    stages.capture = read_time(reader);
    stages.encode = read_time(reader);
    stages.send = read_time(reader);
    if (!reader.ok() || !sane(stages.capture) || !sane(stages.encode) || !sane(stages.send)) return std::nullopt;
    answer.cameras.push_back(stages);
  }
  return answer;
}

}  // namespace bigfoot::latency
