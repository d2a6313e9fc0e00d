#include "engine/int8.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace bnn {
namespace {

constexpr int64_t kLeast = std::numeric_limits<int32_t>::min(), kMost = std::numeric_limits<int32_t>::max();

int32_t saturated(int64_t x) { return static_cast<int32_t>(std::min(std::max(x, kLeast), kMost)); }

// Twice the upper half of the product, rounded; gemmlowp's SaturatingRoundingDoublingHighMul.
int32_t doubled_high_product(int32_t a, int32_t b) {
  if (a == b && a == kLeast) return static_cast<int32_t>(kMost);
  const int64_t product = int64_t{a} * b;
  const int64_t nudge = product >= 0 ? int64_t{1} << 30 : 1 - (int64_t{1} << 30);
  return static_cast<int32_t>((product + nudge) / (int64_t{1} << 31));
}

// The nearest to x / 2^exponent, halves away from zero; gemmlowp's RoundingDivideByPOT.
int32_t divided_by_power(int32_t x, int32_t exponent) {
  const int64_t mask = (int64_t{1} << exponent) - 1;
  const int64_t rest = x & mask, half = (mask >> 1) + (x < 0 ? 1 : 0);
  return static_cast<int32_t>((int64_t{x} - rest) / (mask + 1)) + (rest > half ? 1 : 0);
}

// Adds what one pixel of the input gives to each of the filters first .. last - 1 of a group.
void add_products(const int8_t* x, int64_t channels, const int8_t* weights, int64_t stride, int64_t filters,
                  int32_t* sums) {
  for (int64_t c = 0; c < channels; ++c, weights += stride) {
    const int32_t value = x[c];
    for (int64_t f = 0; f < filters; ++f) sums[f] += value * weights[f];
  }
}

// Lines of the image under the windows of some pixels of the output.
struct Lines {
  int64_t first, count;

  Lines(const Geometry& g, int64_t first_pixel, int64_t last_pixel) {
    const int64_t top = first_pixel / g.out_width * g.stride_height - g.pad_top;
    const int64_t bottom = (last_pixel - 1) / g.out_width * g.stride_height - g.pad_top +
                           kernel_extent(g.kernel_height, g.dilation_height);
    first = std::min(std::max<int64_t>(top, 0), g.in_height);
    count = std::max<int64_t>(0, std::min(bottom, g.in_height) - first);
  }
};

// The largest magnitude that a sum of each filter reaches on the way, with any inputs of 8 bits, in any order.
std::vector<int64_t> largest_sums(const Group& group) {
  const Geometry& g = group.at;
  const int64_t filters = g.out_channels / g.groups, depth = g.taps() * (g.in_channels / g.groups);
  const auto* weights = static_cast<const int8_t*>(group.blobs[0]);
  std::vector<int64_t> largest(static_cast<size_t>(g.out_channels), 0);
  for (int64_t part = 0; part < g.groups; ++part) {
    int64_t* of_part = largest.data() + part * filters;
    for (int64_t k = 0; k < depth; ++k, weights += filters) {
      for (int64_t f = 0; f < filters; ++f) of_part[f] += 128 * std::abs(int64_t{weights[f]});
    }
  }
  return largest;
}

// Thresholds as part of the convolution: weights times factor, and the offset as its bias. An offset beyond the largest sum
// decides the sign alone, so one that is one beyond does as well.
void set_signs(Group& group, const std::vector<int64_t>& largest, std::vector<float>& weights) {
  const Geometry& g = group.at;
  const Step& step = group.steps[0];
  const int64_t filters = g.out_channels / g.groups, depth = g.taps() * (g.in_channels / g.groups);
  for (int64_t f = 0; f < g.out_channels; ++f) {
    const int64_t most = largest[static_cast<size_t>(f)] + 1;
    const auto offset = static_cast<int64_t>(step.second[f]);
    group.int8.bias[static_cast<size_t>(f)] = static_cast<float>(std::min(std::max(offset, -most), most));
    const float sign = step.first[f] > 0.0f ? 1.0f : step.first[f] < 0.0f ? -1.0f : 0.0f;
    float* of_filter = weights.data() + f / filters * depth * filters + f % filters;
    for (int64_t k = 0; k < depth; ++k) of_filter[k * filters] *= sign;
  }
}

// Whether the loops' requantize() takes the step's numbers, as it does those of any layer with more than a few products.
bool fits(const Group& group, const std::vector<int64_t>& largest) {
  const auto* bias = reinterpret_cast<const int32_t*>(group.steps[0].first);
  const auto* shift = bias + 2 * group.at.out_channels;
  for (size_t f = 0; f < largest.size(); ++f) {
    if (shift[f] > -1 || std::abs(int64_t{bias[f]}) + largest[f] >= int64_t{1} << 30) return false;
  }
  return true;
}

}  // namespace

