// What groups do with a block of pixels once the source has made it.
#pragma once

#include <cstdint>

#include "engine/group.h"

namespace bnn {

void run_step(const Kernels& kernels, const Memory& memory, const Group& group, const Step& step, const Block& block,
              float* y);

}  // namespace bnn
