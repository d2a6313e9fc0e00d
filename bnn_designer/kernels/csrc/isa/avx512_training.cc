// Gradients by lookup and training passes with AVX-512, VBMI and VNNI.
//
// One vpermb looks up 4 groups of 16 outputs, one vpdpbusd multiplies each by the sign
// that was taken out, adds the four bytes of an output, and adds that to its 32-bit sum: 320 products, exactly.
//
// Lane o of a register is output o, byte j of it group j. A table register holds the 16 entries of 4 groups, entry
// e of group j at byte 16 (e / 4) + 4 j + e % 4, the order in which the unpack instructions of build_table leave
// them; vpermb finds them anywhere. Bytes are unsigned: the bias makes the highest one so, and `start` takes
// it back, -128 for each sign.
#pragma GCC optimize("fp-contract=off")  // train_template.h says why
#include <immintrin.h>

#include "isa/avx512_finish.h"
#include "isa/avx512_steps.h"
#include "isa/implementation.h"
#include "isa/lookup_template.h"
#include "isa/train_template.h"

namespace bnn {
namespace {

struct Avx512Lookup : Avx512Steps {
  static constexpr int64_t kGroups = 4;
  static constexpr int kFlips = static_cast<int>(kGroupSigns) - 1;
  static constexpr int64_t kChunkSigns = kGroups * kGroupSigns;
  static constexpr int64_t kChunkTableBytes[] = {0, 64, 128, 192};
  static constexpr int64_t kChunkIndexBytes = 128;  // a register of bytes to look up, one of signs
  // By planes. Tiles of 16 and 24 sums ran at 735, 880 and 860 GMAC/s per plane, the best of those tried.
  static constexpr int kRows[] = {0, 8, 2, 2}, kUnits[] = {0, 2, 4, 4};

  // Parts (see plain_parts) as this set's build_table() takes them: those of 16 groups of a row are quantized side by
  // side and lie `stride` apart by member. The parts of "int8" are bytes, four groups of a chunk in 32 bits.
  static void row_table(const float* g, int64_t count, int64_t groups, float up, const Rounding& rounding,
                        uint32_t position, int32_t* parts, uint8_t* table) {
    const int64_t stride = (groups + 15) / 16 * 16;
    const __m512 by = _mm512_set1_ps(up);
    for (int64_t i = 0; i < groups; i += 16) {
      __m512i sum = _mm512_set1_epi32(1 << (8 * rounding.planes - 1));
      for (int64_t member = 0; member <= kFlips; ++member) {
        const int64_t k = member * groups + i;
        const __mmask16 there = up == 0 || k >= count ? 0 : first_lanes(count - k);
        const __m512i q =
            quantize16(_mm512_maskz_loadu_ps(there, g + k), by, rounding, position + static_cast<uint32_t>(k));
        sum = _mm512_mask_add_epi32(sum, there, sum, q);
        const __m512i part = member == kFlips ? sum : _mm512_maskz_add_epi32(there, q, q);
        if (rounding.planes == 1) {
          _mm_storeu_si128(reinterpret_cast<__m128i*>(parts + (member * stride + i) / 4), _mm512_cvtepi32_epi8(part));
        } else {
          _mm512_storeu_si512(parts + member * stride + i, part);
        }
      }
    }
    if (rounding.planes == 1) {
      build_byte_table(parts, stride / 4, 1, groups / kGroups, table);
    } else {
      build_table(parts, stride, 1, groups / kGroups, rounding.planes, table);
    }
  }

