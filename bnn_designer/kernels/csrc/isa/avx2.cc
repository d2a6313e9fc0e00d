// AVX2 has no population count of a vector, but it looks up 32 bytes at once (vpshufb) in a table of 16.
//
// Usual: xor, split into nibbles, look up both, add both: 8 operations for 256 products. Here the xor goes into the
// table. A nibble n of a row is fixed while 32 filters pass, so take the table T_n[v] = popcount(n xor v) and look up
// the filters' nibbles v, stored one to a byte: one lookup and one addition for 4 * 32 products, 4 operations for 256.
// The 16 tables of 16 bytes stay in the L1 cache; a kernel in tile order takes twice its packed bytes.
#include <immintrin.h>

#include "isa/conv_template.h"
#include "isa/engine_template.h"
#include "isa/implementation.h"
#include "isa/peak_template.h"

namespace bnn {
namespace {

struct NibbleTables {
  alignas(32) uint8_t of[16][16];
};

constexpr NibbleTables nibble_tables() {
  NibbleTables tables{};
  for (int n = 0; n < 16; ++n) {
    for (int v = 0; v < 16; ++v) {
      const int unequal = n ^ v;
      tables.of[n][v] = static_cast<uint8_t>((unequal & 1) + (unequal >> 1 & 1) + (unequal >> 2 & 1) + (unequal >> 3));
    }
  }
  return tables;
}

constexpr NibbleTables kTables = nibble_tables();

struct Avx2 {
  static constexpr int64_t kUnit = 32;  // filters, one byte each
  static constexpr int kRows = 4;       // 4 x 2 counters, 2 weights, a table and a temporary: 12 of 16 registers
  static constexpr int kUnits = 2;
  static constexpr int64_t kNibbles = kWordBits / 4;
  static constexpr int64_t kWeightsPerWord = kNibbles, kScratchBytesPerWord = kNibbles;
  // A byte holds 63 additions of at most 4; 16 bits hold 260 times that.
  static constexpr int64_t kByteNibbles = 63, kWideNibbles = 260 * kByteNibbles;
  using Weight = uint8_t;
  using Rows = RowsInOrder<uint8_t>;  // of nibbles times 16: the offsets of their tables
  using NanSeen = __m256;

  static uint64_t signs8(__m256 v) {
    return static_cast<uint64_t>(_mm256_movemask_ps(_mm256_cmp_ps(v, _mm256_set1_ps(kBelowZero), _CMP_LE_OQ)));
  }

