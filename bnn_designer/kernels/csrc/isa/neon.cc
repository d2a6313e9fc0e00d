// NEON (64-bit ARM): counts the bits of 16 bytes at once (cnt), two filters of 64 channels in a register.
//
// xor, cnt and add are 3 operations for 128 products. A byte holds 31 counts of up to 8.
#include <arm_neon.h>

#include "isa/conv_template.h"
#include "isa/engine_template.h"
#include "isa/halves.h"
#include "isa/implementation.h"
#include "isa/neon_bits.h"

namespace bnn {
namespace {

struct Neon : Halves {
  static constexpr int64_t kUnit = 8;  // filters, in four registers
  static constexpr int kRows = 5;      // 5 x 4 counters, 4 weights, a word and temporaries, of 32 registers
  static constexpr int kUnits = 1;
  static constexpr int kPackVectors = 4;
  static constexpr int kRegisters = kUnit / 2;
  static constexpr int64_t kWeightsPerWord = 1, kScratchBytesPerWord = sizeof(uint64_t);
  static constexpr int64_t kByteWords = 31;
  using Weight = uint64_t;
  using Rows = RowsInOrder<uint64_t>;

  // The largest of a NaN and anything is NaN.
  static uint64_t signs64(const float* x, NanSeen& nan) {
    const float32x4_t cut = vdupq_n_f32(kBelowZero);
    float32x4_t most = cut;
    const uint64_t word = word_of([&](int i) {
      const float32x4_t v = vld1q_f32(x + i);
      most = vmaxq_f32(most, v);
      return vcleq_f32(v, cut);
    });
    nan[0] |= static_cast<int32_t>(~vminvq_u32(vceqq_f32(most, most)));
    return word;
  }
  static uint64_t signs_tail(const float* x, int64_t count, NanSeen& nan) {
    float whole[kWordBits] = {};
    __builtin_memcpy(whole, x, static_cast<uint64_t>(count) * sizeof(float));
    return signs64(whole, nan);
  }

  static void tile_word(const uint64_t* lanes, Weight* out) { __builtin_memcpy(out, lanes, kUnit * sizeof(Weight)); }
  static Rows prepare(const RowPieces& a, int64_t rows, void* scratch) { return copy_rows(a, rows, scratch); }

  // A byte would overflow after 31 words: then the bytes of each filter are added to its total in memory. 16-bit counters
  // between the two would want 20 registers more.
  template <int Count, int Units>
  static void count(const Rows& a, const Weight* w, int64_t, int64_t row_words, int32_t out[Count][kUnit]) {
    for (int64_t block = 0; block < row_words; block += kByteWords) {
      const int64_t end = row_words - block < kByteWords ? row_words : block + kByteWords;
      uint8x16_t counts[Count][kRegisters];
#pragma GCC unroll 8
      for (int r = 0; r < Count; ++r) {
#pragma GCC unroll 8
        for (int u = 0; u < kRegisters; ++u) counts[r][u] = vdupq_n_u8(0);
      }
      for (int64_t k = block; k < end; ++k) {
        uint8x16_t weights[kRegisters];
#pragma GCC unroll 8
        for (int u = 0; u < kRegisters; ++u) weights[u] = vreinterpretq_u8_u64(vld1q_u64(w + k * kUnit + 2 * u));
#pragma GCC unroll 8
        for (int r = 0; r < Count; ++r) {
          const uint8x16_t word = vreinterpretq_u8_u64(vld1q_dup_u64(a.first + r * a.stride + k));
#pragma GCC unroll 8
          for (int u = 0; u < kRegisters; ++u) {
            counts[r][u] = vaddq_u8(counts[r][u], vcntq_u8(veorq_u8(word, weights[u])));
          }
        }
      }
#pragma GCC unroll 8
      for (int r = 0; r < Count; ++r) {
#pragma GCC unroll 8
        for (int u = 0; u < kRegisters; u += 2) {
          int32_t* total = out[r] + 2 * u;
          const int32x4_t four = filters4(counts[r][u], counts[r][u + 1]);
          vst1q_s32(total, block == 0 ? four : vaddq_s32(vld1q_s32(total), four));
        }
      }
    }
  }
  // Eight bytes of each of four filters, added up.
  static int32x4_t filters4(uint8x16_t a, uint8x16_t b) {
    const uint32x4_t fours = vpaddlq_u16(vpaddlq_u8(a)), more = vpaddlq_u16(vpaddlq_u8(b));
    return vreinterpretq_s32_u32(vpaddq_u32(fours, more));
  }
};

// Of the engine's float loops: 7 x 3 sums, 3 weights and four numbers of each of 7 rows, 31 of 32 registers. Counted in
// the compiled loops, 6 x 4 and 5 x 4 spill, and take a tenth more operations; so do 8 x 2 and 4 x 4, for their loads.
struct NeonFloats {
  static constexpr int64_t kLanes = 4;
  static constexpr int kRows = 7;
  static constexpr int kUnits = 3;
  static constexpr bool kByElement = true;
  typedef float Lanes __attribute__((vector_size(16)));
  static Lanes load(const float* from) { return vld1q_f32(from); }  // by memcpy, g++ 12 takes them apart
};

// The multiply-add of NEON (fmla) adds to its destination, so in peak_template.h's loop, where the sum is a factor, each
// needs a copy first. Here sums take turns of + 0.75 * 1.5 and - 0.75 * 1.5, and nothing is copied. Two pipes of four
// cycles need 8 sums that do not wait for each other, four pipes 16; there are registers for 24.
constexpr int kPeakSums = 24;

float peak_run(int64_t turns) {
  float32x4_t sums[kPeakSums], a = vdupq_n_f32(0.75f), b = vdupq_n_f32(1.5f);
#pragma GCC unroll 32
  for (int i = 0; i < kPeakSums; ++i) sums[i] = vdupq_n_f32(static_cast<float>(i + 1));
  for (int64_t turn = 0; turn < turns; ++turn) {
#pragma GCC unroll 32
    for (int i = 0; i < kPeakSums; ++i) sums[i] = vfmaq_f32(sums[i], a, b);
#pragma GCC unroll 32
    for (int i = 0; i < kPeakSums; ++i) sums[i] = vfmsq_f32(sums[i], a, b);
  }
  float total = 0.0f;
#pragma GCC unroll 32
  for (int i = 0; i < kPeakSums; ++i) total += vgetq_lane_f32(sums[i], 0);
  return total;
}

constexpr ConvTable kConvolution = make_conv_table<Neon>();
constexpr EngineLoops kEngine = make_engine_loops<NeonFloats>();
constexpr PeakLoop kPeak = {2 * kPeakSums * NeonFloats::kLanes, peak_run};

}  // namespace

// In neon_training.cc.
extern const GradientTable neon_gradients;
extern const TrainTable neon_training;

extern constexpr Implementation neon_implementation = {
    "neon", kCompiledFor, kConvolution, kEngine, neon_gradients, neon_training, kPeak,
};

}  // namespace bnn
