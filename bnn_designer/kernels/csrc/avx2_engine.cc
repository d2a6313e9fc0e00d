// The engine's float loops with AVX2 and FMA: 6 x 2 sums, 2 weights and one value of 16 registers.
#include "engine_template.h"

namespace bnn {
namespace {

struct Avx2Engine {
  static constexpr int64_t kLanes = 8;
  static constexpr int kRows = 6;
  static constexpr int kUnits = 2;
  typedef float Lanes __attribute__((vector_size(32)));
};

}  // namespace

const EngineLoops& avx2_engine_loops() { return make_engine_loops<Avx2Engine>(); }

}  // namespace bnn
