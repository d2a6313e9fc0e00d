// Binary convolutions of the engine: as much of a group's steps as fits becomes the product's epilogue.
#pragma once

#include <cstdint>

#include "engine/group.h"

namespace bnn {

void prepare_binary_conv(const Kernels& kernels, int64_t wanted_items, Group& group);

// A block as prepare_binary_conv() cut it. Where the epilogue does all steps, `out` is not used.
void run_binary_conv(const Kernels& kernels, const Memory& memory, const Group& group, const Block& block,
                     uint8_t* work, float* out);

}  // namespace bnn
