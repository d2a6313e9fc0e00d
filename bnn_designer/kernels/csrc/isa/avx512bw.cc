// AVX-512 as every processor with it has it (F, BW, DQ, VL; Skylake, Cascade Lake): without VPOPCNTDQ, what is counted
// must be looked up, which takes 6 operations a register. So words are added up first, as bits.
//
// A carry-save adder takes three bits of one weight and gives a sum of that weight and a carry of twice the weight, in
// two vpternlogd for a whole register. Eight words of xor pass four of them at weight 1, two at 2, one at 4, and what
// comes out, of weight 8, is counted: 8 + 2 * 7 + 7 = 29 operations for 8 * 512 products, where counting each word takes
// 64 (Mula, Kurz, Lemire, "Faster Population Counts Using AVX2 Instructions", arXiv 1611.07612). The bits that remain
// inside at the end are counted with their weights. benchmarks/NOTES.md has what else was tried.
#include <immintrin.h>

#include "isa/avx512_vectors.h"
#include "isa/conv_template.h"
#include "isa/engine_template.h"
#include "isa/implementation.h"
#include "isa/peak_template.h"

namespace bnn {
namespace {

// Times `weight`, the ones of each nibble.
__m512i nibble_counts(char weight) {
  const __m128i counts = _mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  __m128i sum = _mm_setzero_si128();
  for (int i = 0; i < weight; ++i) sum = _mm_add_epi8(sum, counts);
  return _mm512_broadcast_i32x4(sum);
}

// The ones of each byte, by such a table.
__m512i count_bytes(__m512i v, __m512i table) {
  const __m512i nibble = _mm512_set1_epi8(15);
  const __m512i low = _mm512_shuffle_epi8(table, _mm512_and_si512(v, nibble));
  return _mm512_add_epi8(low, _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(v, 4), nibble)));
}

// sum + a + b -> sum and what it carries.
__m512i add_bits(__m512i& sum, __m512i a, __m512i b) {
  const __m512i carry = _mm512_ternarylogic_epi64(sum, a, b, 0xe8);  // the majority
  sum = _mm512_ternarylogic_epi64(sum, a, b, 0x96);                  // the parity
  return carry;
}

struct Avx512Bw : Avx512Vectors {
  static constexpr int64_t kUnit = 8;  // filters, a word of each in a register
  // A unit at a time, so its weights come from the L1 cache; four rows share a load of them, and three sums and a
  // count of each row and what 8 words need fit into the registers. One, two, three and six rows were slower.
  static constexpr int kRows = 4;
  static constexpr int kUnits = 4;
  static constexpr int64_t kWeightsPerWord = 1, kScratchBytesPerWord = sizeof(uint64_t);
  static constexpr int64_t kBlock = 8;            // words that make one of weight 8
  static constexpr int64_t kFew = 4 * kBlock;     // words: below, all fits a byte: (1 + 2 + 4 + 3 * 8) * 8 = 248
  static constexpr int64_t kMost = 31 * kBlock;   // words whose ones of weight 8 can be counted in bytes: 31 * 8 = 248
  static constexpr int64_t kNine = 9;             // words of 64 channels under a kernel of 3 x 3
  using Weight = uint64_t;
  using Rows = RowsInOrder<uint64_t>;

  static void tile_word(const uint64_t* lanes, Weight* out) { _mm512_storeu_si512(out, _mm512_loadu_si512(lanes)); }
  static Rows prepare(const RowPieces& a, int64_t rows, void* scratch) { return copy_rows(a, rows, scratch); }

  template <int Count, int Units>
  static void count(const Rows& a, const Weight* w, int64_t w_stride, int64_t words,
                    int32_t out[][(Units + 1) / 2 * 2 * kUnit]) {
    __m512i before[Count];  // of the unit before, which shares a register with this one
    for (int u = 0; u < Units; ++u) {
      __m512i totals[Count];
      count_unit<Count>(a, w + u * w_stride, words, totals);
      const bool second = u % 2 == 1;
#pragma GCC unroll 8
      for (int r = 0; r < Count; ++r) {
        if (second) {
          _mm512_store_si512(out[r] + (u - 1) * kUnit, low_halves(before[r], totals[r]));
        } else if (u + 1 == Units) {
          _mm512_store_si512(out[r] + u * kUnit, low_halves(totals[r], _mm512_setzero_si512()));
        } else {
          before[r] = totals[r];
        }
      }
    }
  }

  template <int Count>
  static inline __attribute__((always_inline)) void count_unit(const Rows& a, const Weight* w, int64_t words,
                                                               __m512i* totals) {
    if (words == kNine) {
      count_nine<Count>(a, w, totals);
    } else if (words < kFew) {
      count_words<Count, true>(a, w, words, totals);
    } else {
      count_words<Count, false>(a, w, words, totals);
    }
  }

  // Word k of row r, xor those of a unit's filters.
  static __m512i unequal(const Rows& a, int r, const Weight* w, int64_t k) {
    return _mm512_xor_si512(_mm512_loadu_si512(w + k * kUnit),
                            _mm512_set1_epi64(static_cast<int64_t>(a.first[r * a.stride + k])));
  }