  // Lane r is row r: parts[(member * groups + group) * 16 + row]; of "int8" [(member * chunks + chunk) * 16 + row].
  static void rows_tables(const float* g, const int64_t* offsets, int64_t count, int64_t groups, int64_t rows,
                          const float* up, const Rounding& rounding, int32_t* parts, uint8_t* table) {
    const __m512 by = _mm512_loadu_ps(up);
    const __mmask16 usable = first_lanes(rows) & _mm512_cmp_ps_mask(by, _mm512_setzero_ps(), _CMP_NEQ_OQ);
    const int64_t chunks = groups / kGroups;
    for (int64_t chunk = 0; chunk < chunks; ++chunk) {
      __m512i bytes[kFlips + 1] = {};
#pragma GCC unroll 4
      for (int j = 0; j < kGroups; ++j) {
        const int64_t group = chunk * kGroups + j;
        __m512i sum = _mm512_set1_epi32(1 << (8 * rounding.planes - 1));
#pragma GCC unroll 5
        for (int64_t member = 0; member <= kFlips; ++member) {
          const int64_t k = member * groups + group;
          __m512i q = _mm512_setzero_si512();
          if (k < count) {
            q = quantize16(_mm512_maskz_loadu_ps(usable, g + offsets[k]), by, rounding,
                           static_cast<uint32_t>(offsets[k]));
            q = _mm512_maskz_mov_epi32(usable, q);
          }
          sum = _mm512_add_epi32(sum, q);
          const __m512i part = member == kFlips ? sum : _mm512_add_epi32(q, q);
          if (rounding.planes == 1) {
            const __m512i byte = _mm512_slli_epi32(_mm512_and_si512(part, _mm512_set1_epi32(0xff)), 8 * j);
            bytes[member] = _mm512_or_si512(bytes[member], byte);
          } else {
            _mm512_storeu_si512(parts + (member * groups + group) * kUnitOutputs, part);
          }
        }
      }
      if (rounding.planes > 1) continue;
#pragma GCC unroll 5
      for (int64_t member = 0; member <= kFlips; ++member) {
        _mm512_storeu_si512(parts + (member * chunks + chunk) * kUnitOutputs, bytes[member]);
      }
    }
    for (int64_t r = 0; r < rows; ++r, table += chunks * kChunkTableBytes[rounding.planes]) {
      if (rounding.planes == 1) {
        build_byte_table(parts + r, chunks * kUnitOutputs, kUnitOutputs, chunks, table);
      } else {
        build_table(parts + r, groups * kUnitOutputs, kUnitOutputs, chunks, rounding.planes, table);
      }
    }
  }

  static void index_unit(const uint64_t (*flips)[kFlips], const uint64_t* last, int bit, uint8_t* index,
                         int32_t* start) {
    static constexpr int kEntryBit[kFlips] = {0, 1, 4, 5};  // of the byte e % 4 and of the block e / 4
    index_groups<kGroups>(flips, last, bit, 0x0c080400, kEntryBit, index, start);  // byte j begins as 4 j
  }

  // The 16 entries of a group from its sum and four doubled parts. Then bytes: within each 128-bit part, which holds
  // 4 entries of every group, those of one plane come together by a byte shuffle and two unpackings.
  static __m512i entries(const int32_t* parts, int64_t member_stride) {
    static constexpr __mmask16 kFlipped[kFlips] = {0xaaaa, 0xcccc, 0xf0f0, 0xff00};  // entries with bit i set
    __m512i all = _mm512_set1_epi32(parts[kFlips * member_stride]);
#pragma GCC unroll 4
    for (int i = 0; i < kFlips; ++i) {
      all = _mm512_mask_sub_epi32(all, kFlipped[i], all, _mm512_set1_epi32(parts[i * member_stride]));
    }
    return all;
  }
  static void build_table(const int32_t* parts, int64_t member_stride, int64_t group_stride, int64_t chunks,
                          int planes, uint8_t* table) {
    const __m512i by_plane = _mm512_broadcast_i32x4(
        _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    for (int64_t chunk = 0; chunk < chunks; ++chunk, parts += kGroups * group_stride) {
      const __m512i a = _mm512_shuffle_epi8(entries(parts, member_stride), by_plane);
      const __m512i b = _mm512_shuffle_epi8(entries(parts + group_stride, member_stride), by_plane);
      const __m512i c = _mm512_shuffle_epi8(entries(parts + 2 * group_stride, member_stride), by_plane);
      const __m512i d = _mm512_shuffle_epi8(entries(parts + 3 * group_stride, member_stride), by_plane);
      const __m512i low_ab = _mm512_unpacklo_epi32(a, b), low_cd = _mm512_unpacklo_epi32(c, d);
      _mm512_storeu_si512(table, _mm512_unpacklo_epi64(low_ab, low_cd));
      if (planes > 1) _mm512_storeu_si512(table + 64, _mm512_unpackhi_epi64(low_ab, low_cd));
      if (planes > 2) {
        const __m512i high_ab = _mm512_unpackhi_epi32(a, b), high_cd = _mm512_unpackhi_epi32(c, d);
        _mm512_storeu_si512(table + 128, _mm512_unpacklo_epi64(high_ab, high_cd));
      }
      table += planes * 64;
    }
  }

  // vpdpbusd in place. With the intrinsic g++ 12 keeps copies of the sums in memory, which halves the speed.
  static void add_products(__m512i& sums, __m512i found, __m512i signs) {
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(found), "v"(signs));
  }

