// What comes before and after the lookups with AVX-512: masks of the straight-through estimator, and 16 x 16 turns of
// finished sums. Takes AVX-512 F, BW, DQ and VL, no more.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "conv/layout.h"

namespace bnn {
namespace {

constexpr __mmask16 first_lanes(int64_t count) {
  return count >= 16 ? 0xffff : static_cast<__mmask16>((1u << count) - 1);
}

// |x| <= 1; NaN is not.
void pack_mask512(const float* x, int64_t rows, int64_t channels, uint64_t* mask) {
  const __m512 one = _mm512_set1_ps(1.0f);
  for (int64_t row = 0; row < rows; ++row, x += channels) {
    for (int64_t c = 0; c < channels; c += kWordBits) {
      uint64_t word = 0;
      for (int64_t i = c; i < channels && i < c + kWordBits; i += 16) {
        const __mmask16 there = first_lanes(channels - i);
        const __m512 v = _mm512_maskz_loadu_ps(there, x + i);
        const __mmask16 small = _mm512_mask_cmp_ps_mask(there, _mm512_abs_ps(v), one, _CMP_LE_OQ);
        word |= static_cast<uint64_t>(small) << (i - c);
      }
      *mask++ = word;
    }
  }
}

void apply_mask512(const float* sums, const uint64_t* mask, int64_t channels, float* out) {
  for (int64_t c = 0; c < channels; c += 16) {
    const __mmask16 pass = static_cast<__mmask16>(mask[c / kWordBits] >> (c % kWordBits));
    const __mmask16 there = first_lanes(channels - c);
    _mm512_mask_storeu_ps(out + c, there, _mm512_maskz_loadu_ps(pass & there, sums + c));
  }
}

// 16 x 16 numbers: pairs, fours, eights, halves.
void transpose16(__m512* r) {
  __m512 t[16];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    t[2 * i] = _mm512_unpacklo_ps(r[2 * i], r[2 * i + 1]);
    t[2 * i + 1] = _mm512_unpackhi_ps(r[2 * i], r[2 * i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const __m512d a = _mm512_castps_pd(t[4 * i]), b = _mm512_castps_pd(t[4 * i + 1]);
    const __m512d c = _mm512_castps_pd(t[4 * i + 2]), d = _mm512_castps_pd(t[4 * i + 3]);
    r[4 * i] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, c));
    r[4 * i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, c));
    r[4 * i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(b, d));
    r[4 * i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(b, d));
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    t[i] = _mm512_shuffle_f32x4(r[i], r[4 + i], 0x88);
    t[4 + i] = _mm512_shuffle_f32x4(r[i], r[4 + i], 0xdd);
    t[8 + i] = _mm512_shuffle_f32x4(r[8 + i], r[12 + i], 0x88);
    t[12 + i] = _mm512_shuffle_f32x4(r[8 + i], r[12 + i], 0xdd);
  }
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    r[i] = _mm512_shuffle_f32x4(t[i], t[8 + i], 0x88);
    r[8 + i] = _mm512_shuffle_f32x4(t[i], t[8 + i], 0xdd);
  }
}

void finish_kernel512(const float* sums, int64_t sums_stride, const float* correction, int64_t channels,
                      int64_t filters, const float* kernel, bool approx_sign, float* out, int64_t out_stride) {
  const __mmask16 there = first_lanes(filters);
  const __m512 add = _mm512_maskz_loadu_ps(there, correction), one = _mm512_set1_ps(1.0f), two = _mm512_set1_ps(2.0f);
  for (int64_t c = 0; c < channels; c += 16) {
    __m512 r[16];
#pragma GCC unroll 16
    for (int f = 0; f < 16; ++f) {
      r[f] = f < filters ? _mm512_maskz_loadu_ps(first_lanes(channels - c), sums + f * sums_stride + c)
                         : _mm512_setzero_ps();
    }
    transpose16(r);
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) {
      if (c + i >= channels) continue;
      const __m512 size = _mm512_abs_ps(_mm512_maskz_loadu_ps(there, kernel + (c + i) * out_stride));
      const __mmask16 pass = _mm512_cmp_ps_mask(size, one, _CMP_LE_OQ);
      const __m512 slope = approx_sign ? _mm512_fnmadd_ps(two, size, two) : one;
      const __m512 value = _mm512_mul_ps(_mm512_add_ps(r[i], add), _mm512_maskz_mov_ps(pass, slope));
      _mm512_mask_storeu_ps(out + (c + i) * out_stride, there, value);
    }
  }
}

}  // namespace
}  // namespace bnn
