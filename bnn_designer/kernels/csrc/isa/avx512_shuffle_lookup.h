// Gradients by lookup with AVX-512 but without VBMI: bytes are shuffled within 128 bits only (vpshufb).
//
// Groups of 3 signs, of which one is taken out, leave tables of 4 entries, four groups to each 128 bits. One vpshufb
// looks up 4 groups of 16 outputs; then each byte is multiplied by its sign, and the four of an output are added to its
// sum: one vpdpbusd with VNNI, 192 products in two operations. Without, vpmaddubsw adds pairs and vpaddw adds those to
// 16-bit sums, which go on to 32 bits after 64 chunks: a pair adds at most 510.
// Two groups of 4 signs, avx2_training.cc's way, would be 256 products in three operations, as fast as this without
// VNNI; but pairs cannot be summed by vpdpbusd.
//
// Byte 4 o + j of a register is group j of output o; entry e of group j is byte 4 e + j of its 128 bits. Bytes are
// unsigned, as in avx512_training.cc. Takes AVX-512 F, BW, DQ and VL, and uses VNNI where the compiler may.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "isa/avx512_steps.h"

namespace bnn {
namespace {

struct Avx512ShuffleLookup : Avx512Steps {
  static constexpr int64_t kGroups = 4;
  static constexpr int kFlips = 2;
  static constexpr int kEntries = 1 << kFlips;
  static constexpr int64_t kChunkSigns = kGroups * (kFlips + 1);
  static constexpr int64_t kChunkTableBytes[] = {0, 16, 32, 48};
  static constexpr int64_t kChunkIndexBytes = 128;  // a register of bytes to look up, one of signs
  static constexpr int kRows[] = {0, 4, 2, 2}, kUnits[] = {0, 4, 4, 2};
#ifdef __AVX512VNNI__
  static constexpr int64_t kShortChunks = kMaximumSigns;  // sums of 32 bits: all at once
#else
  static constexpr int64_t kShortChunks = 64;
#endif

  // Entries of 16 groups, a register each: the sum of a group, less what is twice counted where a sign is flipped.
  static void entries_of(__m512i sum, __m512i first, __m512i second, __m512i* entries) {
    entries[0] = sum;
    entries[1] = _mm512_sub_epi32(sum, first);
    entries[2] = _mm512_sub_epi32(sum, second);
    entries[3] = _mm512_sub_epi32(entries[1], second);
  }

