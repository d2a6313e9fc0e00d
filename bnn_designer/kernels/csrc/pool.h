// Max pool of packed signs. No TensorFlow here.
#pragma once

#include <cstdint>

#include "layout.h"

namespace bnn {

// Lines of output begin <= line < end, counted over [batch, out_height]. A bit is 1 for -1, so the maximum of signs is
// the AND of their words. Pixels outside the image never win: they are left out, whatever pad_value says.
// packed: [batch, height, width, words]. out: the whole output, [batch, out_height, out_width, words].
// Of the shape the kernel's sizes, strides and padding count, not its filters. The dilations must be 1: then every
// window has a pixel inside.
void max_pool_lines(const ConvShape& shape, const uint64_t* packed, int64_t begin, int64_t end, uint64_t* out);

}  // namespace bnn
