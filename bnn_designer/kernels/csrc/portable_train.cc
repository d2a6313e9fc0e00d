// The rest of a training step in plain C++.
#pragma GCC optimize("fp-contract=off")  // train_template.h says why
#include <cmath>

namespace bnn {
namespace {

struct Isa {
  static constexpr const char* kName = "portable";
  static constexpr int kLanes = 4;
  template <class Floats>
  static Floats square_root(Floats v) {
    for (int i = 0; i < kLanes; ++i) v[i] = std::sqrt(v[i]);
    return v;
  }
};

}  // namespace
}  // namespace bnn

#include "train_template.h"

namespace bnn {

const TrainTable& portable_train_table() { return Train::table(); }

}  // namespace bnn
