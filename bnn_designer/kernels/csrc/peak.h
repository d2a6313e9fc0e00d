// The most multiply-adds of floats that one core can do, to hold the kernels to: a loop of independent fused
// multiply-adds in registers, the widest that the instruction set has. No loads, no stores.
#pragma once

#include <cstdint>

namespace bnn {

struct PeakLoop {
  const char* name;        // the instruction set's
  int64_t macs_per_turn;   // multiply-adds in one turn of the loop
  float (*run)(int64_t turns);
};

const PeakLoop& portable_peak();
const PeakLoop& avx2_peak();
const PeakLoop& avx512_peak();

}  // namespace bnn
