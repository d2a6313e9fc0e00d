// Memory that is kept from call to call. No TensorFlow here.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "conv/conv.h"

namespace bnn {

// Uninitialized words at a 64-byte boundary, as many as were ever asked for.
class Buffer {
 public:
  uint64_t* reserve(int64_t bytes) {
    if (bytes > bytes_) {
      constexpr int64_t kAlignment = 64;
      memory_.reset(new uint8_t[static_cast<size_t>(bytes + kAlignment)]);
      const auto address = reinterpret_cast<uintptr_t>(memory_.get());
      words_ = reinterpret_cast<uint64_t*>((address + kAlignment - 1) / kAlignment * kAlignment);
      bytes_ = bytes;
    }
    return words_;
  }
  uint64_t* words() const { return words_; }

 private:
  std::unique_ptr<uint8_t[]> memory_;
  uint64_t* words_ = nullptr;
  int64_t bytes_ = 0;
};

// What one call of an op needs besides its tensors.
struct Workspace {
  Buffer packed, tiled, thresholds, flips;
  EdgeCorrections corrections;
};

// The workspaces of one op: as many as there ever were calls of it at the same time.
class Workspaces {
 public:
  // One of them, until the end of the lease.
  class Lease {
   public:
    explicit Lease(Workspaces* from) : from_(from), workspace_(from->take()) {}
    ~Lease() { from_->give_back(std::move(workspace_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Workspace* operator->() const { return workspace_.get(); }
    Workspace* get() const { return workspace_.get(); }

   private:
    Workspaces* from_;
    std::unique_ptr<Workspace> workspace_;
  };

 private:
  std::unique_ptr<Workspace> take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (free_.empty()) return std::make_unique<Workspace>();
    std::unique_ptr<Workspace> last = std::move(free_.back());
    free_.pop_back();
    return last;
  }
  void give_back(std::unique_ptr<Workspace> workspace) {
    const std::lock_guard<std::mutex> lock(mutex_);
    free_.push_back(std::move(workspace));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<Workspace>> free_;
};

}  // namespace bnn
