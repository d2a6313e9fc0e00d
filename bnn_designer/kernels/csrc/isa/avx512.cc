// AVX-512 with VPOPCNTDQ: eight filters in a register, one 64-bit word of each.
//
// A word of a row is broadcast, xored with eight filters' words, counted and added: 3 operations for 512 products.
// A carry-save tree in front of the count would save counts but not operations (xor, sum, carry per word: also 3).
#include <immintrin.h>

#include "isa/avx512_vectors.h"
#include "isa/conv_template.h"
#include "isa/engine_template.h"
#include "isa/implementation.h"
#include "isa/peak_template.h"

namespace bnn {
namespace {

struct Avx512 : Avx512Vectors {
  static constexpr int64_t kUnit = 8;
  static constexpr int kRows = 6;   // 6 x 4 counters, 4 weights and 4 temporaries fill the 32 registers
  static constexpr int kUnits = 4;
  static constexpr int64_t kWeightsPerWord = 1, kScratchBytesPerWord = 0;
  using Weight = uint64_t;
  using Rows = RowPieces;

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
      for (int u = 0; u < Units; u += 2) {
        const __m512i next = u + 1 < Units ? counts[r][u + 1] : _mm512_setzero_si512();
        _mm512_store_si512(out[r] + u * kUnit, low_halves(counts[r][u], next));
      }
    }
  }
};

constexpr ConvTable kConvolution = make_conv_table<Avx512>();
constexpr EngineLoops kEngine = make_engine_loops<Avx512Floats>();
constexpr PeakLoop kPeak = make_peak<Avx512Floats>();

}  // namespace

// In avx512_training.cc.
extern const GradientTable avx512_gradients;
extern const TrainTable avx512_training;

extern constexpr Implementation avx512_implementation = {
    "avx512", kCompiledFor, kConvolution, kEngine, avx512_gradients, avx512_training, kPeak,
};

}  // namespace bnn
