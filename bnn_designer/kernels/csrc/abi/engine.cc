// The engine's C interface. Errors are texts in the caller's buffer; no exception leaves it.
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <utility>

#include "abi/export.h"
#include "engine/engine.h"

namespace {

constexpr int64_t kGeometryNumbers = 16;
static_assert(sizeof(bnn::Geometry) == kGeometryNumbers * sizeof(int64_t), "Geometry is read as so many numbers");

// What a failed call says; `text` has room for `size` characters.
struct Message {
  char* text;
  int64_t size;
};

template <class Call>
bool succeeds(const Message& message, const Call& call) {
  try {
    call();
    return true;
  } catch (const std::exception& error) {
    std::snprintf(message.text, static_cast<size_t>(message.size), "%s", error.what());
  } catch (...) {
    std::snprintf(message.text, static_cast<size_t>(message.size), "unknown error");
  }
  return false;
}

}  // namespace

// Null on failure. `isa` null: the best one here, or the one that BNN_KERNELS names.
BNN_EXPORT bnn::Engine* bnn_engine_new(const char* isa, int threads, int64_t arena_bytes, int64_t image_floats,
                                       int64_t result_floats, char* text, int64_t size) {
  bnn::Engine* engine = nullptr;
  succeeds({text, size},
           [&] { engine = new bnn::Engine(isa, threads, arena_bytes, image_floats, result_floats); });
  return engine;
}

// Before the first group. `library`: what bnn_float_library() of a library's file gives; `always`: not only where it
// was measured faster.
BNN_EXPORT int bnn_engine_use(bnn::Engine* engine, const void* library, int always, char* text, int64_t size) {
  return succeeds({text, size}, [&] { engine->use(static_cast<const bnn::FloatLibrary*>(library), always != 0); });
}

BNN_EXPORT void bnn_engine_free(bnn::Engine* engine) { delete engine; }

// geometry: the 16 numbers of bnn::Geometry. parts: (place, channels) of each. blobs: two addresses, 0 for none.
// steps: (kind, place, address, address) of each; limits: (low, high) of each.
BNN_EXPORT int bnn_engine_add(bnn::Engine* engine, int64_t source, const int64_t* geometry, int64_t part_count,
                              const int64_t* parts, const int64_t* blobs, int64_t step_count, const int64_t* steps,
                              const float* limits, char* text, int64_t size) {
  return succeeds({text, size}, [&] {
    bnn::Group group{};
    if (source < 0 || source >= bnn::kSourceCount) throw std::invalid_argument("there is no such source");
    group.source = static_cast<bnn::Source>(source);
    __builtin_memcpy(&group.at, geometry, sizeof(group.at));
    for (int64_t i = 0; i < part_count; ++i) group.parts.push_back({parts[2 * i], parts[2 * i + 1]});
    for (int i = 0; i < 2; ++i) group.blobs[i] = reinterpret_cast<const void*>(blobs[i]);
    for (int64_t i = 0; i < step_count; ++i) {
      const int64_t* step = steps + 4 * i;
      if (step[0] < 0 || step[0] >= bnn::kStepCount) throw std::invalid_argument("there is no such step");
      group.steps.push_back({static_cast<bnn::StepKind>(step[0]), step[1], limits[2 * i], limits[2 * i + 1],
                             reinterpret_cast<const float*>(step[2]), reinterpret_cast<const float*>(step[3])});
    }
    engine->add(std::move(group));
  });
}

BNN_EXPORT int bnn_engine_finish(bnn::Engine* engine, char* text, int64_t size) {
  return succeeds({text, size}, [&] { engine->finish(); });
}

// seconds: one number a group, or null. 0 if the library for float convolutions reports an error; nothing else fails.
BNN_EXPORT int bnn_engine_run(bnn::Engine* engine, int64_t images, const float* image, int64_t image_floats,
                              float* result, int64_t result_floats, double* seconds) {
  for (int64_t i = 0; i < images; ++i) {
    if (!engine->run(image + i * image_floats, result + i * result_floats, seconds)) return 0;
  }
  return 1;
}

// Bytes of the arena, of the weights in the order they are read in, and of all threads' working memory.
BNN_EXPORT void bnn_engine_memory(const bnn::Engine* engine, int64_t* bytes) {
  const bnn::EngineMemory memory = engine->memory();
  bytes[0] = memory.arena_bytes;
  bytes[1] = memory.weight_bytes;
  bytes[2] = memory.scratch_bytes;
}

BNN_EXPORT const char* bnn_engine_isa(const bnn::Engine* engine) { return engine->isa(); }

// The library's kernel that runs a group, such as "brgconv:avx512_core"; null where the engine's own loops do.
BNN_EXPORT const char* bnn_engine_library_kernel(const bnn::Engine* engine, int64_t group) {
  return engine->library_kernel(group);
}

// Whether a group runs in a loop of no instruction set.
BNN_EXPORT bool bnn_engine_runs_plain_loop(const bnn::Engine* engine, int64_t group) {
  return engine->runs_plain_loop(group);
}
