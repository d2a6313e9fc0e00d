// What the sources of groups compute, and what they need for it.
#pragma once

#include <cstdint>

#include "engine/group.h"

namespace bnn {

// Puts the weights into the order that the loops read, and cuts the output into items: whole pixels, at least four
// items a thread where there are so many tiles of rows; of few pixels, ranges of channels. Results do not depend on it.
void prepare_group(const Kernels& kernels, int threads, Group& group);

// Makes a block of the group's output; `work` holds its work_bytes, aligned to 64. False if a library reports an error.
bool run_source(const Kernels& kernels, const Memory& memory, const Group& group, const Block& block, int thread,
                uint8_t* work, float* out);

// The whole output, packed to packed.
void run_binary_max_pool(const Memory& memory, const Group& group, const Block& block);

}  // namespace bnn
