#include <immintrin.h>

#include "peak_template.h"

namespace bnn {
namespace {

struct Avx512Peak {
  static constexpr const char* kName = "avx512";
  static constexpr int64_t kLanes = 16;
  static constexpr int kChains = 12;
  using Vector = __m512;

  static Vector all(float x) { return _mm512_set1_ps(x); }
  static Vector multiply_add(Vector x, Vector factor, Vector add) { return _mm512_fmadd_ps(x, factor, add); }
  static float first(Vector x) { return _mm512_cvtss_f32(x); }
};

}  // namespace

const PeakLoop& avx512_peak() { return make_peak<Avx512Peak>(); }

}  // namespace bnn
