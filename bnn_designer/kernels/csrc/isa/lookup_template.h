// The steps of the table lookup that all instruction sets share, in plain C++; implementation.h has what Isa must have.
//
// Which k is in which group: with G groups in all, group g has k = g, g + G, g + 2 G, ... So the i-th members of all
// groups stand side by side in memory, and quantizing and summing them need no shuffles.
#pragma once

#include <cstdint>

#include "isa/gradient_table.h"
#include "conv/layout.h"

namespace bnn {
namespace {

constexpr uint32_t kInfinityBits = 0x7f800000;
constexpr float kSmallestLargest = 1e-30f;  // of a row: below it, largest_value / x would overflow

inline uint32_t float_bits(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof(bits));
  return bits;
}

inline float bits_float(uint32_t bits) {
  float x;
  __builtin_memcpy(&x, &bits, sizeof(x));
  return x;
}

// 24 random bits of a value at a position: the finalizer of MurmurHash3, which passes every input bit to every output
// bit. The golden ratio's multiple keeps neighbours with equal values apart.
inline uint32_t noise24(uint32_t bits, uint32_t position, uint32_t salt) {
  uint32_t h = bits ^ (position * 0x9e3779b9u + salt);
  h = (h ^ (h >> 16)) * 0x85ebca6bu;
  h = (h ^ (h >> 13)) * 0xc2b2ae35u;
  return (h ^ (h >> 16)) >> 8;
}

// The largest |g| as bits, of a row or of rows side by side, for sets that leave the loop to the compiler.
struct PlainLargest {
  static uint32_t largest(const float* g, int64_t count) {
    uint32_t bits = 0;
    for (int64_t k = 0; k < count; ++k) {
      const uint32_t size = float_bits(g[k]) & 0x7fffffff;
      bits = size > bits ? size : bits;
    }
    return bits;
  }
  static void largest_of(const float* g, int64_t rows, uint32_t* bits) {
    for (int64_t r = 0; r < rows; ++r) {
      const uint32_t size = float_bits(g[r]) & 0x7fffffff;
      bits[r] = size > bits[r] ? size : bits[r];
    }
  }
};

// x / scale as an integer. `up` is largest / (largest |x| of the row); the clamp only meets roundings of the last bit.
inline int32_t quantize(float x, float up, const Rounding& rounding, uint32_t position) {
  const float limit = static_cast<float>(largest_value(rounding.planes));
  float v;
  if (rounding.stochastic) {
    const float noise = static_cast<float>(noise24(float_bits(x), position, rounding.salt)) * 0x1p-24f;
    v = __builtin_floorf(__builtin_fmaf(x, up, noise));
  } else {
    v = __builtin_rintf(x * up);
  }
  v = v > limit ? limit : v;
  return static_cast<int32_t>(v < -limit ? -limit : v);
}

// The largest |x| as bits (for floats without their sign, the order of the bits is that of the values, infinity and
// NaN last) -> multiplier and scale.
inline float multiplier(uint32_t largest_bits, int planes, float* scale) {
  const float largest = bits_float(largest_bits), limit = static_cast<float>(largest_value(planes));
  const bool finite = largest_bits < kInfinityBits, usable = finite && largest >= kSmallestLargest;
  *scale = usable ? largest / limit : (finite ? 0.0f : bits_float(0x7fc00000));
  return usable ? limit / largest : 0.0f;
}

template <class Isa>
int64_t groups_of(int64_t count) {
  return (count + Isa::kChunkSigns - 1) / Isa::kChunkSigns * Isa::kGroups;
}

template <class Isa>
void build_index(const uint64_t* words, int64_t count, int64_t units, uint8_t* index, int32_t* start) {
  const int64_t groups = groups_of<Isa>(count), chunks = groups / Isa::kGroups;
  for (int64_t i = 0; i < units * kUnitOutputs; ++i) start[i] = 0;
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    uint64_t flips[Isa::kGroups][Isa::kFlips], last[Isa::kGroups];
    for (int64_t j = 0; j < Isa::kGroups; ++j) {
      const auto word = [&](int64_t member) {
        const int64_t k = member * groups + chunk * Isa::kGroups + j;
        return k < count ? words[k] : 0;
      };
      last[j] = word(Isa::kFlips);
      for (int64_t i = 0; i < Isa::kFlips; ++i) flips[j][i] = word(i) ^ last[j];
    }
    for (int64_t u = 0; u < units; ++u) {
      Isa::index_unit(flips, last, static_cast<int>(u * kUnitOutputs),
                      index + (u * chunks + chunk) * Isa::kChunkIndexBytes, start + u * kUnitOutputs);
    }
  }
}

