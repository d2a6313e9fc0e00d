// The pool behind Scratch, and the choice of a gradient table.
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>

#include "gradient/gradient.h"

namespace bnn {
namespace {

constexpr int64_t kAlignment = 64;
constexpr size_t kKept = 32;  // buffers: more than the ops of two threads hold at once

struct Buffer {
  uint8_t* data;
  int64_t size;
};

struct Pool {
  std::mutex mutex;
  std::vector<Buffer> free;

  // The smallest that fits, unless it is more than twice as large.
  Buffer take(int64_t bytes) {
    {
      const std::lock_guard<std::mutex> lock(mutex);
      size_t best = free.size();
      for (size_t i = 0; i < free.size(); ++i) {
        const bool fits = free[i].size >= bytes && free[i].size <= 2 * bytes;
        if (fits && (best == free.size() || free[i].size < free[best].size)) best = i;
      }
      if (best < free.size()) {
        const Buffer found = free[best];
        free.erase(free.begin() + static_cast<int64_t>(best));
        return found;
      }
    }
    void* data = nullptr;
    if (posix_memalign(&data, kAlignment, static_cast<size_t>(bytes)) != 0) throw std::bad_alloc();
    return {static_cast<uint8_t*>(data), bytes};
  }

  // The oldest goes when there are too many.
  void give(Buffer buffer) {
    uint8_t* drop = nullptr;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      if (free.size() == kKept) {
        drop = free.front().data;
        free.erase(free.begin());
      }
      free.push_back(buffer);
    }
    std::free(drop);
  }
};

Pool& pool() {
  static Pool* made = new Pool;  // never destroyed: threads may still run when the process ends
  return *made;
}

}  // namespace

Scratch::Scratch(int64_t bytes) {
  const Buffer buffer = pool().take(bytes < kAlignment ? kAlignment : bytes);
  data_ = buffer.data;
  size_ = buffer.size;
}

Scratch::~Scratch() { pool().give({data_, size_}); }

}  // namespace bnn
