// What sets of AVX-512 share: the structs and steps that take F, BW, DQ and VL, no more. Internal linkage.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "conv/layout.h"

namespace bnn {
namespace {

// Of a convolution: signs of floats, and the epilogue.
struct Avx512Vectors {
  static constexpr int64_t kLanes = 16;
  static constexpr int kPackVectors = 8;
  typedef float Floats __attribute__((vector_size(64)));
  typedef int32_t Ints __attribute__((vector_size(64)));
  using Bits = uint16_t;
  using NanSeen = __mmask16;

  // 64-bit counts of two units as 32-bit ones in a register: a single permutation, where narrowing each and joining takes
  // three. Counts are stored by whole registers, since parts of one would have to leave the store queue to be loaded.
  static __m512i low_halves(__m512i a, __m512i b) {
    const __m512i index = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
    return _mm512_permutex2var_epi32(a, index, b);
  }

  static uint64_t signs16(__m512 v) {
    return static_cast<uint64_t>(_mm512_cmp_ps_mask(v, _mm512_set1_ps(kBelowZero), _CMP_LE_OQ));
  }

  // An unordered comparison of two registers is true where either holds a NaN: half the work of testing each.
  static uint64_t signs64(const float* x, NanSeen& nan) {
    const __m512 a = _mm512_loadu_ps(x), b = _mm512_loadu_ps(x + 16);
    const __m512 c = _mm512_loadu_ps(x + 32), d = _mm512_loadu_ps(x + 48);
    nan |= _mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q) | _mm512_cmp_ps_mask(c, d, _CMP_UNORD_Q);
    return signs16(a) | signs16(b) << 16 | signs16(c) << 32 | signs16(d) << 48;
  }
  static uint64_t signs_tail(const float* x, int64_t count, NanSeen& nan) {
    uint64_t word = 0;
    for (int64_t i = 0; i < count; i += 16) {
      const __mmask16 there = count - i >= 16 ? 0xffff : static_cast<__mmask16>((1u << (count - i)) - 1);
      const __m512 v = _mm512_maskz_loadu_ps(there, x + i);
      nan |= _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
      word |= signs16(v) << i;
    }
    return word;
  }
  static bool any(NanSeen nan) { return nan != 0; }

  static Bits sums_below(const Ints& sums, const Ints& thresholds) {
    return _mm512_cmplt_epi32_mask(reinterpret_cast<__m512i>(sums), reinterpret_cast<__m512i>(thresholds));
  }
  static Bits at_most(const Floats& values, const Floats& cuts) {
    return _mm512_cmp_ps_mask(values, cuts, _CMP_LE_OQ);
  }
  static void add_signs(const Floats& v, const Ints& bit, Ints& words) {
    const __mmask16 below = _mm512_cmp_ps_mask(v, _mm512_set1_ps(kBelowZero), _CMP_LE_OQ);
    const auto before = reinterpret_cast<__m512i>(words);
    words = reinterpret_cast<Ints>(_mm512_mask_or_epi32(before, below, before, reinterpret_cast<__m512i>(bit)));
  }
  static void see_nan(const Floats& a, const Floats& b, NanSeen& nan) {
    nan |= _mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q);
  }
  static void clamp(float low, float high, Floats& v) {
    v = _mm512_min_ps(_mm512_set1_ps(high), _mm512_max_ps(_mm512_set1_ps(low), v));  // the second, if one is NaN
  }
  static void where_negative(const Floats& other, Floats& v) {
    v = _mm512_mask_mov_ps(v, _mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_LT_OQ), other);
  }
  static void round(Floats& v) { __asm__("" : "+v"(v)); }
};

// Of the engine's float loops: 6 x 4 sums and 4 weights of 32 registers; values are broadcast from memory.
struct Avx512Floats {
  static constexpr int64_t kLanes = 16;
  static constexpr int kRows = 6;
  static constexpr int kUnits = 4;
  static constexpr bool kByElement = false;
  typedef float Lanes __attribute__((vector_size(64)));
};

}  // namespace
}  // namespace bnn