// The parts of the tables' entries, in plain C++. Of group g: parts[i * groups + g] = 2 g_i for all members i but the
// last, whose place holds the sum of all members plus the bias. An entry is that sum less 2 g_i for each i whose sign
// differs from the last one's.
template <class Isa>
void plain_parts(const float* g, int64_t count, int64_t groups, float up, const Rounding& rounding, uint32_t position,
                 int32_t* parts) {
  for (int64_t i = 0; i < groups; ++i) parts[Isa::kFlips * groups + i] = 1 << (8 * rounding.planes - 1);
  for (int64_t member = 0; member <= Isa::kFlips; ++member) {
    for (int64_t i = 0; i < groups; ++i) {
      const int64_t k = member * groups + i;
      const int32_t q = k < count && up != 0 ? quantize(g[k], up, rounding, position + static_cast<uint32_t>(k)) : 0;
      parts[Isa::kFlips * groups + i] += q;
      if (member < Isa::kFlips) parts[k] = 2 * q;
    }
  }
}

template <class Isa>
void build_row(const float* g, int64_t count, const Rounding& rounding, uint32_t position, int32_t* scratch,
               uint8_t* table, float* scale) {
  const int64_t groups = groups_of<Isa>(count);
  const float up = multiplier(Isa::largest(g, count), rounding.planes, scale);
  Isa::row_table(g, count, groups, up, rounding, position, scratch, table);
}

template <class Isa>
void build_rows(const float* g, const int64_t* offsets, int64_t count, int64_t rows, const Rounding& rounding,
                int32_t* scratch, uint8_t* table, float* scale) {
  uint32_t largest[kUnitOutputs] = {};
  for (int64_t k = 0; k < count; ++k) Isa::largest_of(g + offsets[k], rows, largest);
  float up[kUnitOutputs] = {};
  for (int64_t r = 0; r < rows; ++r) up[r] = multiplier(largest[r], rounding.planes, &scale[r]);
  Isa::rows_tables(g, offsets, count, groups_of<Isa>(count), rows, up, rounding, scratch, table);
}

// The rows of rows_tables() one after the other: for sets without a way to quantize them side by side.
template <class Isa>
void plain_rows_tables(const float* g, const int64_t* offsets, int64_t count, int64_t groups, int64_t rows,
                       const float* up, const Rounding& rounding, int32_t* scratch, uint8_t* table) {
  const int64_t bytes = groups / Isa::kGroups * Isa::kChunkTableBytes[rounding.planes];
  const int32_t bias = 1 << (8 * rounding.planes - 1);
  for (int64_t r = 0; r < rows; ++r, table += bytes) {
    int32_t* sum = scratch + Isa::kFlips * groups;
    for (int64_t i = 0; i < groups; ++i) sum[i] = bias;
    for (int64_t k = 0; k < (Isa::kFlips + 1) * groups; ++k) {
      int32_t q = 0;
      if (k < count && up[r] != 0) {
        q = quantize(g[offsets[k] + r], up[r], rounding, static_cast<uint32_t>(offsets[k] + r));
      }
      sum[k % groups] += q;
      if (k < Isa::kFlips * groups) scratch[k] = 2 * q;
    }
    Isa::build_table(scratch, groups, groups / Isa::kGroups, rounding.planes, table);
  }
}

// What a tile of the accumulation works on.
struct TileRows {
  const uint8_t* tables;
  const float* scales;
  const int32_t* sources;
  const int32_t* targets;
  int64_t table_bytes;  // of one row
  float* sums;
  int64_t sums_stride;
};

template <class Isa, int Planes, int Rows, int Units>
void accumulate_rows(TileRows t, int64_t count, int64_t chunks, const uint8_t* index, const int32_t* start) {
  for (; count >= Rows; count -= Rows, t.sources += Rows, t.targets += Rows) {
    Isa::template tile<Planes, Rows, Units>(t, chunks, index, start);
  }
  if constexpr (Rows > 1) {
    if (count > 0) accumulate_rows<Isa, Planes, Rows / 2, Units>(t, count, chunks, index, start);
  }
}

