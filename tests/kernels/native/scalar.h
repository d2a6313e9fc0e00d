// What the kernels are compared with: signs as numbers, one product after the other, no bits, no tiles.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "conv/layout.h"

namespace scalar {

using bnn::ConvShape;

#ifdef BNN_TEST_WRONG_SIGN  // to see that a difference is found
inline int sign(float x) { return x <= 0 ? -1 : 1; }
#else
inline int sign(float x) { return bnn::below_zero(x) ? -1 : 1; }
#endif

// The same numbers everywhere: splitmix64.
struct Random {
  uint64_t state;
  uint64_t next() {
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  int64_t between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(next() % static_cast<uint64_t>(high - low + 1));
  }
  float value() {  // -2 .. 2, with zeros of both signs, a subnormal, its neighbour and an infinity among them
    const int64_t pick = between(0, 40);
    if (pick == 0) return 0.0f;
    if (pick == 1) return -0.0f;
    if (pick == 2) return -1e-45f;
    if (pick == 3) return -__builtin_inff();
    if (pick == 4) return bnn::kBelowZero;
    return static_cast<float>(between(-2000, 2000)) / 1000.0f;
  }
  std::vector<float> values(int64_t count) {
    std::vector<float> all(static_cast<size_t>(count));
    for (float& one : all) one = value();
    return all;
  }
};

// groups: filter f reads the channels of group f / group_filters only. Kernel [taps, group channels, filters].
// The exact sums, [batch, out height, out width, filters].
inline std::vector<int32_t> conv(const ConvShape& s, const std::vector<float>& x, const std::vector<float>& kernel) {
  std::vector<int32_t> y;
  for (int64_t b = 0; b < s.batch; ++b)
    for (int64_t oy = 0; oy < s.out_height; ++oy)
      for (int64_t ox = 0; ox < s.out_width; ++ox)
        for (int64_t f = 0; f < s.filters; ++f) {
          int32_t sum = 0;
          for (int64_t ky = 0; ky < s.kernel_height; ++ky)
            for (int64_t kx = 0; kx < s.kernel_width; ++kx) {
              const int64_t iy = oy * s.stride_height - s.pad_top + ky * s.dilation_height;
              const int64_t ix = ox * s.stride_width - s.pad_left + kx * s.dilation_width;
              const bool inside = iy >= 0 && iy < s.height && ix >= 0 && ix < s.width;
              for (int64_t c = 0; c < s.group_channels(); ++c) {
                const int64_t channel = f / s.group_filters() * s.group_channels() + c;
                const int64_t at = ((b * s.height + iy) * s.width + ix) * s.channels + channel;
                const int here = inside ? sign(x[static_cast<size_t>(at)]) : s.pad_value;
                const int64_t w = ((ky * s.kernel_width + kx) * s.group_channels() + c) * s.filters + f;
                sum += here * sign(kernel[static_cast<size_t>(w)]);
              }
            }
          y.push_back(sum);
        }
  return y;
}

// Rows of `count` bits in words, as layout.h has them: bit 1 where the value is below zero.
template <class Value>
std::vector<uint64_t> pack(const std::vector<Value>& rows, int64_t count) {
  std::vector<uint64_t> words;
  for (size_t row = 0; row < rows.size(); row += static_cast<size_t>(count))
    for (int64_t first = 0; first < count; first += 64) {
      uint64_t word = 0;
      for (int64_t c = first; c < count && c < first + 64; ++c)
        if (sign(static_cast<float>(rows[row + static_cast<size_t>(c)])) < 0) word |= uint64_t{1} << (c - first);
      words.push_back(word);
    }
  return words;
}

}  // namespace scalar
