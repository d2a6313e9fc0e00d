// Layout of packed tensors and geometry of a convolution. No TensorFlow here: every kernel file includes this one.
//
// Packed activations  [rows, words]           words = ceil(channels / 64), bit c % 64 of word c / 64 is channel c
// Packed kernel       [taps, words, filters]  the same bits; filters innermost, as in a float HWIO kernel; of a grouped
//                                             convolution words of the channels of one group
// A bit is 1 where the value is below zero, so -1 -> 1; +1, 0, -0.0, subnormals (and NaN, where allowed) -> 0.
// Bits past the last channel are 0 in both operands: they are equal, so they never count.
#pragma once

#include <cstdint>
#include <limits>

namespace bnn {

constexpr int64_t kWordBits = 64;

// Whether x is below zero, a subnormal counting as zero, and NaN as not. TensorFlow computes so on its threads, where
// x < 0 would agree; elsewhere it would not. The largest normal number below zero is on the same side everywhere.
constexpr float kBelowZero = -std::numeric_limits<float>::min();
inline bool below_zero(float x) { return x <= kBelowZero; }

// Pieces of `size` that hold `total`, neither negative.
constexpr int64_t divide_up(int64_t total, int64_t size) { return (total + size - 1) / size; }

constexpr int64_t word_count(int64_t channels) { return divide_up(channels, kWordBits); }

// A row of taps * words words holds taps * channels products; their sum is products - 2 * popcount(a xor w),
// because equal signs give +1 and unequal ones -1.
struct ConvShape {
  int64_t batch, height, width, channels;
  int64_t kernel_height, kernel_width, filters;
  int64_t stride_height, stride_width, dilation_height, dilation_width;
  bool same;      // false: VALID
  int pad_value;  // 0 or 1: what stands outside the image under SAME

  // Filled in by complete().
  int64_t out_height, out_width, pad_top, pad_left;

  // Filters of group g read channels g * group_channels() .. only. Both channels and filters are multiples of it.
  int64_t groups = 1;

  int64_t taps() const { return kernel_height * kernel_width; }
  int64_t words() const { return word_count(channels); }
  int64_t group_channels() const { return channels / groups; }
  int64_t group_filters() const { return filters / groups; }
  int64_t group_words() const { return word_count(group_channels()); }
  int64_t row_words() const { return taps() * group_words(); }
  int64_t products() const { return taps() * group_channels(); }
  int64_t out_pixels() const { return batch * out_height * out_width; }
  bool pads() const;
  void complete();
};

// Pixels one side of the kernel spans, holes of the dilation included.
constexpr int64_t kernel_extent(int64_t kernel, int64_t dilation) { return (kernel - 1) * dilation + 1; }

// TensorFlow's rule. VALID: positions where the kernel fits, 0 where it does not. SAME: ceil(size / stride).
constexpr int64_t output_size(int64_t size, int64_t kernel, int64_t stride, int64_t dilation, bool same) {
  if (same) return (size + stride - 1) / stride;
  const int64_t extent = kernel_extent(kernel, dilation);
  return size < extent ? 0 : (size - extent) / stride + 1;
}

// All padding SAME needs along one side; its smaller half stands before the image.
constexpr int64_t total_padding(int64_t size, int64_t out, int64_t kernel, int64_t stride, int64_t dilation) {
  const int64_t needed = (out - 1) * stride + kernel_extent(kernel, dilation) - size;
  return needed > 0 ? needed : 0;
}

inline bool ConvShape::pads() const {
  return same && (total_padding(height, out_height, kernel_height, stride_height, dilation_height) > 0 ||
                  total_padding(width, out_width, kernel_width, stride_width, dilation_width) > 0);
}

inline void ConvShape::complete() {
  out_height = output_size(height, kernel_height, stride_height, dilation_height, same);
  out_width = output_size(width, kernel_width, stride_width, dilation_width, same);
  pad_top = same ? total_padding(height, out_height, kernel_height, stride_height, dilation_height) / 2 : 0;
  pad_left = same ? total_padding(width, out_width, kernel_width, stride_width, dilation_width) / 2 : 0;
}

// A matrix product is a convolution of 1x1 images.
inline ConvShape matmul_shape(int64_t rows, int64_t inputs, int64_t units) {
  ConvShape s{};
  s.batch = rows, s.channels = inputs, s.filters = units;
  s.height = s.width = s.kernel_height = s.kernel_width = 1;
  s.stride_height = s.stride_width = s.dilation_height = s.dilation_width = 1;
  s.complete();
  return s;
}

}  // namespace bnn
