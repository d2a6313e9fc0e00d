// Convolution and matrix product on packed operands, for any instruction set's table. No TensorFlow here.
//
// Once, when the weights are known: tile_units() (or table.pack_tiled() of one group) into tiled_bytes(),
// EdgeCorrections if the padding needs them, plan_blocks(). For each input: conv_blocks() over all blocks, in any order,
// on any threads, each thread with scratch_bytes() of its own. What the sums become is the epilogue's: floats, signs in
// bits, or both.
#pragma once

#include <cstdint>
#include <vector>

#include "conv/epilogue.h"
#include "isa/conv_table.h"
#include "conv/layout.h"

namespace bnn {

// The outputs cut into blocks of `rows` pixels by `units` units of filters. Blocks of the same pixels follow each
// other.
struct Blocks {
  int64_t rows, units, row_blocks, unit_blocks;
  int64_t count() const { return row_blocks * unit_blocks; }
};

// Rows that stay in the L1 cache with one tile of weights, and at least `wanted` blocks where the sizes allow it:
// of fewer pixels if there are many, else of fewer filters.
Blocks plan_blocks(const ConvTable& table, const ConvShape& shape, int64_t wanted);

// Units of the filters of one group; the groups' units follow each other in tile order.
int64_t group_units(const ConvTable& table, const ConvShape& shape);

// Packed kernel [taps, words, filters] -> tile order, units begin <= u < end of groups * group_units().
void tile_units(const ConvTable& table, const ConvShape& shape, const uint64_t* packed_kernel, int64_t begin,
                int64_t end, void* tiled);

// Bytes of a kernel in tile order, and those one thread needs to compute blocks. Both want 64-byte alignment.
int64_t tiled_bytes(const ConvTable& table, const ConvShape& shape);
int64_t scratch_bytes(const ConvTable& table, const ConvShape& shape, const Blocks& blocks);

// Zeros outside the image add nothing, but the product counts them as +1: what to take off the sums of a pixel whose
// window hangs over the edge. Pixels with the same taps outside share a row of corrections.
class EdgeCorrections {
 public:
  // Whether sums of this shape need any.
  static bool needed(const ConvShape& shape) { return shape.pad_value == 0 && shape.pads(); }

  void build_from_tiled(const ConvTable& table, const ConvShape& shape, const void* tiled);

  // [filters], or null where the window is inside.
  const int32_t* at(int64_t out_y, int64_t out_x) const {
    const int64_t row = row_class_[out_y], column = column_class_[out_x];
    return row == 0 && column == 0 ? nullptr : sums_.data() + (row * columns_ + column) * filters_;
  }

 private:
  std::vector<int32_t> row_class_, column_class_;  // of each output row and column; 0: all taps inside
  std::vector<int32_t> tap_sums_, sums_;           // [taps, filters]; [row classes, column classes, filters]
  int64_t columns_ = 0, filters_ = 0;
};

// Blocks begin <= b < end. packed: [batch, height, width, words]. tiled: all units of the kernel. corrections: null
// where none are needed. epilogue: of the whole output, its rows the pixels [batch, out height, out width].
void conv_blocks(const ConvTable& table, const ConvShape& shape, const Blocks& blocks, int64_t begin, int64_t end,
                 const uint64_t* packed, const void* tiled, const EdgeCorrections* corrections,
                 const Epilogue& epilogue, uint8_t* scratch);

// Index of the first NaN, or -1.
int64_t first_nan(const float* x, int64_t count);

}  // namespace bnn
