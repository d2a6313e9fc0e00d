// The most multiply-adds of floats that one core can do, to hold the kernels to: a loop of independent fused
// multiply-adds in registers, the widest that the instruction set has. No loads, no stores.
#pragma once

#include <cstdint>

namespace bnn {

struct PeakLoop {
  int64_t macs_per_turn;   // multiply-adds in one turn of the loop
  float (*run)(int64_t turns);
};

}  // namespace bnn
