// Convolution and matrix product on packed operands, for any instruction set's table. No TensorFlow here.
#pragma once

#include <cstdint>

#include "kernel_table.h"
#include "layout.h"

namespace bnn {

// Rows gathered and multiplied at once: their words stay in the first cache with one tile of weights, and there
// are at least `wanted_blocks` blocks to spread over threads where the rows allow it.
int64_t block_rows(const KernelTable& table, int64_t rows, int64_t row_words, int64_t wanted_blocks);

// Bytes one thread needs to multiply a block.
int64_t scratch_bytes(const KernelTable& table, int64_t rows_in_block, int64_t row_words);

// Output pixels begin <= p < end (p counts over batch, height, width), all filters.
// packed: [batch, height, width, words]. tiled: all units of the kernel. tap_sums: [taps, filters], or null where
// no correction is needed (pad value 1, or no padding). y: the whole output, [out_pixels, filters].
// end - begin is at most the block that scratch_bytes() was asked for.
void conv_pixels(const KernelTable& table, const ConvShape& shape, const uint64_t* packed, const void* tiled,
                 const float* tap_sums, int64_t begin, int64_t end, uint8_t* scratch, float* y);

// Index of the first NaN, or -1.
int64_t first_nan(const float* x, int64_t count);

}  // namespace bnn