template <class Isa, int Planes, int Units>
void accumulate_units(TileRows t, int64_t count, int64_t chunks, const uint8_t* index, const int32_t* start,
                      int64_t units) {
  for (; units >= Units; units -= Units) {
    accumulate_rows<Isa, Planes, Isa::kRows[Planes], Units>(t, count, chunks, index, start);
    index += Units * chunks * Isa::kChunkIndexBytes;
    start += Units * kUnitOutputs;
    t.sums += Units * kUnitOutputs;
  }
  if constexpr (Units > 1) {
    if (units > 0) accumulate_units<Isa, Planes, Units / 2>(t, count, chunks, index, start, units);
  }
}

int64_t calls_of_accumulate = 0;

template <class Isa>
void accumulate(int planes, const uint8_t* tables, const float* scales, const int32_t* sources, const int32_t* targets,
                int64_t count, int64_t chunks, const uint8_t* index, const int32_t* start, int64_t units, float* sums,
                int64_t sums_stride) {
  __atomic_fetch_add(&calls_of_accumulate, 1, __ATOMIC_RELAXED);
  const TileRows t{tables, scales, sources, targets, chunks * Isa::kChunkTableBytes[planes], sums, sums_stride};
  if (planes == 1) accumulate_units<Isa, 1, Isa::kUnits[1]>(t, count, chunks, index, start, units);
  if (planes == 2) accumulate_units<Isa, 2, Isa::kUnits[2]>(t, count, chunks, index, start, units);
  if (planes == 3) accumulate_units<Isa, 3, Isa::kUnits[3]>(t, count, chunks, index, start, units);
}

int64_t accumulate_calls() { return __atomic_load_n(&calls_of_accumulate, __ATOMIC_RELAXED); }

// One word at a time; |x| <= 1 for floats without their sign is an order of bits, too, and NaN is above.
void pack_mask(const float* x, int64_t rows, int64_t channels, uint64_t* mask) {
  constexpr uint32_t kOneBits = 0x3f800000;
  for (int64_t row = 0; row < rows; ++row, x += channels) {
    for (int64_t c = 0; c < channels; c += kWordBits) {
      const int64_t count = channels - c < kWordBits ? channels - c : kWordBits;
      uint64_t word = 0;
      for (int64_t i = 0; i < count; ++i) {
        word |= static_cast<uint64_t>((float_bits(x[c + i]) & 0x7fffffff) <= kOneBits) << i;
      }
      *mask++ = word;
    }
  }
}

void apply_mask(const float* sums, const uint64_t* mask, int64_t channels, float* out) {
  for (int64_t c = 0; c < channels; ++c) out[c] = mask[c / kWordBits] >> (c % kWordBits) & 1 ? sums[c] : 0.0f;
}

// Multiplied first and chosen then, so that the compiler can do without branches.
void apply_approx(const float* sums, const float* x, int64_t channels, float* out) {
  for (int64_t c = 0; c < channels; ++c) {
    const float size = __builtin_fabsf(x[c]);
    const float value = sums[c] * (2 - 2 * size);
    out[c] = size <= 1 ? value : 0.0f;
  }
}

inline float kernel_slope(float w, bool approx_sign) {
  const float size = __builtin_fabsf(w);
  return size <= 1 ? (approx_sign ? 2 - 2 * size : 1.0f) : 0.0f;
}

void finish_kernel(const float* sums, int64_t sums_stride, const float* correction, int64_t channels, int64_t filters,
                   const float* kernel, bool approx_sign, float* out, int64_t out_stride) {
  for (int64_t c = 0; c < channels; ++c, kernel += out_stride, out += out_stride) {
    for (int64_t f = 0; f < filters; ++f) {
      out[f] = (sums[f * sums_stride + c] + correction[f]) * kernel_slope(kernel[f], approx_sign);
    }
  }
}

template <class Isa>
constexpr GradientTable make_gradient_table() {
  GradientTable table{};
  table.chunk_signs = Isa::kChunkSigns;
  for (int planes = 1; planes <= kMaximumPlanes; ++planes) {
    table.chunk_table_bytes[planes] = Isa::kChunkTableBytes[planes];
  }
  table.chunk_index_bytes = Isa::kChunkIndexBytes;
  table.build_index = build_index<Isa>;
  table.build_row = build_row<Isa>;
  table.build_rows = build_rows<Isa>;
  table.accumulate = accumulate<Isa>;
  table.pack_mask = pack_mask;
  table.apply_mask = apply_mask;
  table.apply_approx = apply_approx;
  table.finish_kernel = finish_kernel;
  table.accumulate_calls = accumulate_calls;
  return table;
}

}  // namespace
}  // namespace bnn
