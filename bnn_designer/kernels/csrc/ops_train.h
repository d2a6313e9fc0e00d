// What the ops of a training step share: dims, threads, and blocks that do not depend on the number of threads.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "ops_shape.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/platform/threadpool.h"
#include "train_table.h"

namespace bnn {

// Two arrays of a block this large stay in the second-level cache while it is read twice. Longer float sums than of
// so many rows lose the last digit of the mean.
constexpr int64_t kBlockBytes = 128 << 10, kMostBlockRows = 256;

// Rows of one block of a sum. Fixed by the shape alone, so that sums are the same on any number of threads.
inline int64_t sum_rows(int64_t channels) {
  const int64_t fitting = kBlockBytes / (static_cast<int64_t>(sizeof(float)) * channels);
  return std::min(kMostBlockRows, std::max<int64_t>(16, fitting));
}

inline std::vector<int64_t> TensorDims(const tensorflow::Tensor& tensor) {
  std::vector<int64_t> dims;
  for (int i = 0; i < tensor.dims(); ++i) dims.push_back(tensor.dim_size(i));
  return dims;
}

inline std::string TensorText(const tensorflow::Tensor& tensor) { return ShapeText(TensorDims(tensor)); }

// Splits 0 .. total among TensorFlow's intra-op threads; `cycles` is what one unit costs.
template <class Function>
void ParallelFor(tensorflow::OpKernelContext* c, int64_t total, int64_t cycles, const Function& function) {
  const auto adaptive = tensorflow::thread::ThreadPool::SchedulingParams::Adaptive(cycles);
  c->device()->tensorflow_cpu_worker_threads()->workers->ParallelFor(total, adaptive, function);
}

}  // namespace bnn
