// Depthwise convolution from bits, for any instruction set. Internal linkage, like kernel_template.h.
//
// 64 channels stand in a word, so a tap's products of 64 channels are one xor. They are counted where they stand: plane
// p of a counter holds bit p of all 64 counts, and adding a word to it is an exclusive or and an and for each plane
// (a half adder). Only at the end the planes are spread into numbers: Isa::add_bits(bits, value, counts) adds value
// where a bit is set.
#pragma once

#include <cstdint>

#include "epilogue_template.h"
#include "layout.h"

namespace bnn {
namespace {

int64_t calls_of_depthwise = 0;
int64_t depthwise_calls() { return __atomic_load_n(&calls_of_depthwise, __ATOMIC_RELAXED); }

// Counts of up to kMostTaps taps, of 64 channels.
struct BitCounter {
  static constexpr int kPlanes = 16;
  uint64_t planes[kPlanes] = {};
  int used = 0;        // planes that may hold a bit
  int64_t added = 0;

  void add(uint64_t word) {
    if ((++added >> used) != 0) ++used;
    for (int p = 0; p < used; ++p) {
      const uint64_t carry = planes[p] & word;
      planes[p] ^= word;
      word = carry;
    }
  }
};

// Word k of the counts of one output pixel, and over how many taps. Taps outside count as +1 with pad value 1, and are
// left out with 0.
inline int64_t count_window(const ConvShape& s, const uint64_t* image, const uint64_t* kernel, int64_t top,
                            int64_t left, int64_t k, BitCounter* counter) {
  const int64_t words = s.words();
  for (int64_t ky = 0; ky < s.kernel_height; ++ky) {
    const int64_t y = top + ky * s.dilation_height;
    const uint64_t* taps = kernel + ky * s.kernel_width * words + k;
    for (int64_t kx = 0; kx < s.kernel_width; ++kx, taps += words) {
      const int64_t x = left + kx * s.dilation_width;
      if (y >= 0 && y < s.height && x >= 0 && x < s.width) {
        counter->add(image[(y * s.width + x) * words + k] ^ *taps);
      } else if (s.pad_value == 1) {
        counter->add(*taps);
      }
    }
  }
  return counter->added;
}

template <class Isa, Epilogue::Kind kind>
void depthwise_lines(const ConvShape& s, const uint64_t* packed, const uint64_t* kernel, int64_t begin, int64_t end,
                     const Epilogue& epilogue) {
  const int64_t words = s.words();
  for (int64_t line = begin; line < end; ++line) {
    const uint64_t* image = packed + line / s.out_height * s.height * s.width * words;
    const int64_t top = line % s.out_height * s.stride_height - s.pad_top;
    for (int64_t ox = 0; ox < s.out_width; ++ox) {
      for (int64_t k = 0; k < words; ++k) {
        BitCounter counter;
        const int64_t taps = count_window(s, image, kernel, top, ox * s.stride_width - s.pad_left, k, &counter);
        alignas(64) int32_t counts[kWordBits];
        for (int64_t lane = 0; lane < kWordBits; lane += Isa::kLanes) {
          typename Isa::Ints numbers = {};
          for (int p = 0; p < counter.used; ++p) {
            Isa::add_bits(static_cast<typename Isa::Bits>(counter.planes[p] >> lane), 1 << p, numbers);
          }
          store(numbers, Isa::kLanes, counts + lane);
        }
        finish_row<Isa, kind>(epilogue, line * s.out_width + ox, k * kWordBits, kWordBits, s.channels,
                              typename Isa::Ints{} + static_cast<int32_t>(taps), counts);
      }
    }
  }
}

template <class Isa>
void depthwise(const ConvShape& s, const uint64_t* packed, const uint64_t* kernel, int64_t begin, int64_t end,
               const Epilogue& e) {
  using Kind = Epilogue::Kind;
  __atomic_fetch_add(&calls_of_depthwise, 1, __ATOMIC_RELAXED);
  switch (e.kind) {
    case Kind::kSums:
      return depthwise_lines<Isa, Kind::kSums>(s, packed, kernel, begin, end, e);
    case Kind::kSigns:
      return depthwise_lines<Isa, Kind::kSigns>(s, packed, kernel, begin, end, e);
    case Kind::kScaled:
      return depthwise_lines<Isa, Kind::kScaled>(s, packed, kernel, begin, end, e);
  }
}

}  // namespace
}  // namespace bnn
