// The loop of peak.h for any width. As in kernel_template.h, everything has internal linkage: each file is compiled
// with its own -m flags.
#pragma once

#include <cstdint>

#include "peak.h"

namespace bnn {
namespace {

// Isa::kChains sums that do not wait for each other: at least latency x operations a cycle, 4 x 2 on today's cores.
// Each converges to add / (1 - factor) = 1000, so that no value ever becomes subnormal, infinite or constant.
template <class Isa>
float peak_run(int64_t turns) {
  typename Isa::Vector sums[Isa::kChains];
  const typename Isa::Vector factor = Isa::all(0.999f), add = Isa::all(1.0f);
#pragma GCC unroll 16
  for (int i = 0; i < Isa::kChains; ++i) sums[i] = Isa::all(static_cast<float>(i + 1));
  for (int64_t turn = 0; turn < turns; ++turn) {
#pragma GCC unroll 16
    for (int i = 0; i < Isa::kChains; ++i) sums[i] = Isa::multiply_add(sums[i], factor, add);
  }
  float total = 0.0f;
#pragma GCC unroll 16
  for (int i = 0; i < Isa::kChains; ++i) total += Isa::first(sums[i]);
  return total;
}

template <class Isa>
const PeakLoop& make_peak() {
  static const PeakLoop loop = {Isa::kName, Isa::kLanes * Isa::kChains, peak_run<Isa>};
  return loop;
}

}  // namespace
}  // namespace bnn
