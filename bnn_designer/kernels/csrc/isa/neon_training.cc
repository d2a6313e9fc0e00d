// Gradients by lookup and training passes with NEON (64-bit ARM, what every such processor has: no dot products).
//
// The sum of a group is one of 2^n numbers or a negative of one. AVX2 takes the last sign out of a group of 4, looks up
// one of 8 entries and multiplies; vpmaddubsw also adds pairs. NEON has no such product, so the sign would cost an
// operation of its own. But it has tables of 32 bytes (tbl of two registers), so here the negatives are entries, too:
// groups of 4 signs have 16, two groups a table. One tbl looks up 2 groups of 8 outputs, one uadalp adds the two of an
// output to its 16-bit sum: 64 products in two operations. With one register, 16 entries, it would be 48 in two (two
// groups of 3 signs) or 64 in three (one group of 4 signs of 16 outputs: uaddw, uaddw2), so this is no slower even where
// tbl takes as many steps as registers.
//
// Of a register with 8 outputs, bytes 2 o and 2 o + 1 are the groups 0 and 1 of output o; a unit has two of them. Entry e
// of group j is byte 16 j + e of a table. Bytes are unsigned, as in avx512_training.cc: 128 of the highest are the bias,
// the same in all entries, so `start` is not needed.
#pragma GCC optimize("fp-contract=off")  // train_template.h says why
#include <arm_neon.h>

#include "isa/implementation.h"
#include "isa/lookup_template.h"
#include "isa/neon_finish.h"
#include "isa/train_template.h"

namespace bnn {
namespace {

struct NeonLookup : PlainLargest {
  static constexpr int64_t kGroups = 2;
  static constexpr int kFlips = 3;
  static constexpr int64_t kChunkSigns = kGroups * (kFlips + 1);
  static constexpr int64_t kPlaneBytes = 32;  // of a chunk's table
  static constexpr int64_t kChunkTableBytes[] = {0, kPlaneBytes, 2 * kPlaneBytes, 3 * kPlaneBytes};
  static constexpr int64_t kChunkIndexBytes = kGroups * kUnitOutputs;
  // By planes. A unit has two registers of sums for each row and plane, and two of lookups; a table has two, and one or
  // two hold what was found: 16 + 4, 16 + 4 and 12 + 4, and 4. Of 32, but g++ 12 spills the 24 sums of 2 x 2 in three
  // planes. Counted in the compiled loops, 1 x 2 there takes a tenth fewer operations than 2 x 1.
  static constexpr int kRows[] = {0, 4, 2, 1}, kUnits[] = {0, 2, 2, 2};
  // Sums of a whole row fit 16 bits: no register need be widened on the way.
  static_assert(kMaximumSigns / (kFlips + 1) * 255 < 1 << 16, "a group adds a byte to a sum");

  // bnn::quantize. NaN becomes 0, and so does whatever is multiplied by 0, as noise is below 1: rows that cannot be
  // scaled need no mask.
  static int32x4_t quantize4(float32x4_t x, float32x4_t up, const Rounding& rounding, uint32_t position) {
    const int32x4_t limit = vdupq_n_s32(largest_value(rounding.planes));
    int32x4_t q;
    if (rounding.stochastic) {
      constexpr uint32_t kLanes[4] = {0, 1, 2, 3};
      const uint32x4_t at = vaddq_u32(vdupq_n_u32(position), vld1q_u32(kLanes));
      uint32x4_t h = vmlaq_u32(vdupq_n_u32(rounding.salt), at, vdupq_n_u32(0x9e3779b9u));
      h = veorq_u32(h, vreinterpretq_u32_f32(x));
      h = vmulq_u32(veorq_u32(h, vshrq_n_u32(h, 16)), vdupq_n_u32(0x85ebca6bu));
      h = vmulq_u32(veorq_u32(h, vshrq_n_u32(h, 13)), vdupq_n_u32(0xc2b2ae35u));
      h = vshrq_n_u32(veorq_u32(h, vshrq_n_u32(h, 16)), 8);
      q = vcvtmq_s32_f32(vfmaq_f32(vcvtq_n_f32_u32(h, 24), x, up));
    } else {
      q = vcvtnq_s32_f32(vmulq_f32(x, up));
    }
    return vmaxq_s32(vminq_s32(q, limit), vnegq_s32(limit));
  }