  // An unordered comparison of two registers is true where either holds a NaN: half the work of testing each.
  static uint64_t signs64(const float* x, NanSeen& nan) {
    uint64_t word = 0;
    for (int i = 0; i < 64; i += 16) {
      const __m256 a = _mm256_loadu_ps(x + i), b = _mm256_loadu_ps(x + i + 8);
      nan = _mm256_or_ps(nan, _mm256_cmp_ps(a, b, _CMP_UNORD_Q));
      word |= (signs8(a) | signs8(b) << 8) << i;
    }
    return word;
  }
  static uint64_t signs_tail(const float* x, int64_t count, NanSeen& nan) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    uint64_t word = 0;
    for (int64_t i = 0; i < count; i += 8) {
      const __m256i there = _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count - i)), lane);
      const __m256 v = _mm256_maskload_ps(x + i, there);
      nan = _mm256_or_ps(nan, _mm256_cmp_ps(v, v, _CMP_UNORD_Q));
      word |= signs8(v) << i;
    }
    return word;
  }
  static bool any(NanSeen nan) { return _mm256_movemask_ps(nan) != 0; }

  // Nibble n of 32 filters side by side: the bytes of 32 words transposed, then split.
  static void tile_word(const uint64_t* lanes, Weight* out) {
    // Filters 2 i and 2 i + 1 below, 16 more above; their bytes j beside each other, as 16 bits.
    const __m256i pairs = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15));
    __m256i a[8], b[8];
    for (int i = 0; i < 8; ++i) {
      const auto* low = reinterpret_cast<const __m128i*>(lanes + 2 * i);
      const auto* high = reinterpret_cast<const __m128i*>(lanes + 16 + 2 * i);
      a[i] = _mm256_shuffle_epi8(_mm256_set_m128i(_mm_loadu_si128(high), _mm_loadu_si128(low)), pairs);
    }
    // Three rounds of exchanging halves transpose 8 x 8 of these.
    for (int i = 0; i < 4; ++i) {
      b[2 * i] = _mm256_unpacklo_epi16(a[2 * i], a[2 * i + 1]);      // bytes 0 .. 3 of filters 4 i .. 4 i + 3
      b[2 * i + 1] = _mm256_unpackhi_epi16(a[2 * i], a[2 * i + 1]);  // bytes 4 .. 7
    }
    for (int i = 0; i < 2; ++i) {
      for (int half = 0; half < 2; ++half) {
        a[4 * i + 2 * half] = _mm256_unpacklo_epi32(b[4 * i + half], b[4 * i + 2 + half]);
        a[4 * i + 2 * half + 1] = _mm256_unpackhi_epi32(b[4 * i + half], b[4 * i + 2 + half]);
      }
    }
    const __m256i nibble = _mm256_set1_epi8(15);
    for (int pair = 0; pair < 4; ++pair) {
      const __m256i even = _mm256_unpacklo_epi64(a[pair], a[4 + pair]), odd = _mm256_unpackhi_epi64(a[pair], a[4 + pair]);
      auto* to = reinterpret_cast<__m256i*>(out + 4 * pair * kUnit);
      _mm256_storeu_si256(to, _mm256_and_si256(even, nibble));
      _mm256_storeu_si256(to + 1, _mm256_and_si256(_mm256_srli_epi16(even, 4), nibble));
      _mm256_storeu_si256(to + 2, _mm256_and_si256(odd, nibble));
      _mm256_storeu_si256(to + 3, _mm256_and_si256(_mm256_srli_epi16(odd, 4), nibble));
    }
  }

  // Words -> table offsets, the low nibble first, as tile_word has them.
  static Rows prepare(const RowPieces& a, int64_t rows, void* scratch) {
    auto* out = static_cast<uint8_t*>(scratch);
    const __m128i high = _mm_set1_epi8(static_cast<char>(0xf0));
    for (int64_t i = 0; i < rows * a.pieces; ++i) {
      for (int64_t k = 0; k < a.piece_words; ++k, out += kNibbles) {
        const __m128i word = _mm_cvtsi64_si128(static_cast<int64_t>(a.at[i][k]));
        const __m128i low_nibbles = _mm_and_si128(_mm_slli_epi16(word, 4), high);
        const __m128i both = _mm_unpacklo_epi8(low_nibbles, _mm_and_si128(word, high));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out), both);
      }
    }
    return {static_cast<uint8_t*>(scratch), a.row_words() * kNibbles};
  }

  static __m256i load(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }

  // Nibbles begin .. end, at most kByteNibbles, counted in bytes and added to 16-bit counters.
  // Unpacking with zero puts filters 0-7 and 16-23 of a unit into wide[..][0], the others into wide[..][1].
  template <int Count, int Units>
  static inline __attribute__((always_inline)) void count_bytes(const Rows& a, const Weight* w,
                                                                int64_t w_stride, int64_t begin, int64_t end,
                                                                __m256i wide[Count][Units][2]) {
    __m256i counts[Count][Units];
#pragma GCC unroll 8
    for (int r = 0; r < Count; ++r) {
#pragma GCC unroll 8
      for (int u = 0; u < Units; ++u) counts[r][u] = _mm256_setzero_si256();
    }
#pragma GCC unroll 3  // saves most of the copies between registers that GCC makes for each turn
    for (int64_t n = begin; n < end; ++n) {
      __m256i weights[Units];
#pragma GCC unroll 8
      for (int u = 0; u < Units; ++u) weights[u] = load(w + u * w_stride + n * kUnit);
#pragma GCC unroll 8
      for (int r = 0; r < Count; ++r) {
        const uint8_t* table = &kTables.of[0][0] + a.first[r * a.stride + n];
        const __m256i popcounts = _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(table)));
#pragma GCC unroll 8
        for (int u = 0; u < Units; ++u) {
          counts[r][u] = _mm256_add_epi8(counts[r][u], _mm256_shuffle_epi8(popcounts, weights[u]));
        }
      }
    }
    const __m256i zero = _mm256_setzero_si256();
    for (int r = 0; r < Count; ++r) {
      for (int u = 0; u < Units; ++u) {
        wide[r][u][0] = _mm256_add_epi16(wide[r][u][0], _mm256_unpacklo_epi8(counts[r][u], zero));
        wide[r][u][1] = _mm256_add_epi16(wide[r][u][1], _mm256_unpackhi_epi8(counts[r][u], zero));
      }
    }
  }

  template <int Count, int Units>
  static void count(const Rows& a, const Weight* w, int64_t w_stride, int64_t row_words,
                    int32_t totals[Count][Units * kUnit]) {
    const int64_t nibbles = row_words * kNibbles;
    for (int64_t block = 0; block < nibbles; block += kWideNibbles) {
      const int64_t block_end = nibbles - block < kWideNibbles ? nibbles : block + kWideNibbles;
      __m256i wide[Count][Units][2] = {};
      for (int64_t n = block; n < block_end; n += kByteNibbles) {
        const int64_t end = block_end - n < kByteNibbles ? block_end : n + kByteNibbles;
        count_bytes<Count, Units>(a, w, w_stride, n, end, wide);
      }
      for (int r = 0; r < Count; ++r) {
        for (int u = 0; u < Units; ++u) {
          int32_t* total = totals[r] + u * kUnit;
          add8(block == 0, total, _mm256_castsi256_si128(wide[r][u][0]));
          add8(block == 0, total + 8, _mm256_castsi256_si128(wide[r][u][1]));
          add8(block == 0, total + 16, _mm256_extracti128_si256(wide[r][u][0], 1));
          add8(block == 0, total + 24, _mm256_extracti128_si256(wide[r][u][1], 1));
        }
      }
    }
  }

  static void add8(bool first, int32_t* total, __m128i counts16) {
    const __m256i counts = _mm256_cvtepu16_epi32(counts16);
    auto* p = reinterpret_cast<__m256i*>(total);
    _mm256_store_si256(p, first ? counts : _mm256_add_epi32(_mm256_load_si256(p), counts));
  }

  static constexpr int64_t kLanes = 8;
  static constexpr int kPackVectors = 8;
  typedef float Floats __attribute__((vector_size(32)));
  typedef int32_t Ints __attribute__((vector_size(32)));
  using Bits = uint8_t;
  static Bits sums_below(const Ints& sums, const Ints& thresholds) {
    return static_cast<Bits>(_mm256_movemask_ps(reinterpret_cast<__m256>(sums < thresholds)));
  }
  static Bits at_most(const Floats& values, const Floats& cuts) {
    return static_cast<Bits>(_mm256_movemask_ps(reinterpret_cast<__m256>(values <= cuts)));
  }
  static void add_signs(const Floats& v, const Ints& bit, Ints& words) {
    words |= reinterpret_cast<Ints>(_mm256_cmp_ps(v, _mm256_set1_ps(kBelowZero), _CMP_LE_OQ)) & bit;
  }
  static void see_nan(const Floats& a, const Floats& b, NanSeen& nan) {
    nan = _mm256_or_ps(nan, _mm256_cmp_ps(a, b, _CMP_UNORD_Q));
  }
  static void clamp(float low, float high, Floats& v) {
    v = _mm256_min_ps(_mm256_set1_ps(high), _mm256_max_ps(_mm256_set1_ps(low), v));  // the second, if one is NaN
  }
  static void where_negative(const Floats& other, Floats& v) {
    v = _mm256_blendv_ps(v, other, _mm256_cmp_ps(v, _mm256_setzero_ps(), _CMP_LT_OQ));
  }
  static void round(Floats& v) { __asm__("" : "+x"(v)); }
};

// Of the engine's float loops: 6 x 2 sums, 2 weights and one value of 16 registers.
struct Avx2Floats {
  static constexpr int64_t kLanes = 8;
  static constexpr int kRows = 6;
  static constexpr int kUnits = 2;
  static constexpr bool kByElement = false;
  typedef float Lanes __attribute__((vector_size(32)));
};

constexpr ConvTable kConvolution = make_conv_table<Avx2>();
constexpr EngineLoops kEngine = make_engine_loops<Avx2Floats>();
constexpr PeakLoop kPeak = make_peak<Avx2Floats>();

}  // namespace

// In avx2_training.cc.
extern const GradientTable avx2_gradients;
extern const TrainTable avx2_training;

extern constexpr Implementation avx2_implementation = {
    "avx2", kCompiledFor, kConvolution, kEngine, avx2_gradients, avx2_training, kPeak,
};

}  // namespace bnn
