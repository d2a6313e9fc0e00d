// AVX-512 with VNNI but without VPOPCNTDQ (Cascade Lake, Cooper Lake): all of avx512bw, and gradients of its own.
#include "isa/implementation.h"

namespace bnn {

// In avx512bw.cc and avx512bw_training.cc, which run wherever this set does.
extern const ConvTable avx512bw_convolution;
extern const EngineLoops avx512bw_engine;
extern const PeakLoop avx512bw_peak;
extern const TrainTable avx512bw_training;

// In avx512vnni_training.cc.
extern const GradientTable avx512vnni_gradients;

extern constexpr Implementation avx512vnni_implementation = {
    "avx512vnni", kCompiledFor, avx512bw_convolution, avx512bw_engine, avx512vnni_gradients, avx512bw_training,
    avx512bw_peak,
};

}  // namespace bnn
