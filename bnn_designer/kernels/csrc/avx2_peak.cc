#include <immintrin.h>

#include "peak_template.h"

namespace bnn {
namespace {

struct Avx2Peak {
  static constexpr const char* kName = "avx2";
  static constexpr int64_t kLanes = 8;
  static constexpr int kChains = 12;
  using Vector = __m256;

  static Vector all(float x) { return _mm256_set1_ps(x); }
  static Vector multiply_add(Vector x, Vector factor, Vector add) { return _mm256_fmadd_ps(x, factor, add); }
  static float first(Vector x) { return _mm256_cvtss_f32(x); }
};

}  // namespace

const PeakLoop& avx2_peak() { return make_peak<Avx2Peak>(); }

}  // namespace bnn
