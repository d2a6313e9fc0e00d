// What comes before and after the lookups with NEON: masks of the straight-through estimator, and 4 x 4 turns of
// finished sums. Internal linkage.
#pragma once

#include <arm_neon.h>

#include <cstdint>

#include "isa/lookup_template.h"
#include "isa/neon_bits.h"

namespace bnn {
namespace {

// |x| <= 1; NaN is not.
uint64_t mask64(const float* x) {
  return word_of([x](int i) { return vcaleq_f32(vld1q_f32(x + i), vdupq_n_f32(1.0f)); });
}

void pack_mask_neon(const float* x, int64_t rows, int64_t channels, uint64_t* mask) {
  for (int64_t row = 0; row < rows; ++row, x += channels) {
    int64_t c = 0;
    for (; c + kWordBits <= channels; c += kWordBits) *mask++ = mask64(x + c);
    if (c < channels) {
      float last[kWordBits];
      for (int64_t i = 0; i < kWordBits; ++i) last[i] = c + i < channels ? x[c + i] : 2.0f;
      *mask++ = mask64(last);
    }
  }
}

void apply_mask_neon(const float* sums, const uint64_t* mask, int64_t channels, float* out) {
  constexpr uint32_t kBits[4] = {1, 2, 4, 8};
  const uint32x4_t bit = vld1q_u32(kBits);
  const auto bits = [mask](int64_t c) { return static_cast<uint32_t>(mask[c / kWordBits] >> (c % kWordBits)); };
  int64_t c = 0;
  for (; c + 4 <= channels; c += 4) {
    const uint32x4_t pass = vtstq_u32(vdupq_n_u32(bits(c)), bit);
    vst1q_f32(out + c, vreinterpretq_f32_u32(vandq_u32(pass, vreinterpretq_u32_f32(vld1q_f32(sums + c)))));
  }
  for (; c < channels; ++c) out[c] = bits(c) & 1 ? sums[c] : 0.0f;
}

// 4 x 4 numbers: pairs, then halves.
inline void transpose4(float32x4_t* r) {
  const auto wide = [](float32x4_t v) { return vreinterpretq_f64_f32(v); };
  const auto narrow = [](float64x2_t v) { return vreinterpretq_f32_f64(v); };
  const float64x2_t even01 = wide(vtrn1q_f32(r[0], r[1])), odd01 = wide(vtrn2q_f32(r[0], r[1]));
  const float64x2_t even23 = wide(vtrn1q_f32(r[2], r[3])), odd23 = wide(vtrn2q_f32(r[2], r[3]));
  r[0] = narrow(vtrn1q_f64(even01, even23)), r[1] = narrow(vtrn1q_f64(odd01, odd23));
  r[2] = narrow(vtrn2q_f64(even01, even23)), r[3] = narrow(vtrn2q_f64(odd01, odd23));
}

// Four filters and four channels at a time; the last ones of each as the other sets do it.
void finish_kernel_neon(const float* sums, int64_t sums_stride, const float* correction, int64_t channels,
                        int64_t filters, const float* kernel, bool approx_sign, float* out, int64_t out_stride) {
  const float32x4_t one = vdupq_n_f32(1.0f), two = vdupq_n_f32(2.0f);
  const int64_t whole = channels / 4 * 4;
  int64_t f = 0;
  for (; f + 4 <= filters; f += 4) {
    const float32x4_t add = vld1q_f32(correction + f);
    for (int64_t c = 0; c < whole; c += 4) {
      float32x4_t r[4];
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) r[i] = vld1q_f32(sums + (f + i) * sums_stride + c);
      transpose4(r);
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) {
        const int64_t at = (c + i) * out_stride + f;
        const float32x4_t w = vld1q_f32(kernel + at);
        const float32x4_t slope = approx_sign ? vfmsq_f32(two, two, vabsq_f32(w)) : one;
        const uint32x4_t passed = vandq_u32(vcaleq_f32(w, one), vreinterpretq_u32_f32(slope));
        vst1q_f32(out + at, vmulq_f32(vaddq_f32(r[i], add), vreinterpretq_f32_u32(passed)));
      }
    }
    finish_kernel(sums + f * sums_stride + whole, sums_stride, correction + f, channels - whole, 4,
                  kernel + whole * out_stride + f, approx_sign, out + whole * out_stride + f, out_stride);
  }
  finish_kernel(sums + f * sums_stride, sums_stride, correction + f, channels, filters - f, kernel + f, approx_sign,
                out + f, out_stride);
}

template <class Isa>
constexpr GradientTable make_gradient_table_neon() {
  GradientTable made = make_gradient_table<Isa>();
  made.pack_mask = pack_mask_neon;
  made.apply_mask = apply_mask_neon;
  made.finish_kernel = finish_kernel_neon;
  return made;
}

}  // namespace
}  // namespace bnn