  // Lanes are groups: four in each 128 bits, which become a chunk's 16 bytes of every plane.
  static void store_groups(const __m512i* entries, int planes, int64_t chunks, uint8_t* table) {
    const __m512i by_plane = _mm512_broadcast_i32x4(
        _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    __m512i e[kEntries];
#pragma GCC unroll 4
    for (int i = 0; i < kEntries; ++i) e[i] = _mm512_shuffle_epi8(entries[i], by_plane);
    const __m512i low01 = _mm512_unpacklo_epi32(e[0], e[1]), low23 = _mm512_unpacklo_epi32(e[2], e[3]);
    store_parts(_mm512_unpacklo_epi64(low01, low23), chunks, planes * 16, table);
    if (planes > 1) store_parts(_mm512_unpackhi_epi64(low01, low23), chunks, planes * 16, table + 16);
    if (planes > 2) {
      const __m512i high01 = _mm512_unpackhi_epi32(e[0], e[1]), high23 = _mm512_unpackhi_epi32(e[2], e[3]);
      store_parts(_mm512_unpacklo_epi64(high01, high23), chunks, planes * 16, table + 32);
    }
  }
  static void store_parts(__m512i parts, int64_t count, int64_t stride, uint8_t* to) {
    const auto at = [&](int i) { return reinterpret_cast<__m128i*>(to + i * stride); };
    _mm_storeu_si128(at(0), _mm512_castsi512_si128(parts));
    if (count > 1) _mm_storeu_si128(at(1), _mm512_extracti32x4_epi32(parts, 1));
    if (count > 2) _mm_storeu_si128(at(2), _mm512_extracti32x4_epi32(parts, 2));
    if (count > 3) _mm_storeu_si128(at(3), _mm512_extracti32x4_epi32(parts, 3));
  }

  static void row_table(const float* g, int64_t count, int64_t groups, float up, const Rounding& rounding,
                        uint32_t position, int32_t*, uint8_t* table) {
    const __m512 by = _mm512_set1_ps(up);
    const __m512i bias = _mm512_set1_epi32(1 << (8 * rounding.planes - 1));
    for (int64_t i = 0; i < groups; i += 16, table += 4 * rounding.planes * 16) {
      __m512i q[kFlips + 1];
#pragma GCC unroll 3
      for (int64_t member = 0; member <= kFlips; ++member) {
        const int64_t k = member * groups + i;
        const __mmask16 there = up == 0 || k >= count ? 0 : first_lanes(count - k);
        const __m512i value =
            quantize16(_mm512_maskz_loadu_ps(there, g + k), by, rounding, position + static_cast<uint32_t>(k));
        q[member] = _mm512_maskz_mov_epi32(there, value);
      }
      const __m512i sum = _mm512_add_epi32(_mm512_add_epi32(bias, q[0]), _mm512_add_epi32(q[1], q[2]));
      __m512i entries[kEntries];
      entries_of(sum, _mm512_add_epi32(q[0], q[0]), _mm512_add_epi32(q[1], q[1]), entries);
      store_groups(entries, rounding.planes, (groups - i) / kGroups, table);
    }
  }

  // Lane r is row r. The entries of a chunk's four groups: bytes of one plane and one entry together, then the entries.
  static void rows_tables(const float* g, const int64_t* offsets, int64_t count, int64_t groups, int64_t rows,
                          const float* up, const Rounding& rounding, int32_t*, uint8_t* table) {
    const __m512 by = _mm512_loadu_ps(up);
    const __mmask16 usable = first_lanes(rows) & _mm512_cmp_ps_mask(by, _mm512_setzero_ps(), _CMP_NEQ_OQ);
    const __m512i bias = _mm512_set1_epi32(1 << (8 * rounding.planes - 1));
    const int64_t row_bytes = groups / kGroups * kChunkTableBytes[rounding.planes];
    for (int64_t group = 0; group < groups; group += kGroups, table += rounding.planes * 16) {
      __m512i entries[kGroups][kEntries];
#pragma GCC unroll 4
      for (int j = 0; j < kGroups; ++j) {
        __m512i q[kFlips + 1];
#pragma GCC unroll 3
        for (int64_t member = 0; member <= kFlips; ++member) {
          const int64_t k = member * groups + group + j;
          q[member] = _mm512_setzero_si512();
          if (k < count) {
            const __m512 values = _mm512_maskz_loadu_ps(usable, g + offsets[k]);
            const __m512i all = quantize16(values, by, rounding, static_cast<uint32_t>(offsets[k]));
            q[member] = _mm512_maskz_mov_epi32(usable, all);
          }
        }
        const __m512i sum = _mm512_add_epi32(_mm512_add_epi32(bias, q[0]), _mm512_add_epi32(q[1], q[2]));
        entries_of(sum, _mm512_add_epi32(q[0], q[0]), _mm512_add_epi32(q[1], q[1]), entries[j]);
      }
      for (int plane = 0; plane < rounding.planes; ++plane) {
        __m512i e[kEntries];
#pragma GCC unroll 4
        for (int i = 0; i < kEntries; ++i) {
          e[i] = bytes_of(entries[0][i], entries[1][i], entries[2][i], entries[3][i], 8 * plane);
        }
        store_rows(e, rows, row_bytes, table + plane * 16);
      }
    }
  }
  // Bits shift .. shift + 7 of four numbers in one.
  static __m512i bytes_of(__m512i a, __m512i b, __m512i c, __m512i d, int shift) {
    const __m512i byte = _mm512_set1_epi32(0xff), half = _mm512_set1_epi32(0xffff);
    const __m128i by = _mm_cvtsi32_si128(shift);
    a = _mm512_and_si512(_mm512_srl_epi32(a, by), byte), b = _mm512_slli_epi32(_mm512_srl_epi32(b, by), 8);
    c = _mm512_and_si512(_mm512_srl_epi32(c, by), byte), d = _mm512_slli_epi32(_mm512_srl_epi32(d, by), 8);
    const __m512i low = _mm512_or_si512(a, b), high = _mm512_slli_epi32(_mm512_or_si512(c, d), 16);
    return _mm512_ternarylogic_epi32(half, low, high, 0xca);  // half ? low : high
  }
  // Lane r of the four is row r: 4 x 4 numbers turned in each 128 bits, whose rows are then 4 apart.
  static void store_rows(const __m512i* e, int64_t rows, int64_t stride, uint8_t* to) {
    const __m512i low01 = _mm512_unpacklo_epi32(e[0], e[1]), low23 = _mm512_unpacklo_epi32(e[2], e[3]);
    const __m512i high01 = _mm512_unpackhi_epi32(e[0], e[1]), high23 = _mm512_unpackhi_epi32(e[2], e[3]);
    const __m512i of_four[4] = {_mm512_unpacklo_epi64(low01, low23), _mm512_unpackhi_epi64(low01, low23),
                                _mm512_unpacklo_epi64(high01, high23), _mm512_unpackhi_epi64(high01, high23)};
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      if (i < rows) store_parts(of_four[i], (rows - i + 3) / 4, 4 * stride, to + i * stride);
    }
  }

