// Gradients by lookup and training passes with the AVX-512 of every processor that has it; avx512_shuffle_lookup.h says
// how.
#pragma GCC optimize("fp-contract=off")  // train_template.h says why
#include "isa/avx512_shuffle_lookup.h"
#include "isa/implementation.h"
#include "isa/train_template.h"

namespace bnn {

extern constexpr GradientTable avx512bw_gradients = make_gradient_table512<Avx512ShuffleLookup>();
extern constexpr TrainTable avx512bw_training = Train<Avx512Passes>::table();

}  // namespace bnn
