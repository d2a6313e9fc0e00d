// The rest of a training step with AVX-512.
#pragma GCC optimize("fp-contract=off")  // train_template.h says why
#include <immintrin.h>

namespace bnn {
namespace {

struct Isa {
  static constexpr const char* kName = "avx512";
  static constexpr int kLanes = 16;
  template <class Floats>
  static Floats square_root(Floats v) {
    return (Floats)_mm512_maskz_sqrt_ps(0xffff, (__m512)v);
  }
};

}  // namespace
}  // namespace bnn

#include "train_template.h"

namespace bnn {

const TrainTable& avx512_train_table() { return Train::table(); }

}  // namespace bnn
