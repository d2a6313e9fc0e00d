// What all TensorFlow kernels here share: the names of TensorFlow's, shapes, words, and threads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ops_shape.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/platform/threadpool.h"

namespace bnn {

using tensorflow::DEVICE_CPU;
using tensorflow::OpKernel;
using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;
using tensorflow::TensorShape;

inline std::vector<int64_t> Dims(const Tensor& tensor) {
  std::vector<int64_t> dims;
  for (int i = 0; i < tensor.dims(); ++i) dims.push_back(tensor.dim_size(i));
  return dims;
}

inline std::string ShapeText(const Tensor& tensor) { return ShapeText(Dims(tensor)); }

inline const uint64_t* Words(const Tensor& tensor) {
  return reinterpret_cast<const uint64_t*>(tensor.flat<int64_t>().data());
}
inline uint64_t* Words(Tensor* tensor) { return reinterpret_cast<uint64_t*>(tensor->flat<int64_t>().data()); }

inline tensorflow::thread::ThreadPool* Threads(OpKernelContext* c) {
  return c->device()->tensorflow_cpu_worker_threads()->workers;
}

// Splits 0 .. total among the threads; `cycles` one unit costs decides how finely, and whether at all.
template <class Function>
void Parallel(OpKernelContext* c, int64_t total, int64_t cycles, const Function& function) {
  if (total == 0) return;
  const auto adaptive = tensorflow::thread::ThreadPool::SchedulingParams::Adaptive(cycles);
  Threads(c)->ParallelFor(total, adaptive, function);
}

}  // namespace bnn
