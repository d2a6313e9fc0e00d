// The engine's float loops with SSE2, or what the compiler makes of vectors of four floats: 4 x 2 sums of 16 registers.
#include "engine_template.h"

namespace bnn {
namespace {

struct PortableEngine {
  static constexpr int64_t kLanes = 4;
  static constexpr int kRows = 4;
  static constexpr int kUnits = 2;
  typedef float Lanes __attribute__((vector_size(16)));
};

}  // namespace

const EngineLoops& portable_engine_loops() { return make_engine_loops<PortableEngine>(); }

}  // namespace bnn
