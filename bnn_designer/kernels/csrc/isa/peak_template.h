// The loop of peak.h, for any instruction set: the struct is that of the engine's float loops.
#pragma once

#include <cstdint>

#include "isa/peak.h"

namespace bnn {
namespace {

constexpr int kChains = 12;  // sums that do not wait for each other: latency x operations a cycle is 8 and more today

// Each converges to 1 / (1 - 0.999) = 1000, so that no value ever becomes subnormal, infinite or constant. The compiler
// makes one operation of product and sum where the set has one; else the processor multiplies, then adds.
template <class Isa>
float peak_run(int64_t turns) {
  using Lanes = typename Isa::Lanes;
  Lanes sums[kChains];
  const Lanes factor = Lanes{} + 0.999f, add = Lanes{} + 1.0f;
#pragma GCC unroll 16
  for (int i = 0; i < kChains; ++i) sums[i] = Lanes{} + static_cast<float>(i + 1);
  for (int64_t turn = 0; turn < turns; ++turn) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) sums[i] = sums[i] * factor + add;
  }
  float total = 0.0f;
#pragma GCC unroll 16
  for (int i = 0; i < kChains; ++i) total += sums[i][0];
  return total;
}

template <class Isa>
constexpr PeakLoop make_peak() {
  return {Isa::kLanes * kChains, peak_run<Isa>};
}

}  // namespace
}  // namespace bnn
