// What the ops of a training step share: blocks that do not depend on the number of threads.
#pragma once

#include <algorithm>

#include "ops/context.h"
#include "isa/implementation.h"
#include "isa/portable.h"

namespace bnn {

// Two arrays of a block this large stay in the L2 cache while it is read twice. Longer float sums than of
// so many rows lose the last digit of the mean.
constexpr int64_t kBlockBytes = 128 << 10, kMostBlockRows = 256;

// The chosen set's passes; the portable ones where BNN_KERNELS names a set that cannot run here, which the binary ops
// report.
inline const TrainTable& train_table() {
  const Implementation* chosen = chosen_implementation();
  return chosen != nullptr ? chosen->training : portable_training;
}

// Rows of one block of a sum. Fixed by the shape alone, so that sums are the same on any number of threads.
inline int64_t sum_rows(int64_t channels) {
  const int64_t fitting = kBlockBytes / (static_cast<int64_t>(sizeof(float)) * channels);
  return std::min(kMostBlockRows, std::max<int64_t>(16, fitting));
}

}  // namespace bnn