  // The first `count` of four; the others are 0.
  static float32x4_t load4(const float* from, int64_t count) {
    if (count >= 4) return vld1q_f32(from);
    float some[4] = {};
    for (int64_t i = 0; i < count; ++i) some[i] = from[i];
    return vld1q_f32(some);
  }

  // Where the tables of four lanes go, which are groups, or rows; of the lanes from `count` on, nowhere.
  struct Lanes {
    uint8_t* to[4];
    int64_t count;
  };

  // The entries of four groups from their rounded numbers: the sum, less what is twice counted where a sign is flipped,
  // and the negatives of these. Then bytes: from all 16 entries, those of one plane.
  static void store_entries(const int32x4_t* q, int planes, const Lanes& lanes) {
    const int32x4_t bias = vdupq_n_s32(1 << (8 * planes - 1)), twice_bias = vaddq_s32(bias, bias);
    uint8x16_t e[16];
    int32x4_t value[8];
    value[0] = vaddq_s32(vaddq_s32(bias, q[0]), vaddq_s32(vaddq_s32(q[1], q[2]), q[3]));
#pragma GCC unroll 3
    for (int i = 0; i < kFlips; ++i) {
      const int32x4_t flipped = vaddq_s32(q[i], q[i]);
#pragma GCC unroll 4
      for (int k = 0; k < 1 << i; ++k) value[(1 << i) + k] = vsubq_s32(value[k], flipped);
    }
#pragma GCC unroll 8
    for (int k = 0; k < 8; ++k) {
      e[k] = vreinterpretq_u8_s32(value[k]);
      e[8 + k] = vreinterpretq_u8_s32(vsubq_s32(twice_bias, value[k]));
    }
    // Bytes 0 and 2 of two entries side by side, and bytes 1 and 3; then byte 0, 1 or 2 of four.
    uint8x16_t even[8], odd[8];
#pragma GCC unroll 8
    for (int k = 0; k < 8; ++k) {
      even[k] = vtrn1q_u8(e[2 * k], e[2 * k + 1]);
      odd[k] = vtrn2q_u8(e[2 * k], e[2 * k + 1]);
    }
    store_plane<0>(even, lanes);
    if (planes > 1) store_plane<0>(odd, lanes, kPlaneBytes);
    if (planes > 2) store_plane<1>(even, lanes, 2 * kPlaneBytes);
  }
  template <int Half>
  static void store_plane(const uint8x16_t* pairs, const Lanes& lanes, int64_t offset = 0) {
    uint32x4_t four[4];
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k) {
      const uint16x8_t a = vreinterpretq_u16_u8(pairs[2 * k]), b = vreinterpretq_u16_u8(pairs[2 * k + 1]);
      four[k] = vreinterpretq_u32_u16(Half == 0 ? vtrn1q_u16(a, b) : vtrn2q_u16(a, b));
    }
    // A lane's four numbers of 32 bits, from four registers into one.
    const auto wide = [](uint32x4_t v) { return vreinterpretq_u64_u32(v); };
    const uint64x2_t even_ab = wide(vtrn1q_u32(four[0], four[1])), odd_ab = wide(vtrn2q_u32(four[0], four[1]));
    const uint64x2_t even_cd = wide(vtrn1q_u32(four[2], four[3])), odd_cd = wide(vtrn2q_u32(four[2], four[3]));
    const uint64x2_t tables[4] = {vtrn1q_u64(even_ab, even_cd), vtrn1q_u64(odd_ab, odd_cd),
                                  vtrn2q_u64(even_ab, even_cd), vtrn2q_u64(odd_ab, odd_cd)};
#pragma GCC unroll 4
    for (int lane = 0; lane < 4; ++lane) {
      if (lane < lanes.count) vst1q_u8(lanes.to[lane] + offset, vreinterpretq_u8_u64(tables[lane]));
    }
  }

