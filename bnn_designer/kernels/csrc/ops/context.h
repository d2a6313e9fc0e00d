// What all TensorFlow kernels here share: the names of TensorFlow's, shapes, words, and threads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ops/shape.h"
#include "ops/shared_work.h"
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

// function(begin, end) over 0 .. total, on this thread and on TensorFlow's; `cycles` one unit costs decides how finely
// it is cut, and whether at all.
template <class Function>
void Parallel(OpKernelContext* c, int64_t total, int64_t cycles, const Function& function) {
  tensorflow::thread::ThreadPool* threads = Threads(c);
  const int64_t count = threads->NumThreads();
  share(total, cut(total, cycles, count), count - 1, [&](const auto& task) { threads->Schedule(task); }, function);
}

}  // namespace bnn
