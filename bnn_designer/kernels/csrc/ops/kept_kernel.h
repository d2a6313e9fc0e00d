// A kernel in tile order, kept from call to call of one op as long as the float kernel stays what it is: inference and
// validation pay for packing once.
//
// Whether it stays is seen by its buffer. TensorFlow writes no tensor in place that somebody else holds: it copies a
// variable's value first (PrepareToUpdateVariable), and so does BnnAdam. What is kept here holds the float kernel, so a
// kernel in the same buffer has the same numbers. (Variables in copy-on-read mode are written in place, but whoever
// reads one gets a copy in a buffer of its own.) Since holding it would make the next training step copy the variable,
// ops of training let go of it first.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "ops/workspace.h"
#include "tensorflow/core/framework/tensor.h"

namespace bnn {

class KeptKernel {
 public:
  // The numbers of a float kernel, in tile order.
  struct Tiled {
    tensorflow::Tensor kernel;
    Buffer words;
  };

  KeptKernel() {
    const std::lock_guard<std::mutex> lock(all_mutex());
    all().push_back(this);
  }
  ~KeptKernel() {
    const std::lock_guard<std::mutex> lock(all_mutex());
    all().erase(std::find(all().begin(), all().end(), this));
  }
  KeptKernel(const KeptKernel&) = delete;
  KeptKernel& operator=(const KeptKernel&) = delete;

  // Null where this kernel is not kept.
  std::shared_ptr<const Tiled> find(const tensorflow::Tensor& kernel) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return tiled_ != nullptr && same(tiled_->kernel, kernel) ? tiled_ : nullptr;
  }

  void keep(std::shared_ptr<const Tiled> tiled) {
    const std::lock_guard<std::mutex> lock(mutex_);
    tiled_ = std::move(tiled);
  }

  // No op holds this kernel any more.
  static void release(const tensorflow::Tensor& kernel) {
    const std::lock_guard<std::mutex> lock(all_mutex());
    for (KeptKernel* one : all()) {
      if (one->find(kernel) != nullptr) one->keep(nullptr);
    }
  }

 private:
  // A slice shares the buffer of the whole, too, so the place in it counts.
  static bool same(const tensorflow::Tensor& a, const tensorflow::Tensor& b) {
    return a.SharesBufferWith(b) && a.tensor_data().data() == b.tensor_data().data() && a.shape() == b.shape();
  }

  // Never destroyed: ops may be, after everything else.
  static std::mutex& all_mutex() {
    static auto* mutex = new std::mutex;
    return *mutex;
  }
  static std::vector<KeptKernel*>& all() {
    static auto* kept = new std::vector<KeptKernel*>;
    return *kept;
  }

  std::mutex mutex_;
  std::shared_ptr<const Tiled> tiled_;
};

}  // namespace bnn
