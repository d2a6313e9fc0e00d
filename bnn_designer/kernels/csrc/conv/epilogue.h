// What becomes of a block's sums while they are still in the L1 cache. No TensorFlow here.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>

namespace bnn {

struct Range {
  float low = -std::numeric_limits<float>::infinity(), high = std::numeric_limits<float>::infinity();
};

// Row r, filter f; `sum` is the exact sum of the signs' products, a whole number.
//
// kSums    y[r, f] = sum
// kSigns   bit f of bits[r] = (sum < thresholds[f]) != flips bit f
// kScaled  v = clamp(sum, before) * multipliers[f] + offsets[f]    (two roundings, on every instruction set alike)
//          v = v < 0 ? v * slopes[f] : v                           where slopes are given; zeros are a ReLU
//          v = clamp(v + residual[r, f], after)                    the sum where a residual is given
//          y[r, f] = v                                             where y is given
//          bit f of bits[r] = (v <= cuts[f]) != flips bit f        where bits are given
//
// v <= kBelowZero is below_zero(v) of conv/layout.h. NaN counts as above.
// A batch norm and a sign behind a convolution are kSigns: gamma < 0 flips the comparison, gamma = 0 makes it constant
// (threshold INT32_MIN is below no sum).
//
// Arrays per filter have padded_filters(filters) entries. Past the last filter thresholds are INT32_MIN, cuts
// -infinity and flips 0, so that bits past the last filter come out as 0; the others' values there do not matter.
struct Epilogue {
  enum class Kind { kSums, kSigns, kScaled };
  Kind kind = Kind::kSums;

  float* y = nullptr;
  int64_t y_stride = 0;  // floats from row to row; more than the filters where rows stand in a wider tensor
  uint64_t* bits = nullptr;
  int64_t bits_stride = 0;  // words from row to row
  const uint64_t* flips = nullptr;

  const int32_t* thresholds = nullptr;

  Range before, after;
  const float* multipliers = nullptr;
  const float* offsets = nullptr;
  const float* slopes = nullptr;
  const float* residual = nullptr;
  int64_t residual_stride = 0;
  const float* cuts = nullptr;

  // Set by conv_block(): for each row of the block what to take off its sums ([filters]), or null; null: of no row.
  const int32_t* const* corrections = nullptr;

  // The same from row `rows` on.
  Epilogue from_row(int64_t rows) const {
    Epilogue moved = *this;
    if (y != nullptr) moved.y += rows * y_stride;
    if (bits != nullptr) moved.bits += rows * bits_stride;
    if (residual != nullptr) moved.residual += rows * residual_stride;
    return moved;
  }

  // The same from filter f on, a multiple of 64 but for kSums.
  Epilogue from_filter(int64_t f) const {
    Epilogue moved = *this;
    if (y != nullptr) moved.y += f;
    if (bits != nullptr) moved.bits += f / 64;
    if (flips != nullptr) moved.flips += f / 64;
    if (thresholds != nullptr) moved.thresholds += f;
    for (const float** each : {&moved.multipliers, &moved.offsets, &moved.slopes, &moved.residual, &moved.cuts}) {
      if (*each != nullptr) *each += f;
    }
    return moved;
  }
};

constexpr int64_t padded_filters(int64_t filters) { return (filters + 63) / 64 * 64; }

}  // namespace bnn
