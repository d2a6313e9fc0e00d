#include "engine/engine.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "isa/implementation.h"
#include "engine/check.h"
#include "engine/sources.h"
#include "engine/steps.h"

namespace bnn {
namespace {

// Groups move as more come, and hold pointers to their own arrays, which stay where they are if groups are not copied.
static_assert(std::is_nothrow_move_constructible<Group>::value, "groups must move");

constexpr int64_t kAlignment = 64;
constexpr int64_t kFloatBytes = sizeof(float);

int64_t aligned(int64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

uint8_t* allocate(int64_t bytes) {
  void* memory = std::aligned_alloc(kAlignment, static_cast<size_t>(aligned(std::max(bytes, kAlignment))));
  if (memory == nullptr) throw std::bad_alloc();
  return static_cast<uint8_t*>(memory);
}

}  // namespace

Engine::Engine(const char* isa, int threads, int64_t arena_bytes, int64_t image_floats, int64_t result_floats)
    : threads_(threads),
      arena_bytes_(arena_bytes),
      image_floats_(image_floats),
      result_floats_(result_floats),
      arena_(nullptr, std::free),
      scratch_(nullptr, std::free) {
  const Implementation* set = isa == nullptr ? chosen_implementation() : find_implementation(isa);
  if (set == nullptr) {
    throw std::invalid_argument(isa == nullptr ? choice_error() : "there are no kernels of " + std::string(isa) + " here");
  }
  if (threads < 1 || threads > 256) throw std::invalid_argument("threads must be 1 to 256");
  if (arena_bytes < 0 || image_floats < 1 || result_floats < 1) throw std::invalid_argument("a size is not positive");
  kernels_ = {set, nullptr, false};
}

void Engine::use(const FloatLibrary* library, bool always) {
  if (library == nullptr || library->table != kFloatLibraryTable) {
    throw std::invalid_argument("the library for float convolutions was built for another engine");
  }
  kernels_.library = library;
  kernels_.library_always = always;
}

void Engine::add(Group group) {
  check_group(group, {arena_bytes_, image_floats_, result_floats_});
  prepare_group(kernels_, threads_, group);
  const int64_t block = aligned(group.pixels_an_item * group.channels_an_item * kFloatBytes);
  scratch_a_thread_ = std::max(scratch_a_thread_, block + aligned(group.work_bytes));
  groups_.push_back(std::move(group));
}

void Engine::finish() {
  arena_.reset(allocate(arena_bytes_));
  scratch_.reset(allocate(scratch_a_thread_ * threads_));
  memory_.arena = arena_.get();
  std::vector<int64_t> items;
  for (const Group& group : groups_) items.push_back(group.items());
  pool_ = std::make_unique<EngineThreads>(
      threads_, std::move(items), [this](int64_t group, int64_t index, int thread) { item(group, index, thread); });
}

bool Engine::run(const float* image, float* result, double* seconds) {
  using Clock = std::chrono::steady_clock;
  memory_.image = image;
  memory_.result = result;
  pool_->wake();
  for (int64_t group = 0; group < group_count(); ++group) {
    const auto start = seconds != nullptr ? Clock::now() : Clock::time_point();
    pool_->run(group);
    if (seconds != nullptr) seconds[group] = std::chrono::duration<double>(Clock::now() - start).count();
  }
  return !failed_.exchange(false);
}

void Engine::item(int64_t index, int64_t item, int thread) {
  const Group& group = groups_[static_cast<size_t>(index)];
  Block block;
  block.first = item / group.channel_items * group.pixels_an_item;
  block.last = std::min(block.first + group.pixels_an_item, group.at.out_pixels());
  block.begin = item % group.channel_items * group.channels_an_item;
  block.end = std::min(block.begin + group.channels_an_item, group.at.out_channels);
  uint8_t* scratch = scratch_.get() + thread * scratch_a_thread_;
  auto* y = reinterpret_cast<float*>(scratch);
  uint8_t* work = scratch + aligned(group.pixels_an_item * group.channels_an_item * kFloatBytes);
  if (!run_source(kernels_, memory_, group, block, thread, work, y)) {
    failed_ = true;
    return;
  }
  if (group.source == Source::kBinaryMaxPool) return;
  for (size_t i = group.binary.fused; i < group.steps.size(); ++i) {
    run_step(kernels_, memory_, group, group.steps[i], block, y);
  }
}

const char* Engine::library_kernel(int64_t group) const {
  if (group < 0 || group >= group_count()) return nullptr;
  const LibraryConv* conv = groups_[static_cast<size_t>(group)].library.get();
  return conv == nullptr ? nullptr : conv->library->kernel(conv->layer.get());
}

bool Engine::runs_plain_loop(int64_t group) const {
  if (group < 0 || group >= group_count()) return false;
  const Group& asked = groups_[static_cast<size_t>(group)];
  return asked.source == Source::kInt8Conv && !asked.int8.as_floats;
}

EngineMemory Engine::memory() const {
  int64_t weights = 0;
  for (const Group& group : groups_) {
    weights += static_cast<int64_t>(group.tiled.size());
    if (group.library != nullptr) weights += kernels_.library->weight_bytes(group.library->layer.get());
  }
  return {arena_bytes_, weights, scratch_a_thread_ * threads_};
}

}  // namespace bnn
