// What the sources of groups compute, and what they need for it.
#pragma once

#include <cstdint>

#include "engine_group.h"

namespace bnn {

// Puts the weights into the order that the loops read, and sets `conv`, `work_bytes` and the smallest sensible
// `pixels_an_item`.
void prepare_source(const Kernels& kernels, Group& group);

// Makes a block of the group's output; `work` holds its work_bytes.
void run_source(const Kernels& kernels, const Memory& memory, const Group& group, const Block& block, uint8_t* work,
                float* out);

// The whole output, packed to packed.
void run_binary_max_pool(const Memory& memory, const Group& group, const Block& block);

}  // namespace bnn
