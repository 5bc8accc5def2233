#include "base/random.hpp"

#include <sys/random.h>

#include "base/check.hpp"

namespace bigfoot {

void fill_random(std::span<std::uint8_t> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = getrandom(out.data() + done, out.size() - done, 0);
    BIGFOOT_CHECK(got > 0, "the kernel gave no random bytes");
    done += static_cast<std::size_t>(got);
  }
}

std::uint32_t random_u32() {
  std::uint8_t raw[4];
  fill_random(raw);
  return load_be32(raw);
}

std::string random_token(std::size_t length) {
  static constexpr char alphabet[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  constexpr std::size_t letters = sizeof alphabet - 1;
  constexpr std::size_t fair = 256 - 256 % letters;  // a byte above this would favour the first letters
  std::string token;
  std::uint8_t raw[64];
  while (token.size() < length) {
    fill_random(raw);
    for (std::uint8_t byte : raw)
      if (byte < fair && token.size() < length) token += alphabet[byte % letters];
  }
  return token;
}

}  // namespace bigfoot
