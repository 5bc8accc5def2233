// Input: an Annex B stream. Splitting must agree with a search byte by byte.
#include "h264/nal.hpp"

namespace {

bigfoot::Bytes joined_slowly(bigfoot::BytesView stream) {
  bigfoot::Bytes out;
  bool inside = false;
  for (std::size_t i = 0; i < stream.size(); ++i) {
    if (i + 2 < stream.size() && stream[i] == 0 && stream[i + 1] == 0 && stream[i + 2] == 1) {
      while (inside && !out.empty() && out.back() == 0) out.pop_back();
      i += 2;
      inside = true;
    } else if (inside) {
      out.push_back(stream[i]);
    }
  }
  while (!out.empty() && out.back() == 0) out.pop_back();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bigfoot;
  std::vector<BytesView> nals;
  h264::split_annex_b({data, size}, nals);
  Bytes joined;
  for (const BytesView nal : nals) {
    if (nal.empty() || nal.back() == 0 || nal.data() < data || nal.data() + nal.size() > data + size) __builtin_trap();
    joined.insert(joined.end(), nal.begin(), nal.end());
    if (h264::unescape(nal, 64).size() > 64) __builtin_trap();
  }
  if (joined != joined_slowly({data, size})) __builtin_trap();
  return 0;
}
