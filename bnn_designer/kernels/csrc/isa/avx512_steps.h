// Steps of gradients and training passes that sets of AVX-512 share: floats to integers of a table, and back. Takes
// AVX-512 F, BW, DQ and VL, no more. Internal linkage.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "isa/avx512_finish.h"
#include "isa/lookup_template.h"

namespace bnn {
namespace {

struct Avx512Steps {
  static __m512i size_bits(__m512 v) { return _mm512_and_si512(_mm512_castps_si512(v), _mm512_set1_epi32(0x7fffffff)); }

  static uint32_t largest(const float* g, int64_t count) {
    __m512i bits = _mm512_setzero_si512();
    for (int64_t k = 0; k < count; k += 16) {
      bits = _mm512_max_epu32(bits, size_bits(_mm512_maskz_loadu_ps(first_lanes(count - k), g + k)));
    }
    return _mm512_reduce_max_epu32(bits);
  }
  static void largest_of(const float* g, int64_t rows, uint32_t* bits) {
    const __m512i size = size_bits(_mm512_maskz_loadu_ps(first_lanes(rows), g));
    _mm512_storeu_si512(bits, _mm512_max_epu32(_mm512_loadu_si512(bits), size));
  }

  // bnn::quantize
  static __m512i quantize16(__m512 x, __m512 up, const Rounding& rounding, uint32_t position) {
    const __m512 limit = _mm512_set1_ps(static_cast<float>(largest_value(rounding.planes)));
    __m512 v;
    if (rounding.stochastic) {
      const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
      const __m512i at = _mm512_add_epi32(_mm512_set1_epi32(static_cast<int32_t>(position)), lanes);
      __m512i h = _mm512_mullo_epi32(at, _mm512_set1_epi32(static_cast<int32_t>(0x9e3779b9u)));
      h = _mm512_add_epi32(h, _mm512_set1_epi32(static_cast<int32_t>(rounding.salt)));
      h = _mm512_xor_si512(h, _mm512_castps_si512(x));
      h = _mm512_xor_si512(h, _mm512_srli_epi32(h, 16));
      h = _mm512_mullo_epi32(h, _mm512_set1_epi32(static_cast<int32_t>(0x85ebca6bu)));
      h = _mm512_xor_si512(h, _mm512_srli_epi32(h, 13));
      h = _mm512_mullo_epi32(h, _mm512_set1_epi32(static_cast<int32_t>(0xc2b2ae35u)));
      h = _mm512_srli_epi32(_mm512_xor_si512(h, _mm512_srli_epi32(h, 16)), 8);
      const __m512 noise = _mm512_mul_ps(_mm512_cvtepi32_ps(h), _mm512_set1_ps(0x1p-24f));
      v = _mm512_roundscale_ps(_mm512_fmadd_ps(x, up, noise), _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    } else {
      v = _mm512_roundscale_ps(_mm512_mul_ps(x, up), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    }
    v = _mm512_max_ps(_mm512_min_ps(v, limit), _mm512_sub_ps(_mm512_setzero_ps(), limit));
    return _mm512_cvtps_epi32(v);
  }

  // Sums of the planes -> one float. In three planes the lower two make less than 2^24 (kMaximumSigns), and the highest
  // one, too: both convert exactly, and the result is rounded once, as the portable sum is.
  static __m512 combine(__m512i sums) { return _mm512_cvtepi32_ps(sums); }
  static __m512 combine(__m512i low, __m512i high) {
    return _mm512_cvtepi32_ps(_mm512_add_epi32(_mm512_slli_epi32(high, 8), low));
  }
  static __m512 combine(__m512i low, __m512i middle, __m512i high) {
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(high), _mm512_set1_ps(65536.0f), combine(low, middle));
  }

  // 16 bits of a word are a mask over the 16 outputs. Byte j of an output's lookups begins as byte j of `first`; where
  // flips[j][i] has its bit, bit entry_bit[i] of the byte is set. Then the signs taken out, and what takes the bias back.
  template <int Groups, int Flips>
  static inline __attribute__((always_inline)) void index_groups(const uint64_t (*flips)[Flips], const uint64_t* last,
                                                                 int bit, uint32_t first, const int (&entry_bit)[Flips],
                                                                 uint8_t* index, int32_t* start) {
    __m512i lookups = _mm512_set1_epi32(static_cast<int32_t>(first));
    __m512i signs = _mm512_set1_epi32(0x01010101);
    __m512i bias = _mm512_sub_epi32(_mm512_loadu_si512(start), _mm512_set1_epi32(Groups * 128));
#pragma GCC unroll 4
    for (int j = 0; j < Groups; ++j) {
#pragma GCC unroll 4
      for (int i = 0; i < Flips; ++i) {
        const __m512i set = _mm512_set1_epi32(1 << (8 * j + entry_bit[i]));
        lookups = _mm512_mask_or_epi32(lookups, static_cast<__mmask16>(flips[j][i] >> bit), lookups, set);
      }
      const __mmask16 negative = static_cast<__mmask16>(last[j] >> bit);
      signs = _mm512_mask_or_epi32(signs, negative, signs, _mm512_set1_epi32(static_cast<int32_t>(0xffu << (8 * j))));
      bias = _mm512_mask_add_epi32(bias, negative, bias, _mm512_set1_epi32(2 * 128));
    }
    _mm512_storeu_si512(index, lookups);
    _mm512_storeu_si512(index + 64, signs);
    _mm512_storeu_si512(start, bias);
  }

  // A tile's sums, scaled, are added to those in memory.
  template <int Planes, int Rows, int Units>
  static inline __attribute__((always_inline)) void add_sums(const TileRows& t, const __m512i (*sums)[Units][Planes]) {
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
      float* out = t.sums + t.targets[r] * t.sums_stride;
      const __m512 scale = _mm512_set1_ps(t.scales[t.sources[r]]);
#pragma GCC unroll 8
      for (int u = 0; u < Units; ++u) {
        __m512 sum;
        if constexpr (Planes == 1) sum = combine(sums[r][u][0]);
        if constexpr (Planes == 2) sum = combine(sums[r][u][0], sums[r][u][1]);
        if constexpr (Planes == 3) sum = combine(sums[r][u][0], sums[r][u][1], sums[r][u][2]);
        const __m512 before = _mm512_loadu_ps(out + u * kUnitOutputs);
        _mm512_storeu_ps(out + u * kUnitOutputs, _mm512_fmadd_ps(sum, scale, before));
      }
    }
  }
};

struct Avx512Passes {
  static constexpr int kLanes = 16;
  typedef float Floats __attribute__((vector_size(64)));
  typedef int32_t Ints __attribute__((vector_size(64)));
  typedef uint8_t Bytes __attribute__((vector_size(16)));
  static Floats square_root(Floats v) {
    return (Floats)_mm512_maskz_sqrt_ps(0xffff, (__m512)v);
  }
};

template <class Isa>
constexpr GradientTable make_gradient_table512() {
  GradientTable made = make_gradient_table<Isa>();
  made.pack_mask = pack_mask512;
  made.apply_mask = apply_mask512;
  made.finish_kernel = finish_kernel512;
  return made;
}

}  // namespace
}  // namespace bnn
