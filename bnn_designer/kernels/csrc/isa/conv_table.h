// What one instruction set offers for binary convolutions: a handful of functions over plain memory.
#pragma once

#include <cstdint>

#include "conv/epilogue.h"
#include "conv/layout.h"

namespace bnn {

// Rows of words, each in pieces that lie anywhere: piece i of row r begins at at[r * pieces + i]. So the windows of a
// convolution are read where they lie in the image, a line of a window in one piece, and none of it is copied.
struct RowPieces {
  const uint64_t* const* at;
  int64_t pieces, piece_words;

  int64_t row_words() const { return pieces * piece_words; }
  RowPieces from_row(int64_t row) const { return {at + row * pieces, pieces, piece_words}; }
};

struct ConvTable {
  // Filters come in units of `unit` (the last one padded with zero words), rows in tiles of `tile_rows`.
  int64_t unit;
  int64_t tile_rows;
  int64_t tiled_bytes_per_word;    // of a kernel in tile order, per word of one filter
  int64_t scratch_bytes_per_word;  // gemm needs this per word of its rows; 0 where it reads them where they are

  // float [rows, channels] -> words [rows, word_count(channels)]. True if a value was NaN.
  bool (*pack_rows)(const float* x, int64_t rows, int64_t channels, uint64_t* out);

  // float [taps, channels, filters] -> words [taps, words, filters], only for the flat (tap, word) indices
  // begin <= i < end. True if a value was NaN.
  bool (*pack_kernel)(const float* kernel, int64_t channels, int64_t filters, int64_t begin, int64_t end,
                      uint64_t* out);

  // The same straight into tile order, all units; row_words are those of the whole kernel.
  bool (*pack_tiled)(const float* kernel, int64_t channels, int64_t filters, int64_t row_words, int64_t begin,
                     int64_t end, void* tiled);

  // words [row_words, filters] -> tile order, only for units unit_begin <= u < unit_end.
  void (*tile_kernel)(const uint64_t* packed, int64_t row_words, int64_t filters, int64_t unit_begin,
                      int64_t unit_end, void* tiled);

  // sums[tap, filter] = sum over channels of the signs of the kernel: what zero padding has to take back. Only for
  // the filters of units unit_begin .. unit_end.
  void (*tap_sums)(const void* tiled, int64_t taps, int64_t channels, int64_t filters, int64_t unit_begin,
                   int64_t unit_end, int32_t* sums);

  // The sum of a row and a filter is products - 2 * popcount(a[row] xor w[filter]), here for the filters of units
  // unit_begin .. unit_end; the epilogue says what becomes of it. Both are whole words of 64 filters, or the end.
  void (*gemm)(const RowPieces& a, int64_t rows, const void* tiled, int64_t filters, int64_t unit_begin,
               int64_t unit_end, int64_t products, void* scratch, const Epilogue& epilogue);

  // The epilogue of sums that stand in floats already, [rows, filters].
  void (*finish)(const float* sums, int64_t rows, int64_t filters, const Epilogue& epilogue);

  // How often gemm ran: lets a test prove which instruction set did the work.
  int64_t (*gemm_calls)();
};

constexpr int64_t unit_count(const ConvTable& table, int64_t filters) {
  return (filters + table.unit - 1) / table.unit;
}

}  // namespace bnn
