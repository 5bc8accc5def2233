#pragma once
// Test support: what this process holds, to see that sessions leave nothing behind.

#include <malloc.h>

#include <cstddef>
#include <filesystem>

namespace bigfoot::transport {

inline std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

inline std::size_t threads() {
  const std::filesystem::directory_iterator all("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// Of the heap, in use. Unlike the resident size it does not depend on how the pieces lie.
inline std::size_t allocated_kib() {
  const struct mallinfo2 heap = mallinfo2();
  return (heap.uordblks + heap.hblkhd) / 1024;
}

}  // namespace bigfoot::transport