  static void index_unit(const uint64_t (*flips)[kFlips], const uint64_t* last, int bit, uint8_t* index,
                         int32_t* start) {
    static constexpr int kEntryBit[kFlips] = {2, 3};  // of 4 e + j
    index_groups<kGroups>(flips, last, bit, 0x03020100, kEntryBit, index, start);  // byte j begins as j
  }

  // In place. With the intrinsic g++ 12 keeps copies of the sums in memory, which halves the speed.
  static void add_products(__m512i& sums, __m512i found, __m512i signs) {
#ifdef __AVX512VNNI__
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(found), "v"(signs));
#else
    sums = _mm512_add_epi16(sums, _mm512_maddubs_epi16(found, signs));
#endif
  }
  // What a stretch of chunks added up, in 32 bits.
  static __m512i widened(__m512i sums) {
#ifdef __AVX512VNNI__
    return sums;
#else
    return _mm512_madd_epi16(sums, _mm512_set1_epi16(1));
#endif
  }

  // The sums of the chunks begin .. end, at most kShortChunks, are added to `sums`.
  template <int Planes, int Rows, int Units>
  static inline __attribute__((always_inline)) void stretch(const uint8_t* const* table, const uint8_t* index,
                                                            int64_t unit_bytes, int64_t begin, int64_t end,
                                                            __m512i sums[Rows][Units][Planes]) {
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      __m512i lookups[Units], signs[Units];
#pragma GCC unroll 8
      for (int u = 0; u < Units; ++u) {
        lookups[u] = _mm512_loadu_si512(index + u * unit_bytes + chunk * kChunkIndexBytes);
        signs[u] = _mm512_loadu_si512(index + u * unit_bytes + chunk * kChunkIndexBytes + 64);
      }
#pragma GCC unroll 8
      for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 8
        for (int p = 0; p < Planes; ++p) {
          const __m512i entries = _mm512_broadcast_i32x4(
              _mm_loadu_si128(reinterpret_cast<const __m128i*>(table[r] + (chunk * Planes + p) * 16)));
#pragma GCC unroll 8
          for (int u = 0; u < Units; ++u) {
            add_products(sums[r][u][p], _mm512_shuffle_epi8(entries, lookups[u]), signs[u]);
          }
        }
      }
    }
  }

  template <int Planes, int Rows, int Units>
  static void tile(const TileRows& t, int64_t chunks, const uint8_t* index, const int32_t* start) {
    __m512i sums[Rows][Units][Planes];
    const uint8_t* table[Rows];
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) table[r] = t.tables + t.sources[r] * t.table_bytes;
    const int64_t unit_bytes = chunks * kChunkIndexBytes;
    zero<Planes, Rows, Units>(sums);
    if (chunks <= kShortChunks) {
      stretch<Planes, Rows, Units>(table, index, unit_bytes, 0, chunks, sums);
#pragma GCC unroll 8
      for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 8
        for (int u = 0; u < Units; ++u) {
#pragma GCC unroll 8
          for (int p = 0; p < Planes; ++p) sums[r][u][p] = widened(sums[r][u][p]);
        }
      }
    } else {
      __m512i wide[Rows][Units][Planes];
      zero<Planes, Rows, Units>(wide);
      for (int64_t chunk = 0; chunk < chunks; chunk += kShortChunks) {
        zero<Planes, Rows, Units>(sums);
        const int64_t end = chunks - chunk < kShortChunks ? chunks : chunk + kShortChunks;
        stretch<Planes, Rows, Units>(table, index, unit_bytes, chunk, end, sums);
        for (int r = 0; r < Rows; ++r) {
          for (int u = 0; u < Units; ++u) {
            for (int p = 0; p < Planes; ++p) {
              wide[r][u][p] = _mm512_add_epi32(wide[r][u][p], widened(sums[r][u][p]));
            }
          }
        }
      }
      __builtin_memcpy(sums, wide, sizeof(sums));
    }
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 8
      for (int u = 0; u < Units; ++u) {
        __m512i& highest = sums[r][u][Planes - 1];
        highest = _mm512_add_epi32(highest, _mm512_loadu_si512(start + u * kUnitOutputs));
      }
    }
    add_sums<Planes, Rows, Units>(t, sums);
  }
  template <int Planes, int Rows, int Units>
  static inline __attribute__((always_inline)) void zero(__m512i sums[Rows][Units][Planes]) {
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 8
      for (int u = 0; u < Units; ++u) {
#pragma GCC unroll 8
        for (int p = 0; p < Planes; ++p) sums[r][u][p] = _mm512_setzero_si512();
      }
    }
  }
};

}  // namespace
}  // namespace bnn