std::vector<float> prepare_int8_conv(Group& group) {
  constexpr int64_t kMostInFloats = int64_t{1} << 24;  // every whole number up to it is a float
  const bool to_signs = group.steps[0].kind == StepKind::kThreshold;
  const std::vector<int64_t> largest = largest_sums(group);
  const int64_t most = *std::max_element(largest.begin(), largest.end());
  group.int8.as_floats = (to_signs ? 2 * most + 1 : most) <= kMostInFloats;
  if (!group.int8.as_floats) return {};
  group.int8.bias.assign(largest.size(), 0.0f);
  const Geometry& g = group.at;
  const auto* weights = static_cast<const int8_t*>(group.blobs[0]);
  std::vector<float> floats(weights, weights + g.taps() * (g.in_channels / g.groups) * g.out_channels);
  if (to_signs) {
    set_signs(group, largest, floats);
  } else {
    group.int8.fits = fits(group, largest);
  }
  return floats;
}

void make_room_for_floats(Group& group) {
  constexpr int64_t kLine = 64;  // of the cache
  const Geometry& g = group.at;
  int64_t most = 0;
  if (group.library != nullptr) {
    for (const LibraryConv::Item& item : group.library->items) most = std::max(most, item.floats);
  } else {
    for (int64_t first = 0; first < g.out_pixels(); first += group.pixels_an_item) {
      const int64_t last = std::min(first + group.pixels_an_item, g.out_pixels());
      most = std::max(most, Lines(g, first, last).count * g.in_width * g.in_channels);
    }
  }
  const int64_t bytes = most * static_cast<int64_t>(sizeof(float));
  group.int8.image_bytes = (bytes + kLine - 1) / kLine * kLine;
  group.work_bytes += group.int8.image_bytes;
}

const float* floats_of_item(const Kernels& kernels, const Memory& memory, const Group& group,
                            const LibraryConv::Item& item, uint8_t* work) {
  auto* floats = reinterpret_cast<float*>(work);
  kernels.set->engine.floats_of_bytes(memory.bytes(group.parts[0].place) + item.first_float, item.floats, floats);
  return floats;
}

const float* floats_of_lines(const Kernels& kernels, const Memory& memory, const Group& group, const Block& block,
                             uint8_t* work) {
  const int64_t line = group.at.in_width * group.at.in_channels;
  const Lines lines(group.at, block.first, block.last);
  auto* floats = reinterpret_cast<float*>(work);
  kernels.set->engine.floats_of_bytes(memory.bytes(group.parts[0].place) + lines.first * line, lines.count * line,
                                      floats);
  return floats - lines.first * line;
}

int32_t multiply_by_quantized_multiplier(int64_t x, int32_t multiplier, int32_t shift) {
  const int32_t raised = saturated(shift > 0 ? saturated(x) * (int64_t{1} << shift) : x);
  return divided_by_power(doubled_high_product(raised, multiplier), shift > 0 ? 0 : -shift);
}

