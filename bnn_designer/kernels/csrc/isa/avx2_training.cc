// Gradients by lookup and training passes with AVX2.
//
// Groups of 4 signs, of which one is taken out, leave tables of 8 entries, two groups to each 128 bits. One
// vpshufb looks up 2 groups of 16 outputs, one vpmaddubsw multiplies each by its sign and adds the two of an output,
// and one addition adds that to its 16-bit sum: 128 products.
//
// Of a 128-bit part with 8 outputs, bytes 2 o and 2 o + 1 are the groups 0 and 1 of output o. Bytes are unsigned, as in
// avx512_training.cc. A pair adds at most 510 to a 16-bit sum, so 64 chunks fit before it goes on to 32 bits.
#pragma GCC optimize("fp-contract=off")  // train_template.h says why
#include <immintrin.h>

#include "isa/implementation.h"
#include "isa/lookup_template.h"
#include "isa/train_template.h"

namespace bnn {
namespace {

struct Avx2Lookup : PlainLargest {
  static constexpr int64_t kGroups = 2;
  static constexpr int kFlips = 3;
  static constexpr int64_t kChunkSigns = kGroups * (kFlips + 1);
  static constexpr int64_t kChunkTableBytes[] = {0, 16, 32, 48};
  static constexpr int64_t kChunkIndexBytes = 64;  // a register of bytes to look up, one of signs
  static constexpr int kRows[] = {0, 4, 2, 2}, kUnits[] = {0, 2, 2, 2};
  static constexpr int64_t kShortChunks = 64;

  static void row_table(const float* g, int64_t count, int64_t groups, float up, const Rounding& rounding,
                        uint32_t position, int32_t* scratch, uint8_t* table) {
    plain_parts<Avx2Lookup>(g, count, groups, up, rounding, position, scratch);
    build_table(scratch, groups, groups / kGroups, rounding.planes, table);
  }
  static void rows_tables(const float* g, const int64_t* offsets, int64_t count, int64_t groups, int64_t rows,
                          const float* up, const Rounding& rounding, int32_t* scratch, uint8_t* table) {
    plain_rows_tables<Avx2Lookup>(g, offsets, count, groups, rows, up, rounding, scratch, table);
  }

  static void index_unit(const uint64_t (*flips)[kFlips], const uint64_t* last, int bit, uint8_t* index,
                         int32_t* start) {
    for (int o = 0; o < kUnitOutputs; ++o) {
      for (int64_t j = 0; j < kGroups; ++j) {
        unsigned entry = static_cast<unsigned>(8 * j);
        for (int i = 0; i < kFlips; ++i) entry |= static_cast<unsigned>(flips[j][i] >> (bit + o) & 1) << i;
        const bool negative = last[j] >> (bit + o) & 1;
        index[kGroups * o + j] = static_cast<uint8_t>(entry);
        index[32 + kGroups * o + j] = negative ? 0xff : 0x01;
        start[o] += negative ? 128 : -128;
      }
    }
  }

  static __m256i entries(const int32_t* parts, int64_t groups) {
    __m256i all = _mm256_set1_epi32(parts[kFlips * groups]);
    const __m256i bit[kFlips] = {_mm256_setr_epi32(0, -1, 0, -1, 0, -1, 0, -1),
                                 _mm256_setr_epi32(0, 0, -1, -1, 0, 0, -1, -1),
                                 _mm256_setr_epi32(0, 0, 0, 0, -1, -1, -1, -1)};
    for (int i = 0; i < kFlips; ++i) {
      all = _mm256_sub_epi32(all, _mm256_and_si256(_mm256_set1_epi32(parts[i * groups]), bit[i]));
    }
    return all;
  }
  // 8 entries of two groups -> bytes by plane: 4 entries of a plane together, then all 8.
  static void build_table(const int32_t* parts, int64_t groups, int64_t chunks, int planes, uint8_t* table) {
    const __m256i by_plane = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    for (int64_t chunk = 0; chunk < chunks; ++chunk, parts += kGroups, table += planes * 16) {
      const __m256i a = _mm256_shuffle_epi8(entries(parts, groups), by_plane);
      const __m256i b = _mm256_shuffle_epi8(entries(parts + 1, groups), by_plane);
      const __m128i a_low = _mm_unpacklo_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
      const __m128i b_low = _mm_unpacklo_epi32(_mm256_castsi256_si128(b), _mm256_extracti128_si256(b, 1));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(table), _mm_unpacklo_epi64(a_low, b_low));
      if (planes > 1) _mm_storeu_si128(reinterpret_cast<__m128i*>(table + 16), _mm_unpackhi_epi64(a_low, b_low));
      if (planes > 2) {
        const __m128i a_high = _mm_unpackhi_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
        const __m128i b_high = _mm_unpackhi_epi32(_mm256_castsi256_si128(b), _mm256_extracti128_si256(b, 1));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(table + 32), _mm_unpacklo_epi64(a_high, b_high));
      }
    }
  }

