// AVX-512 with VPOPCNTDQ: eight filters in a register, one 64-bit word of each.
//
// A word of a row is broadcast, xored with eight filters' words, counted and added: 3 operations for 512 products.
// A carry-save tree in front of the count would save counts but not operations (xor, sum, carry per word: also 3).
#include <immintrin.h>

#include "kernel_template.h"

namespace bnn {
namespace {

struct Avx512 {
  static constexpr const char* kName = "avx512";
  static constexpr int64_t kUnit = 8;
  static constexpr int kRows = 6;   // 6 x 4 counters, 4 weights and 4 temporaries fill the 32 registers
  static constexpr int kUnits = 4;
  static constexpr int64_t kWeightsPerWord = 1, kScratchBytesPerWord = 0;
  using Weight = uint64_t;
  using Rows = RowPieces;
  using NanSeen = __mmask16;

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

  static void tile_word(const uint64_t* lanes, Weight* out) { _mm512_storeu_si512(out, _mm512_loadu_si512(lanes)); }
  static Rows prepare(const RowPieces& a, int64_t, void*) { return a; }

  template <int Count, int Units>
  static void count(const Rows& a, const Weight* w, int64_t w_stride, int64_t,
                    int32_t out[][(Units + 1) / 2 * 2 * kUnit]) {
    __m512i counts[Count][Units];
#pragma GCC unroll 8
    for (int r = 0; r < Count; ++r) {
#pragma GCC unroll 8
      for (int u = 0; u < Units; ++u) counts[r][u] = _mm512_setzero_si512();
    }
    for (int64_t i = 0; i < a.pieces; ++i) {
      const uint64_t* rows[Count];
#pragma GCC unroll 8
      for (int r = 0; r < Count; ++r) rows[r] = a.at[r * a.pieces + i];
      for (int64_t k = 0; k < a.piece_words; ++k, w += kUnit) {
        __m512i weights[Units];
#pragma GCC unroll 8
        for (int u = 0; u < Units; ++u) weights[u] = _mm512_loadu_si512(w + u * w_stride);
#pragma GCC unroll 8
        for (int r = 0; r < Count; ++r) {
          const __m512i word = _mm512_set1_epi64(static_cast<int64_t>(rows[r][k]));
#pragma GCC unroll 8
          for (int u = 0; u < Units; ++u) {
            const __m512i unequal = _mm512_xor_si512(word, weights[u]);
            counts[r][u] = _mm512_add_epi64(counts[r][u], _mm512_popcnt_epi64(unequal));
          }
        }
      }
    }
#pragma GCC unroll 8
    for (int r = 0; r < Count; ++r) {
#pragma GCC unroll 8
      for (int u = 0; u < Units; u += 2) {  // whole registers: parts of one would have to leave the store queue first
        const __m256i low = _mm512_cvtepi64_epi32(counts[r][u]);
        const __m256i high = u + 1 < Units ? _mm512_cvtepi64_epi32(counts[r][u + 1]) : _mm256_setzero_si256();
        _mm512_store_si512(out[r] + u * kUnit, _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1));
      }
    }
  }

  static constexpr int64_t kLanes = 16;
  static constexpr int kPackVectors = 8;
  typedef float Floats __attribute__((vector_size(64)));
  typedef int32_t Ints __attribute__((vector_size(64)));
  using Bits = uint16_t;
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

}  // namespace

const KernelTable& avx512_table() { return make_table<Avx512>(); }

}  // namespace bnn