// Outside of the image is 0: inputs have no zero point.
void run_int8_conv(const Memory& memory, const Group& group, const Block& block, float* out) {
  const Geometry& g = group.at;
  const int8_t* image = memory.bytes(group.parts[0].place);
  const auto* weights = static_cast<const int8_t*>(group.blobs[0]);
  const int64_t in_count = g.in_channels / g.groups, out_count = g.out_channels / g.groups;
  const int64_t group_weights = g.taps() * in_count * out_count, count = block.count();
  auto* sums = reinterpret_cast<int32_t*>(out);
  std::memset(sums, 0, static_cast<size_t>(block.rows() * count) * sizeof(int32_t));
  // Without groups a block may be a range of filters.
  const int64_t filters = g.groups == 1 ? count : out_count;
  weights += g.groups == 1 ? block.begin : 0;
  for (int64_t pixel = block.first; pixel < block.last; ++pixel, sums += count) {
    const int64_t top = pixel / g.out_width * g.stride_height - g.pad_top;
    const int64_t left = pixel % g.out_width * g.stride_width - g.pad_left;
    for (int64_t ky = 0; ky < g.kernel_height; ++ky) {
      const int64_t y = top + ky * g.dilation_height;
      if (y < 0 || y >= g.in_height) continue;
      for (int64_t kx = 0; kx < g.kernel_width; ++kx) {
        const int64_t x = left + kx * g.dilation_width;
        if (x < 0 || x >= g.in_width) continue;
        const int8_t* under = image + (y * g.in_width + x) * g.in_channels;
        const int8_t* tap = weights + (ky * g.kernel_width + kx) * in_count * out_count;
        for (int64_t part = 0; part < g.groups; ++part) {
          add_products(under + part * in_count, in_count, tap + part * group_weights, out_count, filters,
                       sums + part * out_count);
        }
      }
    }
  }
}

// The step's numbers are the biases of all filters, then their multipliers, then their shifts.
void run_requantize(const Kernels& kernels, const Group& group, const Step& step, const Block& block, float* y) {
  const int64_t channels = group.at.out_channels, count = block.count();
  const auto* bias = reinterpret_cast<const int32_t*>(step.first) + block.begin;
  const auto* multiplier = bias + channels;
  const auto* shift = multiplier + channels;
  const auto zero_point = static_cast<int32_t>(step.low);
  if (group.int8.as_floats && group.int8.fits) {
    kernels.set->engine.requantize(y, block.rows(), count, bias, multiplier, shift, zero_point, step.high);
    return;
  }
  for (int64_t row = 0; row < block.rows(); ++row, y += count) {
    for (int64_t c = 0; c < count; ++c) {
      int32_t sum;
      std::memcpy(&sum, y + c, sizeof(sum));
      if (group.int8.as_floats) sum = static_cast<int32_t>(y[c]);
      const int64_t scaled = multiply_by_quantized_multiplier(int64_t{sum} + bias[c], multiplier[c], shift[c]);
      const int64_t kept = std::min<int64_t>(std::max<int64_t>(scaled + zero_point, -128), 127);
      y[c] = static_cast<float>(kept - zero_point) * step.high;
    }
  }
}

// The signs of factor * s + offset, the factor 1, -1 or 0; all are whole numbers.
void run_int8_threshold(const Memory& memory, const Group& group, const Step& step, const Block& block, const float* y) {
  const int64_t words = word_count(group.at.out_channels), count = block.count();
  uint64_t* to = memory.words_to(step.place) + block.first * words + block.begin / kWordBits;
  const auto* sums = reinterpret_cast<const int32_t*>(y);
  for (int64_t row = 0; row < block.rows(); ++row, to += words, sums += count) {
    for (int64_t first = 0; first < count; first += kWordBits) {
      uint64_t word = 0;
      for (int64_t c = first; c < std::min(count, first + kWordBits); ++c) {
        const float factor = step.first[block.begin + c];
        const auto offset = static_cast<int64_t>(step.second[block.begin + c]);
        const int64_t turned = factor > 0.0f ? sums[c] : factor < 0.0f ? -int64_t{sums[c]} : 0;
        word |= static_cast<uint64_t>(turned + offset < 0) << (c - first);
      }
      to[first / kWordBits] = word;
    }
  }
}

}  // namespace bnn
