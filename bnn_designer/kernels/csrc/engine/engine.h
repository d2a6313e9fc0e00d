// The inference engine: a packed network, run group by group in one piece of memory.
//
// Groups come checked from bnn_designer/inference; the checks here are those that keep every access inside of the
// memory that was given.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/group.h"
#include "engine/threads.h"

namespace bnn {

struct EngineMemory {
  int64_t arena_bytes, weight_bytes, scratch_bytes;
};

class Engine {
 public:
  // `isa` null: the one that is chosen. Throws std::invalid_argument with the reason if it cannot run here.
  Engine(const char* isa, int threads, int64_t arena_bytes, int64_t image_floats, int64_t result_floats);

  // From here on the library makes the float convolutions that it has kernels for, where these were measured faster or
  // `always`; it must outlive the engine. Throws std::invalid_argument.
  void use(const FloatLibrary* library, bool always);

  // The group's blobs and its steps' numbers must outlive the engine. Throws std::invalid_argument.
  void add(Group group);

  // No group comes after this; throws std::bad_alloc where the memory cannot be had.
  void finish();

  // One image of float [height, width, channels] to float [classes]; `seconds`, where not null, gets what each group
  // took. False if the library for float convolutions reports an error.
  bool run(const float* image, float* result, double* seconds);

  EngineMemory memory() const;
  int64_t group_count() const { return static_cast<int64_t>(groups_.size()); }
  const char* isa() const { return kernels_.set->name; }
  // The library's kernel that runs a group, or null.
  const char* library_kernel(int64_t group) const;
  // Whether a group is an 8-bit convolution that runs in the loop of no instruction set.
  bool runs_plain_loop(int64_t group) const;

 private:
  void item(int64_t group, int64_t index, int thread);

  Kernels kernels_;
  int threads_;
  int64_t arena_bytes_, image_floats_, result_floats_;
  int64_t scratch_a_thread_ = 0;
  std::vector<Group> groups_;
  std::unique_ptr<uint8_t, void (*)(void*)> arena_, scratch_;
  Memory memory_{};
  std::atomic<bool> failed_{false};
  std::unique_ptr<EngineThreads> pool_;  // last: its threads end before what they use
};

}  // namespace bnn