  // Four groups at a time: two chunks.
  static void row_table(const float* g, int64_t count, int64_t groups, float up, const Rounding& rounding,
                        uint32_t position, int32_t*, uint8_t* table) {
    const float32x4_t by = vdupq_n_f32(up);
    const int64_t chunk_bytes = rounding.planes * kPlaneBytes;
    for (int64_t i = 0; i < groups; i += 4, table += 2 * chunk_bytes) {
      int32x4_t q[kFlips + 1];
#pragma GCC unroll 4
      for (int64_t member = 0; member <= kFlips; ++member) {
        const int64_t k = member * groups + i;
        q[member] = quantize4(load4(g + k, count - k), by, rounding, position + static_cast<uint32_t>(k));
      }
      uint8_t* const next = table + chunk_bytes;
      store_entries(q, rounding.planes, {{table, table + 16, next, next + 16}, groups - i});
    }
  }

  // Lane r is row r, four at a time.
  static void rows_tables(const float* g, const int64_t* offsets, int64_t count, int64_t groups, int64_t rows,
                          const float* up, const Rounding& rounding, int32_t*, uint8_t* table) {
    const int64_t row_bytes = groups / kGroups * kChunkTableBytes[rounding.planes];
    for (int64_t first = 0; first < rows; first += 4, table += 4 * row_bytes) {
      const float32x4_t by = vld1q_f32(up + first);
      for (int64_t group = 0; group < groups; ++group) {
        int32x4_t q[kFlips + 1];
#pragma GCC unroll 4
        for (int64_t member = 0; member <= kFlips; ++member) {
          const int64_t k = member * groups + group;
          q[member] = vdupq_n_s32(0);
          if (k < count) {
            const float32x4_t values = load4(g + offsets[k] + first, rows - first);
            q[member] = quantize4(values, by, rounding, static_cast<uint32_t>(offsets[k] + first));
          }
        }
        uint8_t* const to = table + group / kGroups * kChunkTableBytes[rounding.planes] + group % kGroups * 16;
        store_entries(q, rounding.planes,
                      {{to, to + row_bytes, to + 2 * row_bytes, to + 3 * row_bytes}, rows - first});
      }
    }
  }

  // Byte 2 o + j of a register is group j of output o: the number of its entry, with the last sign in bit 3, and j in
  // bit 4. Bits become bytes in the order 0, 8, 1, 9 .., so that even bytes are the outputs of one register, odd ones
  // those of the other.
  static void index_unit(const uint64_t (*flips)[kFlips], const uint64_t* last, int bit, uint8_t* index, int32_t*) {
    constexpr uint8_t kBits[16] = {1, 1, 2, 2, 4, 4, 8, 8, 16, 16, 32, 32, 64, 64, 128, 128};
    const uint8x16_t output = vld1q_u8(kBits);
    const auto where = [&](uint64_t word) {
      return vtstq_u8(vreinterpretq_u8_u16(vdupq_n_u16(static_cast<uint16_t>(word >> bit))), output);
    };
    uint8x16_t entry[kGroups];
#pragma GCC unroll 2
    for (int j = 0; j < kGroups; ++j) {
      entry[j] = where(flips[j][0]);
      entry[j] = vsliq_n_u8(entry[j], where(flips[j][1]), 1);
      entry[j] = vsliq_n_u8(entry[j], where(flips[j][2]), 2);
      entry[j] = vsliq_n_u8(entry[j], where(last[j]), 3);
      entry[j] = vsliq_n_u8(entry[j], vdupq_n_u8(static_cast<uint8_t>(j)), 4);
    }
    vst1q_u8(index, vtrn1q_u8(entry[0], entry[1]));
    vst1q_u8(index + 16, vtrn2q_u8(entry[0], entry[1]));
  }

