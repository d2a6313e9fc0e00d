// The gradients of avx512bw_training.cc, compiled with VNNI: vpdpbusd for three operations.
#pragma GCC optimize("fp-contract=off")  // train_template.h says why
#include "isa/avx512_shuffle_lookup.h"
#include "isa/implementation.h"

namespace bnn {

extern constexpr GradientTable avx512vnni_gradients = make_gradient_table512<Avx512ShuffleLookup>();

}  // namespace bnn
