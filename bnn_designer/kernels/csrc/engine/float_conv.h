// Float convolutions in the engine's own loop.
#pragma once

#include <cstdint>

#include "engine/group.h"

namespace bnn {

// Puts a kernel [groups][taps * channels / groups, filters / groups] into the order that the loop reads, and says what
// working memory that needs.
void prepare_float_conv(const Kernels& kernels, const float* kernel, Group& group);

// A block of the output; `image` is the first pixel's place, of which only the lines under the block's windows are read.
void run_float_conv(const Kernels& kernels, const float* image, const float* bias, const Group& group,
                    const Block& block, uint8_t* work, float* out);

}  // namespace bnn
