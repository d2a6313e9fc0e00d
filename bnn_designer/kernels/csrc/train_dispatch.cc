#include <cstring>

#include "dispatch.h"
#include "train_table.h"

namespace bnn {

const TrainTable& train_table() {
  static const TrainTable& chosen = []() -> const TrainTable& {
    const KernelTable* kernels = chosen_table();
    const char* name = kernels == nullptr ? "portable" : kernels->name;
#ifdef BNN_HAVE_AVX512
    if (std::strcmp(name, avx512_train_table().name) == 0) return avx512_train_table();
#endif
#ifdef BNN_HAVE_AVX2
    if (std::strcmp(name, avx2_train_table().name) == 0) return avx2_train_table();
#endif
    return portable_train_table();
  }();
  return chosen;
}

}  // namespace bnn
