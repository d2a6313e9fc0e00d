// Eight lanes as two registers of four, for instruction sets whose registers have 16 bytes. GCC makes two operations
// of a sum of such vectors, but eight of a comparison; so these work on the halves. Internal linkage.
#pragma once

#include <cstdint>

#include "conv/layout.h"

namespace bnn {
namespace {

struct Halves {
  static constexpr int64_t kLanes = 8;
  typedef float Floats __attribute__((vector_size(32)));
  typedef int32_t Ints __attribute__((vector_size(32)));
  typedef float HalfFloats __attribute__((vector_size(16), may_alias));
  typedef int32_t HalfInts __attribute__((vector_size(16), may_alias));
  using NanSeen = Ints;
  using Bits = uint8_t;

  template <class Half, class Whole>
  static Half& half(Whole& v, int i) {
    return reinterpret_cast<Half*>(&v)[i];
  }

  static void add_signs(const Floats& v, const Ints& bit, Ints& words) {
    for (int i = 0; i < 2; ++i) {
      half<HalfInts>(words, i) |= (half<const HalfFloats>(v, i) <= kBelowZero) & half<const HalfInts>(bit, i);
    }
  }
  static void see_nan(const Floats& a, const Floats& b, NanSeen& nan) {
    for (int i = 0; i < 2; ++i) {
      const HalfFloats x = half<const HalfFloats>(a, i), y = half<const HalfFloats>(b, i);
      half<HalfInts>(nan, i) |= (x != x) | (y != y);
    }
  }
  static bool any(const NanSeen& nan) {
    for (int i = 0; i < kLanes; ++i) {
      if (nan[i] != 0) return true;
    }
    return false;
  }
  static void clamp(float low, float high, Floats& v) {
    const HalfFloats lows = HalfFloats{} + low, highs = HalfFloats{} + high;
    for (int i = 0; i < 2; ++i) {
      HalfFloats& x = half<HalfFloats>(v, i);
      x = x < lows ? lows : x;
      x = x > highs ? highs : x;
    }
  }
  static void where_negative(const Floats& other, Floats& v) {
    for (int i = 0; i < 2; ++i) {
      HalfFloats& x = half<HalfFloats>(v, i);
      x = x < 0 ? half<const HalfFloats>(other, i) : x;
    }
  }
  static void round(Floats& v) { __asm__("" : "+m"(v)); }

  static Bits sums_below(const Ints& sums, const Ints& thresholds) {
    return bits<const HalfInts>(sums, thresholds, [](auto a, auto b) { return a < b; });
  }
  static Bits at_most(const Floats& values, const Floats& cuts) {
    return bits<const HalfFloats>(values, cuts, [](auto a, auto b) { return a <= b; });
  }

 private:
  static constexpr HalfInts kLaneBits[2] = {{1, 2, 4, 8}, {16, 32, 64, 128}};

  template <class Half, class Whole, class Compare>
  static Bits bits(const Whole& a, const Whole& b, const Compare& compare) {
    const HalfInts low = compare(half<Half>(a, 0), half<Half>(b, 0)) & kLaneBits[0];
    const HalfInts all = low | (compare(half<Half>(a, 1), half<Half>(b, 1)) & kLaneBits[1]);
    return static_cast<Bits>(all[0] | all[1] | all[2] | all[3]);
  }
};

}  // namespace
}  // namespace bnn