  // What narrow layers have most: no bits to begin with, and no loop.
  template <int Count>
  static inline __attribute__((always_inline)) void count_nine(const Rows& a, const Weight* w, __m512i* totals) {
    const __m512i of_one = nibble_counts(1), of_two = nibble_counts(2), of_four = nibble_counts(4);
    __m512i ones[Count], twos[Count], a4[Count], b4[Count];
#pragma GCC unroll 8
    for (int r = 0; r < Count; ++r) ones[r] = unequal(a, r, w, 0);
#pragma GCC unroll 8
    for (int r = 0; r < Count; ++r) a4[r] = add_bits(ones[r], unequal(a, r, w, 1), unequal(a, r, w, 2));
#pragma GCC unroll 8
    for (int r = 0; r < Count; ++r) {
      const __m512i b2 = add_bits(ones[r], unequal(a, r, w, 3), unequal(a, r, w, 4));
      twos[r] = _mm512_xor_si512(a4[r], b2);
      a4[r] = _mm512_and_si512(a4[r], b2);
    }
#pragma GCC unroll 8
    for (int r = 0; r < Count; ++r) b4[r] = add_bits(ones[r], unequal(a, r, w, 5), unequal(a, r, w, 6));
#pragma GCC unroll 8
    for (int r = 0; r < Count; ++r) {
      const __m512i b2 = add_bits(ones[r], unequal(a, r, w, 7), unequal(a, r, w, 8));
      b4[r] = add_bits(twos[r], b4[r], b2);
    }
#pragma GCC unroll 8
    for (int r = 0; r < Count; ++r) {  // at most (1 + 2 + 4 + 4) * 8 = 88 in a byte
      const __m512i large = _mm512_add_epi8(count_bytes(a4[r], of_four), count_bytes(b4[r], of_four));
      const __m512i small = _mm512_add_epi8(count_bytes(ones[r], of_one), count_bytes(twos[r], of_two));
      totals[r] = _mm512_sad_epu8(_mm512_add_epi8(small, large), _mm512_setzero_si512());
    }
  }

  template <int Count, bool few>
  static inline __attribute__((always_inline)) void count_words(const Rows& a, const Weight* w, int64_t words,
                                                                __m512i* totals) {
    const __m512i zero = _mm512_setzero_si512(), of_one = nibble_counts(1), of_eight = few ? nibble_counts(8) : of_one;
    __m512i ones[Count], twos[Count], fours[Count], counts[Count];
    int64_t i = words % kBlock, k = i % 2;
#pragma GCC unroll 8
    for (int r = 0; r < Count; ++r) {
      twos[r] = fours[r] = counts[r] = totals[r] = zero;
      ones[r] = k == 1 ? unequal(a, r, w, 0) : zero;
    }
    for (; k < i; k += 2) {  // fewer than 8 words: nothing of weight 8
#pragma GCC unroll 8
      for (int r = 0; r < Count; ++r) {
        const __m512i carry = add_bits(ones[r], unequal(a, r, w, k), unequal(a, r, w, k + 1));
        fours[r] = _mm512_ternarylogic_epi64(fours[r], twos[r], carry, 0x78);  // fours xor (twos and carry)
        twos[r] = _mm512_xor_si512(twos[r], carry);
      }
    }
    while (i < words) {
      const int64_t end = words - i < kMost ? words : i + kMost;
      for (; i < end; i += kBlock) {
        // Stage by stage through all rows: what a row waits for is hidden behind the others.
        __m512i a2[Count], a4[Count];
#pragma GCC unroll 8
        for (int r = 0; r < Count; ++r) a2[r] = add_bits(ones[r], unequal(a, r, w, i), unequal(a, r, w, i + 1));
#pragma GCC unroll 8
        for (int r = 0; r < Count; ++r) {
          const __m512i b2 = add_bits(ones[r], unequal(a, r, w, i + 2), unequal(a, r, w, i + 3));
          a4[r] = add_bits(twos[r], a2[r], b2);
        }
#pragma GCC unroll 8
        for (int r = 0; r < Count; ++r) a2[r] = add_bits(ones[r], unequal(a, r, w, i + 4), unequal(a, r, w, i + 5));
#pragma GCC unroll 8
        for (int r = 0; r < Count; ++r) {
          const __m512i b2 = add_bits(ones[r], unequal(a, r, w, i + 6), unequal(a, r, w, i + 7));
          const __m512i b4 = add_bits(twos[r], a2[r], b2);
          counts[r] = _mm512_add_epi8(counts[r], count_bytes(add_bits(fours[r], a4[r], b4), of_eight));
        }
      }
      if (few) continue;
#pragma GCC unroll 8
      for (int r = 0; r < Count; ++r) {
        totals[r] = _mm512_add_epi64(totals[r], _mm512_sad_epu8(counts[r], zero));
        counts[r] = zero;
      }
    }
    const __m512i of_two = nibble_counts(2), of_four = nibble_counts(4);
#pragma GCC unroll 8
    for (int r = 0; r < Count; ++r) {
      const __m512i large = _mm512_add_epi8(count_bytes(twos[r], of_two), count_bytes(fours[r], of_four));
      const __m512i rest = _mm512_add_epi8(_mm512_add_epi8(count_bytes(ones[r], of_one), large), counts[r]);
      totals[r] = _mm512_add_epi64(_mm512_slli_epi64(totals[r], 3), _mm512_sad_epu8(rest, zero));
    }
  }
};

}  // namespace

// For every set of AVX-512 that counts this way.
extern constexpr ConvTable avx512bw_convolution = make_conv_table<Avx512Bw>();
extern constexpr EngineLoops avx512bw_engine = make_engine_loops<Avx512Floats>();
extern constexpr PeakLoop avx512bw_peak = make_peak<Avx512Floats>();

// In avx512bw_training.cc.
extern const GradientTable avx512bw_gradients;
extern const TrainTable avx512bw_training;

extern constexpr Implementation avx512bw_implementation = {
    "avx512bw", kCompiledFor, avx512bw_convolution, avx512bw_engine, avx512bw_gradients, avx512bw_training, avx512bw_peak,
};

}  // namespace bnn