  static __m256 combine(__m256i sums) { return _mm256_cvtepi32_ps(sums); }
  static __m256 combine(__m256i low, __m256i high) {
    return _mm256_cvtepi32_ps(_mm256_add_epi32(_mm256_slli_epi32(high, 8), low));
  }
  static __m256 combine(__m256i low, __m256i middle, __m256i high) {
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(high), _mm256_set1_ps(65536.0f), combine(low, middle));
  }

  // 16-bit sums of up to kShortChunks chunks, widened into wide[row][unit][plane][16].
  template <int Planes, int Rows, int Units>
  static void short_sums(const uint8_t* const* table, const uint8_t* index, int64_t unit_bytes, int64_t chunks,
                         int32_t (*wide)[Units][Planes][kUnitOutputs]) {
    __m256i sums[Rows][Units][Planes];
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 8
      for (int u = 0; u < Units; ++u) {
#pragma GCC unroll 8
        for (int p = 0; p < Planes; ++p) sums[r][u][p] = _mm256_setzero_si256();
      }
    }
    for (int64_t chunk = 0; chunk < chunks; ++chunk) {
      __m256i lookups[Units], signs[Units];
#pragma GCC unroll 8
      for (int u = 0; u < Units; ++u) {
        const auto* at = reinterpret_cast<const __m256i*>(index + u * unit_bytes + chunk * kChunkIndexBytes);
        lookups[u] = _mm256_loadu_si256(at);
        signs[u] = _mm256_loadu_si256(at + 1);
      }
#pragma GCC unroll 8
      for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 8
        for (int p = 0; p < Planes; ++p) {
          const __m256i entries = _mm256_broadcastsi128_si256(
              _mm_loadu_si128(reinterpret_cast<const __m128i*>(table[r] + (chunk * Planes + p) * 16)));
#pragma GCC unroll 8
          for (int u = 0; u < Units; ++u) {
            const __m256i found = _mm256_shuffle_epi8(entries, lookups[u]);
            sums[r][u][p] = _mm256_add_epi16(sums[r][u][p], _mm256_maddubs_epi16(found, signs[u]));
          }
        }
      }
    }
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 8
      for (int u = 0; u < Units; ++u) {
#pragma GCC unroll 8
        for (int p = 0; p < Planes; ++p) {
          auto* out = reinterpret_cast<__m256i*>(wide[r][u][p]);
          const __m256i low = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(sums[r][u][p]));
          const __m256i high = _mm256_cvtepi16_epi32(_mm256_extracti128_si256(sums[r][u][p], 1));
          _mm256_storeu_si256(out, _mm256_add_epi32(_mm256_loadu_si256(out), low));
          _mm256_storeu_si256(out + 1, _mm256_add_epi32(_mm256_loadu_si256(out + 1), high));
        }
      }
    }
  }

  template <int Planes, int Rows, int Units>
  static void tile(const TileRows& t, int64_t chunks, const uint8_t* index, const int32_t* start) {
    int32_t wide[Rows][Units][Planes][kUnitOutputs];
    const uint8_t* table[Rows];
    for (int r = 0; r < Rows; ++r) {
      table[r] = t.tables + t.sources[r] * t.table_bytes;
      for (int u = 0; u < Units; ++u) {
        for (int p = 0; p < Planes; ++p) {
          for (int o = 0; o < kUnitOutputs; ++o) {
            wide[r][u][p][o] = p + 1 == Planes ? start[u * kUnitOutputs + o] : 0;
          }
        }
      }
    }
    for (int64_t chunk = 0; chunk < chunks; chunk += kShortChunks) {
      const int64_t count = chunks - chunk < kShortChunks ? chunks - chunk : kShortChunks;
      short_sums<Planes, Rows, Units>(table, index + chunk * kChunkIndexBytes, chunks * kChunkIndexBytes, count, wide);
      for (int r = 0; r < Rows; ++r) table[r] += count * Planes * 16;
    }
    for (int r = 0; r < Rows; ++r) {
      float* out = t.sums + t.targets[r] * t.sums_stride;
      const __m256 scale = _mm256_set1_ps(t.scales[t.sources[r]]);
      for (int u = 0; u < Units; ++u) {
        for (int half = 0; half < kUnitOutputs; half += 8, out += 8) {
          __m256i sums[Planes];
          for (int p = 0; p < Planes; ++p) {
            sums[p] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(wide[r][u][p] + half));
          }
          __m256 sum;
          if constexpr (Planes == 1) sum = combine(sums[0]);
          if constexpr (Planes == 2) sum = combine(sums[0], sums[1]);
          if constexpr (Planes == 3) sum = combine(sums[0], sums[1], sums[2]);
          _mm256_storeu_ps(out, _mm256_fmadd_ps(sum, scale, _mm256_loadu_ps(out)));
        }
      }
    }
  }
};

struct Avx2Passes {
  static constexpr int kLanes = 8;
  typedef float Floats __attribute__((vector_size(32)));
  typedef int32_t Ints __attribute__((vector_size(32)));
  typedef uint8_t Bytes __attribute__((vector_size(8)));
  static Floats square_root(Floats v) {
    return (Floats)_mm256_sqrt_ps((__m256)v);
  }
};

}  // namespace

extern constexpr GradientTable avx2_gradients = make_gradient_table<Avx2Lookup>();
extern constexpr TrainTable avx2_training = Train<Avx2Passes>::table();

}  // namespace bnn