  // Four sums of the planes, the bias taken from the highest -> floats, as Avx512Steps::combine() does.
  template <int Planes>
  static float32x4_t combine(const uint32x4_t* planes, int32x4_t bias) {
    const int32x4_t highest = vsubq_s32(vreinterpretq_s32_u32(planes[Planes - 1]), bias);
    if constexpr (Planes == 1) return vcvtq_f32_s32(highest);
    const int32x4_t lowest = vreinterpretq_s32_u32(planes[0]);
    if constexpr (Planes == 2) return vcvtq_f32_s32(vaddq_s32(vshlq_n_s32(highest, 8), lowest));
    const int32x4_t lower = vaddq_s32(vreinterpretq_s32_u32(vshlq_n_u32(planes[1], 8)), lowest);
    return vfmaq_f32(vcvtq_f32_s32(lower), vcvtq_f32_s32(highest), vdupq_n_f32(65536.0f));
  }

  template <int Planes, int Rows, int Units>
  static void tile(const TileRows& t, int64_t chunks, const uint8_t* index, const int32_t*) {
    uint16x8_t sums[Rows][Units][Planes][2];
    const uint8_t* table[Rows];
#pragma GCC unroll 4
    for (int r = 0; r < Rows; ++r) {
      table[r] = t.tables + t.sources[r] * t.table_bytes;
#pragma GCC unroll 2
      for (int u = 0; u < Units; ++u) {
#pragma GCC unroll 3
        for (int p = 0; p < Planes; ++p) sums[r][u][p][0] = sums[r][u][p][1] = vdupq_n_u16(0);
      }
    }
    const int64_t unit_bytes = chunks * kChunkIndexBytes;
    for (int64_t chunk = 0; chunk < chunks; ++chunk, index += kChunkIndexBytes) {
      uint8x16_t lookups[Units][2];
#pragma GCC unroll 2
      for (int u = 0; u < Units; ++u) {
        lookups[u][0] = vld1q_u8(index + u * unit_bytes);
        lookups[u][1] = vld1q_u8(index + u * unit_bytes + 16);
      }
#pragma GCC unroll 4
      for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 3
        for (int p = 0; p < Planes; ++p, table[r] += kPlaneBytes) {
          const uint8x16x2_t entries = vld1q_u8_x2(table[r]);
#pragma GCC unroll 2
          for (int u = 0; u < Units; ++u) {
            sums[r][u][p][0] = vpadalq_u8(sums[r][u][p][0], vqtbl2q_u8(entries, lookups[u][0]));
            sums[r][u][p][1] = vpadalq_u8(sums[r][u][p][1], vqtbl2q_u8(entries, lookups[u][1]));
          }
        }
      }
    }
    const int32x4_t bias = vdupq_n_s32(static_cast<int32_t>(128 * kGroups * chunks));
#pragma GCC unroll 4
    for (int r = 0; r < Rows; ++r) {
      float* out = t.sums + t.targets[r] * t.sums_stride;
      const float32x4_t scale = vdupq_n_f32(t.scales[t.sources[r]]);
#pragma GCC unroll 2
      for (int u = 0; u < Units; ++u) {
#pragma GCC unroll 4
        for (int quarter = 0; quarter < 4; ++quarter, out += 4) {
          uint32x4_t planes[Planes];
#pragma GCC unroll 3
          for (int p = 0; p < Planes; ++p) {
            const uint16x8_t both = sums[r][u][p][quarter / 2];
            planes[p] = quarter % 2 == 0 ? vmovl_u16(vget_low_u16(both)) : vmovl_high_u16(both);
          }
          vst1q_f32(out, vfmaq_f32(vld1q_f32(out), combine<Planes>(planes, bias), scale));
        }
      }
    }
  }
};

struct NeonPasses {
  static constexpr int kLanes = 4;
  typedef float Floats __attribute__((vector_size(16)));
  typedef int32_t Ints __attribute__((vector_size(16)));
  typedef uint8_t Bytes __attribute__((vector_size(4)));
  static Floats square_root(Floats v) { return vsqrtq_f32(v); }
};

}  // namespace

extern constexpr GradientTable neon_gradients = make_gradient_table_neon<NeonLookup>();
extern constexpr TrainTable neon_training = Train<NeonPasses>::table();

}  // namespace bnn
