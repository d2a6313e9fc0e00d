#include "peak_template.h"

namespace bnn {
namespace {

// Vectors of four, which every 64-bit processor has; a processor without fused multiply-adds multiplies, then adds.
struct PortablePeak {
  static constexpr const char* kName = "portable";
  static constexpr int64_t kLanes = 4;
  static constexpr int kChains = 12;
  typedef float Vector __attribute__((vector_size(16)));

  static Vector all(float x) { return Vector{x, x, x, x}; }
  static Vector multiply_add(Vector x, Vector factor, Vector add) { return x * factor + add; }
  static float first(Vector x) { return x[0]; }
};

}  // namespace

const PeakLoop& portable_peak() { return make_peak<PortablePeak>(); }

}  // namespace bnn
