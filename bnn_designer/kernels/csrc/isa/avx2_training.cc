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

  static __m256i first_lanes(int64_t count) {
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int32_t>(count < 8 ? count : 8)), lanes);
  }

  // bnn::quantize
  static __m256i quantize8(__m256 x, __m256 up, const Rounding& rounding, uint32_t position) {
    const __m256 limit = _mm256_set1_ps(static_cast<float>(largest_value(rounding.planes)));
    __m256 v;
    if (rounding.stochastic) {
      const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
      const __m256i at = _mm256_add_epi32(_mm256_set1_epi32(static_cast<int32_t>(position)), lanes);
      __m256i h = _mm256_mullo_epi32(at, _mm256_set1_epi32(static_cast<int32_t>(0x9e3779b9u)));
      h = _mm256_add_epi32(h, _mm256_set1_epi32(static_cast<int32_t>(rounding.salt)));
      h = _mm256_xor_si256(h, _mm256_castps_si256(x));
      h = _mm256_xor_si256(h, _mm256_srli_epi32(h, 16));
      h = _mm256_mullo_epi32(h, _mm256_set1_epi32(static_cast<int32_t>(0x85ebca6bu)));
      h = _mm256_xor_si256(h, _mm256_srli_epi32(h, 13));
      h = _mm256_mullo_epi32(h, _mm256_set1_epi32(static_cast<int32_t>(0xc2b2ae35u)));
      h = _mm256_srli_epi32(_mm256_xor_si256(h, _mm256_srli_epi32(h, 16)), 8);
      const __m256 noise = _mm256_mul_ps(_mm256_cvtepi32_ps(h), _mm256_set1_ps(0x1p-24f));
      v = _mm256_floor_ps(_mm256_fmadd_ps(x, up, noise));
    } else {
      v = _mm256_round_ps(_mm256_mul_ps(x, up), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    }
    v = _mm256_max_ps(_mm256_min_ps(v, limit), _mm256_sub_ps(_mm256_setzero_ps(), limit));
    return _mm256_cvtps_epi32(v);
  }

  // Lanes are groups, or rows. The entries of a group from its rounded numbers: their sum, less what is twice counted
  // where a sign is flipped. Then bytes: words[plane][h] has entries 4 h .. 4 h + 3 of each lane.
  static void entry_bytes(const __m256i* q, int planes, __m256i (*words)[2]) {
    const __m256i bias = _mm256_set1_epi32(1 << (8 * planes - 1));
    const __m256i flipped[kFlips] = {_mm256_add_epi32(q[0], q[0]), _mm256_add_epi32(q[1], q[1]),
                                     _mm256_add_epi32(q[2], q[2])};
    __m256i e[8];
    e[0] = _mm256_add_epi32(_mm256_add_epi32(bias, q[0]), _mm256_add_epi32(_mm256_add_epi32(q[1], q[2]), q[3]));
#pragma GCC unroll 3
    for (int i = 0; i < kFlips; ++i) {
#pragma GCC unroll 4
      for (int k = 0; k < 1 << i; ++k) e[(1 << i) + k] = _mm256_sub_epi32(e[k], flipped[i]);
    }
    const __m256i odd = _mm256_set1_epi16(static_cast<int16_t>(0xff00));
#pragma GCC unroll 2
    for (int h = 0; h < 2; ++h) {
      const __m256i* v = e + 4 * h;
      // Bytes 0 and 2 of pairs of entries side by side, then bytes 1 and 3.
      const __m256i even_ab = _mm256_blendv_epi8(v[0], _mm256_slli_epi32(v[1], 8), odd);
      const __m256i even_cd = _mm256_blendv_epi8(v[2], _mm256_slli_epi32(v[3], 8), odd);
      words[0][h] = _mm256_blend_epi16(even_ab, _mm256_slli_epi32(even_cd, 16), 0xaa);
      if (planes > 1) {
        const __m256i odd_ab = _mm256_blendv_epi8(_mm256_srli_epi32(v[0], 8), v[1], odd);
        const __m256i odd_cd = _mm256_blendv_epi8(_mm256_srli_epi32(v[2], 8), v[3], odd);
        words[1][h] = _mm256_blend_epi16(odd_ab, _mm256_slli_epi32(odd_cd, 16), 0xaa);
      }
      if (planes > 2) words[2][h] = _mm256_blend_epi16(_mm256_srli_epi32(even_ab, 16), even_cd, 0xaa);
    }
  }

  static void store(uint8_t* to, __m128i bytes) { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes); }

  // Eight groups at a time: two of each 128 bits make a chunk.
  static void row_table(const float* g, int64_t count, int64_t groups, float up, const Rounding& rounding,
                        uint32_t position, int32_t*, uint8_t* table) {
    const __m256 by = _mm256_set1_ps(up);
    const int64_t stride = rounding.planes * 16;
    for (int64_t i = 0; i < groups; i += 8, table += 4 * stride) {
      __m256i q[kFlips + 1], words[kMaximumPlanes][2];
#pragma GCC unroll 4
      for (int64_t member = 0; member <= kFlips; ++member) {
        const int64_t k = member * groups + i;
        const __m256i there = first_lanes(up == 0 || k >= count ? 0 : count - k);
        const __m256 values = _mm256_maskload_ps(g + k, there);
        q[member] = _mm256_and_si256(there, quantize8(values, by, rounding, position + static_cast<uint32_t>(k)));
      }
      entry_bytes(q, rounding.planes, words);
      const int64_t chunks = (groups - i) / kGroups;
      for (int p = 0; p < rounding.planes; ++p) {
        const __m256i a = _mm256_unpacklo_epi32(words[p][0], words[p][1]);  // groups 0, 1 and 4, 5
        const __m256i b = _mm256_unpackhi_epi32(words[p][0], words[p][1]);
        uint8_t* to = table + p * 16;
        store(to, _mm256_castsi256_si128(a));
        if (chunks > 1) store(to + stride, _mm256_castsi256_si128(b));
        if (chunks > 2) store(to + 2 * stride, _mm256_extracti128_si256(a, 1));
        if (chunks > 3) store(to + 3 * stride, _mm256_extracti128_si256(b, 1));
      }
    }
  }

  // Lane r is row r, eight at a time.
  static void rows_tables(const float* g, const int64_t* offsets, int64_t count, int64_t groups, int64_t rows,
                          const float* up, const Rounding& rounding, int32_t*, uint8_t* table) {
    const int64_t row_bytes = groups / kGroups * kChunkTableBytes[rounding.planes];
    for (int64_t first = 0; first < rows; first += 8, table += 8 * row_bytes) {
      const __m256 by = _mm256_loadu_ps(up + first);
      const __m256i there = first_lanes(rows - first);
      const __m256 usable = _mm256_and_ps(_mm256_castsi256_ps(there),
                                          _mm256_cmp_ps(by, _mm256_setzero_ps(), _CMP_NEQ_OQ));
      for (int64_t group = 0; group < groups; group += kGroups) {
        __m256i words[kGroups][kMaximumPlanes][2];
#pragma GCC unroll 2
        for (int j = 0; j < kGroups; ++j) {
          __m256i q[kFlips + 1];
#pragma GCC unroll 4
          for (int64_t member = 0; member <= kFlips; ++member) {
            const int64_t k = member * groups + group + j;
            q[member] = _mm256_setzero_si256();
            if (k < count) {
              const __m256 values = _mm256_maskload_ps(g + offsets[k] + first, there);
              const __m256i all = quantize8(values, by, rounding, static_cast<uint32_t>(offsets[k] + first));
              q[member] = _mm256_and_si256(all, _mm256_castps_si256(usable));
            }
          }
          entry_bytes(q, rounding.planes, words[j]);
        }
        for (int p = 0; p < rounding.planes; ++p) {
          store_rows(words[0][p], words[1][p], rows - first, row_bytes,
                     table + (group / kGroups * rounding.planes + p) * 16);
        }
      }
    }
  }
  // 16 bytes of each of eight rows: 4 x 4 numbers turned in each 128 bits, whose rows are then 4 apart.
  static void store_rows(const __m256i* a, const __m256i* b, int64_t rows, int64_t stride, uint8_t* to) {
    const __m256i low_a = _mm256_unpacklo_epi32(a[0], a[1]), low_b = _mm256_unpacklo_epi32(b[0], b[1]);
    const __m256i high_a = _mm256_unpackhi_epi32(a[0], a[1]), high_b = _mm256_unpackhi_epi32(b[0], b[1]);
    const __m256i of_two[4] = {_mm256_unpacklo_epi64(low_a, low_b), _mm256_unpackhi_epi64(low_a, low_b),
                               _mm256_unpacklo_epi64(high_a, high_b), _mm256_unpackhi_epi64(high_a, high_b)};
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      if (i < rows) store(to + i * stride, _mm256_castsi256_si128(of_two[i]));
      if (i + 4 < rows) store(to + (i + 4) * stride, _mm256_extracti128_si256(of_two[i], 1));
    }
  }

  // Byte 2 o + j of a register is group j of output o: its bits of the words, spread over the outputs.
  static void index_unit(const uint64_t (*flips)[kFlips], const uint64_t* last, int bit, uint8_t* index,
                         int32_t* start) {
    const __m256i output = _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384,
                                             static_cast<int16_t>(0x8000));
    const auto where = [&](uint64_t word) {  // all ones in the 16 bits of the outputs whose bit is set
      const __m256i all = _mm256_set1_epi16(static_cast<int16_t>(word >> bit));
      return _mm256_cmpeq_epi16(_mm256_and_si256(all, output), output);
    };
    __m256i lookups = _mm256_set1_epi16(0x0800), signs = _mm256_set1_epi16(0x0101);
    __m256i bias = _mm256_set1_epi16(-kGroups * 128);
#pragma GCC unroll 2
    for (int j = 0; j < kGroups; ++j) {
#pragma GCC unroll 3
      for (int i = 0; i < kFlips; ++i) {
        const __m256i set = _mm256_set1_epi16(static_cast<int16_t>(1 << (8 * j + i)));
        lookups = _mm256_or_si256(lookups, _mm256_and_si256(where(flips[j][i]), set));
      }
      const __m256i negative = where(last[j]);
      signs = _mm256_or_si256(signs, _mm256_and_si256(negative, _mm256_set1_epi16(static_cast<int16_t>(0xff << 8 * j))));
      bias = _mm256_add_epi16(bias, _mm256_and_si256(negative, _mm256_set1_epi16(2 * 128)));
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(index), lookups);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(index + 32), signs);
    auto* to = reinterpret_cast<__m256i*>(start);
    const __m256i low = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(bias));
    const __m256i high = _mm256_cvtepi16_epi32(_mm256_extracti128_si256(bias, 1));
    _mm256_storeu_si256(to, _mm256_add_epi32(_mm256_loadu_si256(to), low));
    _mm256_storeu_si256(to + 1, _mm256_add_epi32(_mm256_loadu_si256(to + 1), high));
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
