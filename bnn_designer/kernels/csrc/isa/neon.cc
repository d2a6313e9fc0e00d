// NEON (64-bit ARM): counts the bits of 16 bytes at once (cnt), two filters of 64 channels in a register.
//
// xor, cnt and add are 3 operations for 128 products. A byte holds 31 counts of up to 8; only then they are added in
// pairs to 16 bits (uadalp), which hold 132 times that.
#include <arm_neon.h>

#include "isa/conv_template.h"
#include "isa/engine_template.h"
#include "isa/halves.h"
#include "isa/implementation.h"

namespace bnn {
namespace {

struct Neon : Halves {
  static constexpr int64_t kUnit = 8;  // filters, in four registers
  static constexpr int kRows = 5;      // 5 x 4 counters, 4 weights, a word and temporaries, of 32 registers
  static constexpr int kUnits = 1;
  static constexpr int kPackVectors = 4;
  static constexpr int kRegisters = kUnit / 2;
  static constexpr int64_t kWeightsPerWord = 1, kScratchBytesPerWord = sizeof(uint64_t);
  static constexpr int64_t kByteWords = 31, kWideWords = 132 * kByteWords;
  using Weight = uint64_t;
  using Rows = RowsInOrder<uint64_t>;

  static uint64_t signs8(const float* x, uint32x4_t& nan) {
    constexpr uint32_t kBits[8] = {1, 2, 4, 8, 16, 32, 64, 128};
    const float32x4_t a = vld1q_f32(x), b = vld1q_f32(x + 4), cut = vdupq_n_f32(kBelowZero);
    nan = vorrq_u32(nan, vmvnq_u32(vandq_u32(vceqq_f32(a, a), vceqq_f32(b, b))));
    const uint32x4_t low = vandq_u32(vcleq_f32(a, cut), vld1q_u32(kBits));
    return vaddvq_u32(vorrq_u32(low, vandq_u32(vcleq_f32(b, cut), vld1q_u32(kBits + 4))));
  }
  static uint64_t signs64(const float* x, NanSeen& nan) {
    uint32x4_t seen = vdupq_n_u32(0);
    uint64_t word = 0;
    for (int64_t i = 0; i < kWordBits; i += 8) word |= signs8(x + i, seen) << i;
    nan[0] |= static_cast<int32_t>(vmaxvq_u32(seen));
    return word;
  }
  static uint64_t signs_tail(const float* x, int64_t count, NanSeen& nan) {
    float whole[kWordBits] = {};
    __builtin_memcpy(whole, x, static_cast<uint64_t>(count) * sizeof(float));
    return signs64(whole, nan);
  }

  static void tile_word(const uint64_t* lanes, Weight* out) { __builtin_memcpy(out, lanes, kUnit * sizeof(Weight)); }
  static Rows prepare(const RowPieces& a, int64_t rows, void* scratch) { return copy_rows(a, rows, scratch); }

  // Words begin .. end, at most kByteWords, counted in bytes and added to 16-bit counters.
  template <int Count>
  static inline __attribute__((always_inline)) void count_bytes(const Rows& a, const Weight* w,
                                                                int64_t begin, int64_t end,
                                                                uint16x8_t wide[Count][kRegisters]) {
    uint8x16_t counts[Count][kRegisters];
#pragma GCC unroll 8
    for (int r = 0; r < Count; ++r) {
#pragma GCC unroll 8
      for (int u = 0; u < kRegisters; ++u) counts[r][u] = vdupq_n_u8(0);
    }
    for (int64_t k = begin; k < end; ++k) {
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
    for (int r = 0; r < Count; ++r) {
      for (int u = 0; u < kRegisters; ++u) wide[r][u] = vpadalq_u8(wide[r][u], counts[r][u]);
    }
  }

  template <int Count, int Units>
  static void count(const Rows& a, const Weight* w, int64_t, int64_t row_words,
                    int32_t out[Count][kUnit]) {
    for (int64_t block = 0; block < row_words; block += kWideWords) {
      const int64_t block_end = row_words - block < kWideWords ? row_words : block + kWideWords;
      uint16x8_t wide[Count][kRegisters] = {};
      for (int64_t k = block; k < block_end; k += kByteWords) {
        count_bytes<Count>(a, w, k, block_end - k < kByteWords ? block_end : k + kByteWords, wide);
      }
      for (int r = 0; r < Count; ++r) {
        for (int u = 0; u < kRegisters; u += 2) {  // four lanes of 16 bits for each filter, so added up twice
          const uint32x4_t pairs = vpaddq_u32(vpaddlq_u16(wide[r][u]), vpaddlq_u16(wide[r][u + 1]));
          int32_t* total = out[r] + 2 * u;
          const int32x4_t counts = vreinterpretq_s32_u32(pairs);
          vst1q_s32(total, block == 0 ? counts : vaddq_s32(vld1q_s32(total), counts));
        }
      }
    }
  }
};

// Of the engine's float loops: 6 x 4 sums, 4 weights and a value or two of 32 registers. Units of four, since numbers of
// filters are multiples of 16 more often than of 20 or 24.
struct NeonFloats {
  static constexpr int64_t kLanes = 4;
  static constexpr int kRows = 6;
  static constexpr int kUnits = 4;
  typedef float Lanes __attribute__((vector_size(16)));
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
