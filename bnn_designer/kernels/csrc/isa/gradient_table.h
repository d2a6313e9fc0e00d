// What one instruction set offers for the gradients: sums of g[k] * s[k], s = +-1, by table lookup of partial sums.
//
// A row is a list of K floats g, a unit 16 lists of K signs. The K are taken in groups of up to kGroupSigns = 5. With
// the last sign of a group taken out, s0 g0 + ... + s4 g4 = s4 * (g4 + s0 s4 g0 + ... + s3 s4 g3): one of 16 numbers,
// which a table of the row holds, and a sign. A row's numbers are fixed point: integers of P bytes ("planes") times one
// scale, so the sums are exact and equal whatever the order, the threads and the instruction set.
#pragma once

#include <cstdint>

namespace bnn {

constexpr int64_t kGroupSigns = 5;
constexpr int64_t kUnitOutputs = 16;  // sums one unit stands for: the 32-bit lanes of a register
constexpr int64_t kBlockUnits = 4;    // units of one 64-bit word of signs
constexpr int kMaximumPlanes = 3;

// Longest row. Up to it the sum of the lower two planes of "float" stays below 2^24, exact in a float, even with groups
// of four: 65535 * 1024 / 4 = 16,776,960. A longer sum is split into rows of their own.
constexpr int64_t kMaximumSigns = 1024;

// Largest |g| in units of the scale: five of them, and the bias that makes them positive, fit into P bytes.
static constexpr int32_t largest_value(int planes) {
  return ((1 << (8 * planes - 1)) - 1) / static_cast<int32_t>(kGroupSigns);
}

// How rows become integers. `stochastic` rounds up with the probability of the fraction, so that the expected value is
// exact; the noise is a hash of the value, its position and `salt`, so equal calls give equal numbers, and other salts
// others.
struct Rounding {
  int planes;  // 1 .. kMaximumPlanes
  bool stochastic;
  uint32_t salt;
};

struct GradientTable {
  int64_t chunk_signs;        // signs of one output in one step of the loop
  int64_t chunk_table_bytes[kMaximumPlanes + 1];  // for so many planes
  int64_t chunk_index_bytes;                      // per unit

  // words[k] holds the signs of 64 outputs for k < count: the index of the first `units` (<= kBlockUnits) of its units,
  // index [unit][chunk][chunk_index_bytes], and start [unit][kUnitOutputs], what takes back the bias of the tables.
  void (*build_index)(const uint64_t* words, int64_t count, int64_t units, uint8_t* index, int32_t* start);

  // One row g[count] -> table [chunk][chunk_table_bytes]; position: of g[0] in its tensor, for the noise.
  // A row with an infinity or NaN gets the scale NaN; numbers too small to divide by count as zero.
  void (*build_row)(const float* g, int64_t count, const Rounding& rounding, uint32_t position, int32_t* scratch,
                    uint8_t* table, float* scale);

  // Up to 16 rows side by side: row r is g[offsets[k] + r]. offsets are positions, too. table [row][chunk].
  void (*build_rows)(const float* g, const int64_t* offsets, int64_t count, int64_t rows, const Rounding& rounding,
                     int32_t* scratch, uint8_t* table, float* scale);

  // sums[targets[i], u * 16 + o] += scale * sum of the row sources[i] with the signs of unit u's output o.
  // Row s has its table at tables + s * chunks * chunk_table_bytes[planes] and its scale at scales[s].
  void (*accumulate)(int planes, const uint8_t* tables, const float* scales, const int32_t* sources,
                     const int32_t* targets, int64_t count, int64_t chunks, const uint8_t* index, const int32_t* start,
                     int64_t units, float* sums, int64_t sums_stride);

  // float [rows, channels] -> bits [rows, word_count(channels)], 1 where |x| <= 1: where the straight-through
  // estimator of the sign lets the gradient pass.
  void (*pack_mask)(const float* x, int64_t rows, int64_t channels, uint64_t* mask);

  // out[c] = sums[c] where the mask has a 1, else 0.
  void (*apply_mask)(const float* sums, const uint64_t* mask, int64_t channels, float* out);

  // out[c] = sums[c] * (2 - 2|x[c]|) where |x[c]| <= 1, else 0: approx_sign's derivative.
  void (*apply_approx)(const float* sums, const float* x, int64_t channels, float* out);

  // out[c, f] = (sums[f, c] + correction[f]) * derivative(kernel[c, f]) for c < channels and f < filters (<= 16), where
  // the estimator's derivative is 1, or 2 - 2|w| with approx_sign, where |w| <= 1, and else 0. The rows of sums are
  // sums_stride apart, those of kernel and out out_stride. 16 numbers of correction can be read.
  void (*finish_kernel)(const float* sums, int64_t sums_stride, const float* correction, int64_t channels,
                        int64_t filters, const float* kernel, bool approx_sign, float* out, int64_t out_stride);

  // How often accumulate ran: lets a test prove which instruction set did the work.
  int64_t (*accumulate_calls)();
};

// 32-bit numbers build_row (rows = 1) and build_rows (16) need: the parts of all groups, the last chunk's filled up.
static constexpr int64_t scratch_numbers(int64_t rows) { return (kMaximumSigns + 128) * rows; }

static inline int64_t chunk_count(const GradientTable& table, int64_t signs) {
  return (signs + table.chunk_signs - 1) / table.chunk_signs;
}

}  // namespace bnn