  // The same in bytes, for four groups at once: each 128-bit part takes a byte of group j four times over.
  static void build_byte_table(const int32_t* parts, int64_t member_stride, int64_t chunk_stride, int64_t chunks,
                               uint8_t* table) {
    const __m512i four_times =
        _mm512_broadcast_i32x4(_mm_setr_epi8(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3));
    // Entries with bit 0, 1, 2, 3 set: by byte e % 4, then by 128-bit part e / 4.
    static constexpr __mmask64 kFlipped[kFlips] = {0xaaaaaaaaaaaaaaaa, 0xcccccccccccccccc, 0xffff0000ffff0000,
                                                   0xffffffff00000000};
    for (int64_t chunk = 0; chunk < chunks; ++chunk, parts += chunk_stride, table += 64) {
      __m512i all = _mm512_shuffle_epi8(_mm512_set1_epi32(parts[kFlips * member_stride]), four_times);
#pragma GCC unroll 4
      for (int i = 0; i < kFlips; ++i) {
        const __m512i part = _mm512_shuffle_epi8(_mm512_set1_epi32(parts[i * member_stride]), four_times);
        all = _mm512_mask_sub_epi8(all, kFlipped[i], all, part);
      }
      _mm512_storeu_si512(table, all);
    }
  }

  template <int Planes, int Rows, int Units>
  static void tile(const TileRows& t, int64_t chunks, const uint8_t* index, const int32_t* start) {
    __m512i sums[Rows][Units][Planes];
    const uint8_t* table[Rows];
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
      table[r] = t.tables + t.sources[r] * t.table_bytes;
#pragma GCC unroll 8
      for (int u = 0; u < Units; ++u) {
#pragma GCC unroll 8
        for (int p = 0; p + 1 < Planes; ++p) sums[r][u][p] = _mm512_setzero_si512();
        sums[r][u][Planes - 1] = _mm512_loadu_si512(start + u * kUnitOutputs);
      }
    }
    const int64_t unit_bytes = chunks * kChunkIndexBytes;
    for (int64_t chunk = 0; chunk < chunks; ++chunk) {
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
          const __m512i entries = _mm512_loadu_si512(table[r] + (chunk * Planes + p) * 64);
#pragma GCC unroll 8
          for (int u = 0; u < Units; ++u) {
            add_products(sums[r][u][p], _mm512_permutexvar_epi8(lookups[u], entries), signs[u]);
          }
        }
      }
    }
    add_sums<Planes, Rows, Units>(t, sums);
  }
};

}  // namespace

extern constexpr GradientTable avx512_gradients = make_gradient_table512<Avx512Lookup>();
extern constexpr TrainTable avx512_training = Train<Avx512Passes>::table();

}  // namespace bnn
