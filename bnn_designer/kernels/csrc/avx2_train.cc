// The rest of a training step with AVX2.
#pragma GCC optimize("fp-contract=off")  // train_template.h says why
#include <immintrin.h>

namespace bnn {
namespace {

struct Isa {
  static constexpr const char* kName = "avx2";
  static constexpr int kLanes = 8;
  template <class Floats>
  static Floats square_root(Floats v) {
    return (Floats)_mm256_sqrt_ps((__m256)v);
  }
};

}  // namespace
}  // namespace bnn

#include "train_template.h"

namespace bnn {

const TrainTable& avx2_train_table() { return Train::table(); }

}  // namespace bnn
