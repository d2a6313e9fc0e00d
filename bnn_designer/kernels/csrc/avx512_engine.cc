// The engine's float loops with AVX-512: 6 x 4 sums and 4 weights of 32 registers; values are broadcast from memory.
#include "engine_template.h"

namespace bnn {
namespace {

struct Avx512Engine {
  static constexpr int64_t kLanes = 16;
  static constexpr int kRows = 6;
  static constexpr int kUnits = 4;
  typedef float Lanes __attribute__((vector_size(64)));
};

}  // namespace

const EngineLoops& avx512_engine_loops() { return make_engine_loops<Avx512Engine>(); }

}  // namespace bnn
