#include "media/stamp.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace bigfoot::media {
namespace {

constexpr int columns = 64;
constexpr int bits = 128;
constexpr std::uint8_t mark = 0xB6;
constexpr std::uint8_t black = 16, white = 235;
constexpr int read_width_min = 128;  // two pixels a block
constexpr int contrast_min = 40;     // below it the strip is a plain field, not a stamp

using Payload = std::array<std::uint8_t, bits / 8>;  // mark, frame, time, camera, checksum

/// CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF, no reflection.
std::uint16_t crc16(BytesView bytes) {
  std::uint32_t crc = 0xFFFF;
  for (const std::uint8_t byte : bytes) {
    crc ^= static_cast<std::uint32_t>(byte) << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000) ? (crc << 1) ^ 0x1021 : crc << 1;
  }
  return static_cast<std::uint16_t>(crc);
}

std::uint16_t checksum(const Payload& payload) { return crc16(BytesView(payload).subspan(1, 13)); }

// Edges are fractions of the width alone, so that a scaled picture keeps them: a block is width/64 wide and high.
constexpr int column_edge(int width, int column) { return width * column / columns; }
constexpr int row_edge(int width, int row) { return width * (1 + 5 * row) / 320; }

/// The mean of the block's inner half: what scaling and blur at its edges leave alone.
int block_mean(const LumaView& picture, int row, int column) {
  const int w = picture.width;
  const int left = w * (4 * column + 1) / 256, right = std::max(left + 1, w * (4 * column + 3) / 256);
  const int top = w * (9 + 20 * row) / 1280, bottom = std::max(top + 1, w * (19 + 20 * row) / 1280);
  int sum = 0;
  for (int y = top; y < bottom; ++y)
    for (int x = left; x < right; ++x) sum += picture.bytes[static_cast<std::size_t>(y) * picture.stride + x];
  return sum / ((bottom - top) * (right - left));
}

bool readable(const LumaView& picture) {
  if (picture.width < read_width_min || picture.width > 16384 || picture.stride < picture.width) return false;
  const int rows = row_edge(picture.width, 2);
  return picture.height >= rows &&
         picture.bytes.size() >= static_cast<std::size_t>(rows - 1) * picture.stride + picture.width;
}

/// Halfway between the mark's black and white blocks; nothing without enough contrast.
std::optional<int> threshold(const std::array<int, bits>& means) {
  int light = 0, dark = 0, lights = 0, darks = 0;
  for (int bit = 0; bit < 8; ++bit) {
    const bool set = mark >> (7 - bit) & 1;
    (set ? light : dark) += means[bit];
    ++(set ? lights : darks);
  }
  light /= lights;
  dark /= darks;
  if (light - dark < contrast_min) return std::nullopt;
  return (light + dark) / 2;
}

}  // namespace

std::uint8_t stamp_camera_hash(std::string_view name) {
  std::uint32_t hash = 2166136261u;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16777619u;
  hash ^= hash >> 16;
  return static_cast<std::uint8_t>(hash ^ hash >> 8);
}

bool draw_stamp(const Stamp& stamp, std::uint8_t* luma, int stride, Size size) {
  const int rows = stamp_rows(size.width);
  if (size.width < stamp_width_min || size.height < rows) return false;
  Payload payload{mark};
  store_be32(&payload[1], stamp.frame);
  store_be64(&payload[5], static_cast<std::uint64_t>(stamp.drawn.time_since_epoch().count()));
  payload[13] = stamp.camera;
  store_be16(&payload[14], checksum(payload));

  std::fill_n(luma, size.width, black);
  for (int y = 1; y < rows; ++y) std::memcpy(luma + static_cast<std::ptrdiff_t>(y) * stride, luma, size.width);
  for (int row = 0; row < 2; ++row) {
    std::uint8_t* first = luma + static_cast<std::ptrdiff_t>(row_edge(size.width, row)) * stride;
    for (int column = 0; column < columns; ++column) {
      const int bit = row * columns + column;
      if (!(payload[bit / 8] >> (7 - bit % 8) & 1)) continue;
      const int left = column_edge(size.width, column);
      std::fill_n(first + left, column_edge(size.width, column + 1) - left, white);
    }
    for (int y = row_edge(size.width, row) + 1; y < row_edge(size.width, row + 1); ++y)
      std::memcpy(luma + static_cast<std::ptrdiff_t>(y) * stride, first, size.width);
  }
  return true;
}

std::optional<Stamp> read_stamp(const LumaView& picture) {
  if (!readable(picture)) return std::nullopt;
  std::array<int, bits> means;
  for (int bit = 0; bit < bits; ++bit) means[bit] = block_mean(picture, bit / columns, bit % columns);
  const auto level = threshold(means);
  if (!level) return std::nullopt;
  Payload payload{};
  for (int bit = 0; bit < bits; ++bit)
    if (means[bit] > *level) payload[bit / 8] = static_cast<std::uint8_t>(payload[bit / 8] | 0x80 >> bit % 8);
  if (payload[0] != mark || load_be16(&payload[14]) != checksum(payload)) return std::nullopt;
  return Stamp{load_be32(&payload[1]), StampTime(Micros(static_cast<std::int64_t>(load_be64(&payload[5])))),
               payload[13]};
}

}  // namespace bigfoot::media
