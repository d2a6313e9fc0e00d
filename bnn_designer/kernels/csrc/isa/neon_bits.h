// Comparisons to bits with NEON, which has no movemask. Internal linkage.
#pragma once

#include <arm_neon.h>

#include <cstdint>

namespace bnn {
namespace {

// compare(i) is all ones in lane j where bit i + j shall be set, for i = 0, 4 .. 60. Narrowed to bytes, each keeps the
// bit of its place among eight; then neighbours are added, and their sums, until eight have become one.
template <class Compare>
inline __attribute__((always_inline)) uint64_t word_of(const Compare& compare) {
  constexpr uint8_t kBits[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  const uint8x16_t bit = vld1q_u8(kBits);
  const auto halves = [&](int i) {
    return vuzp1q_u16(vreinterpretq_u16_u32(compare(i)), vreinterpretq_u16_u32(compare(i + 4)));
  };
  uint8x16_t bytes[4];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const uint16x8_t low = halves(16 * i), high = halves(16 * i + 8);
    bytes[i] = vandq_u8(vuzp1q_u8(vreinterpretq_u8_u16(low), vreinterpretq_u8_u16(high)), bit);
  }
  const uint8x16_t fours = vpaddq_u8(vpaddq_u8(bytes[0], bytes[1]), vpaddq_u8(bytes[2], bytes[3]));
  return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(fours, fours)), 0);
}

}  // namespace
}  // namespace bnn
