// The engine's loops between floats and whole numbers of 8 bits; those without Isa are left to the compiler's vectorizer.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bnn {
namespace {

inline int32_t larger(int32_t a, int32_t b) { return a > b ? a : b; }
inline int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }

void floats_of_bytes(const int8_t* __restrict x, int64_t size, float* __restrict y) {
  for (int64_t i = 0; i < size; ++i) y[i] = static_cast<float>(x[i]);
}

// Adding 1.5 * 2^23 leaves no bits for fractions, so the processor rounds, and the last byte of the sum is the whole number.
// A NaN becomes -127. Vectors are written out, as a compiler that heeds floating-point exceptions takes the comparisons for
// branches.
template <class Isa>
void quantize(const float* __restrict y, int64_t size, float scale, int8_t* __restrict to) {
  constexpr int64_t kAtOnce = 64;
  typedef typename Isa::Lanes Lanes;
  const Lanes least = Lanes{} - 127.0f, most = Lanes{} + 127.0f;
  float last[kAtOnce] = {};
  int32_t sums[kAtOnce];
  for (int64_t i = 0; i < size; i += kAtOnce) {
    const float* from = y + i;
    if (size - i < kAtOnce) {
      __builtin_memcpy(last, from, static_cast<size_t>(size - i) * sizeof(float));
      from = last;
    }
    for (int64_t lane = 0; lane < kAtOnce; lane += Isa::kLanes) {
      Lanes scaled;
      __builtin_memcpy(&scaled, from + lane, sizeof(scaled));
      scaled /= scale;
      scaled = scaled > least ? scaled : least;
      scaled = scaled < most ? scaled : most;
      scaled += 12582912.0f;
      __builtin_memcpy(sums + lane, &scaled, sizeof(scaled));
    }
    if (from == last) {
      for (int64_t j = 0; j < size - i; ++j) to[i + j] = static_cast<int8_t>(sums[j]);
    } else {
      for (int64_t j = 0; j < kAtOnce; ++j) to[i + j] = static_cast<int8_t>(sums[j]);
    }
  }
}

// multiply_by_quantized_multiplier() of engine/int8.h without a branch, for shifts of -1 and less and sums that with their
// bias are below 2^30. With h = 2^30 its first rounding truncates (p + h) / 2^31 for products p >= 0 and (p + 1 - h) / 2^31
// for p < 0; the latter, which truncates upwards, is floor((p + 1 - h + 2^31 - 1) / 2^31) = floor((p + h) / 2^31), so both
// are one shift. Of the shifted number 32 bits are kept, so it may be shifted without its sign. The second rounding takes
// halves away from zero: floor((high + 2^(right - 1)) / 2^right), with one less added where high < 0. The zero point is taken
// off again at once, so it only moves the ends.
void requantize(float* __restrict y, int64_t rows, int64_t count, const int32_t* __restrict bias,
                const int32_t* __restrict multiplier, const int32_t* __restrict shift, int32_t zero_point,
                float scale) {
  const int32_t least = -128 - zero_point, most = 127 - zero_point;
  for (int64_t row = 0; row < rows; ++row, y += count) {
    for (int64_t c = 0; c < count; ++c) {
      const int64_t product = int64_t{static_cast<int32_t>(y[c]) + bias[c]} * multiplier[c] + (int64_t{1} << 30);
      const auto high = static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint64_t>(product) >> 31));
      const int32_t right = -shift[c], half = static_cast<int32_t>((uint32_t{1} << right) >> 1);
      const int32_t rounded = (high + half + (high >> 31)) >> right;
      y[c] = static_cast<float>(smaller(larger(rounded, least), most)) * scale;
    }
  }
}

}  // namespace
}  // namespace bnn
