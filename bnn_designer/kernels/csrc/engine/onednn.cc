// oneDNN's convolutions behind the table of float_library.h, for versions 2 and 3.
//
// Its primitives hold no state: one is made for each kind of part and used by all threads, each with scratch memory of
// its own. They are made for one thread, so that running them starts none and their sums have one order.
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <dnnl.hpp>

#include "engine/float_library.h"

#if DNNL_CPU_THREADING_RUNTIME != DNNL_RUNTIME_OMP && DNNL_CPU_THREADING_RUNTIME != DNNL_RUNTIME_SEQ
#error "this oneDNN has threads of its own that cannot be turned off for one caller"
#endif

// Of the OpenMP that oneDNN itself is linked with; there is none if it was built without threads.
extern "C" {
int omp_get_max_threads() __attribute__((weak));
void omp_set_num_threads(int) __attribute__((weak));
}

namespace {

using dnnl::convolution_forward;
using dnnl::memory;

// The caller's thread asks OpenMP for no other while this lives.
class OneThread {
 public:
  OneThread() : before_(omp_get_max_threads != nullptr ? omp_get_max_threads() : 1) {
    if (before_ != 1) omp_set_num_threads(1);
  }
  ~OneThread() {
    if (before_ != 1) omp_set_num_threads(before_);
  }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  const int before_;
};

// One of each kind of part, on one thread: memory objects carry an address, so threads cannot share them.
struct Operands {
  memory image, y, scratch;
};

struct Layer {
  dnnl::engine engine;
  memory weights, bias;
  std::vector<convolution_forward> primitives;  // of each part
  std::vector<Operands> operands;               // [threads, parts]
  std::vector<dnnl::stream> streams;            // of each thread
  int64_t weight_bytes = 0, scratch_bytes = 0;
  std::string kernel;
};

memory::desc channels_last(int64_t channels, int64_t height, int64_t width) {
  return {{1, channels, height, width}, memory::data_type::f32, memory::format_tag::nhwc};
}

convolution_forward::primitive_desc describe(const bnn::FloatConv& conv, const bnn::FloatPart& part,
                                             const memory::desc& weights, const dnnl::engine& engine) {
  const memory::desc image = channels_last(conv.in_channels, part.in_height, part.in_width);
  const memory::desc y = channels_last(conv.out_channels, part.out_height, part.out_width);
  const memory::desc bias({conv.out_channels}, memory::data_type::f32, memory::format_tag::a);
  const memory::dims strides = {conv.stride_height, conv.stride_width};
  const memory::dims dilation = {conv.dilation_height - 1, conv.dilation_width - 1};  // 0: none
  const memory::dims before = {part.pad_top, part.pad_left}, after = {part.pad_bottom, part.pad_right};
  constexpr auto kInference = dnnl::prop_kind::forward_inference;
  constexpr auto kDirect = dnnl::algorithm::convolution_direct;
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
#if DNNL_VERSION_MAJOR >= 3
  return {engine, kInference, kDirect, image, weights, bias, y, strides, dilation, before, after, attributes};
#else
  return {{kInference, kDirect, image, weights, bias, y, strides, dilation, before, after}, attributes, engine};
#endif
}

// oneDNN serves every shape, but some by plain loops or by unfolding the whole image; the engine's own loop is faster.
void require_compiled(const std::string& kernel) {
  if (kernel.rfind("brg", 0) != 0 && kernel.rfind("jit", 0) != 0) {
    throw std::runtime_error("oneDNN has no compiled kernel for this shape, only " + kernel);
  }
}

std::unique_ptr<Layer> make_layer(const bnn::FloatConv& conv) {
  const OneThread one_thread;
  auto layer = std::make_unique<Layer>();
  layer->engine = dnnl::engine(dnnl::engine::kind::cpu, 0);
  const int64_t in_count = conv.in_channels / conv.groups, out_count = conv.out_channels / conv.groups;
  const int64_t pixel = in_count * out_count;
  memory::dims sizes = {out_count, in_count, conv.kernel_height, conv.kernel_width};
  memory::dims steps = {1, out_count, conv.kernel_width * pixel, pixel};
  if (conv.groups > 1) {
    sizes.insert(sizes.begin(), conv.groups);
    steps.insert(steps.begin(), conv.kernel_height * conv.kernel_width * pixel);
  }
  constexpr auto kFloat = memory::data_type::f32;
  const memory::desc given(sizes, kFloat, steps);
  memory::desc order(sizes, kFloat, memory::format_tag::any);  // the library's choice for the first part holds for all
  layer->bias = memory({{conv.out_channels}, kFloat, memory::format_tag::a}, layer->engine,
                       const_cast<float*>(conv.bias));
  for (int thread = 0; thread < conv.threads; ++thread) layer->streams.emplace_back(layer->engine);

  std::vector<convolution_forward::primitive_desc> described;
  for (int64_t i = 0; i < conv.part_count; ++i) {
    described.push_back(describe(conv, conv.parts[i], order, layer->engine));
    order = described[0].weights_desc();
    const std::string kernel = described.back().impl_info_str();
    require_compiled(kernel);
    if (i == 0) layer->kernel = kernel;
    layer->primitives.emplace_back(described.back());
    const auto scratch = static_cast<int64_t>(described.back().scratchpad_desc().get_size());
    if (scratch > layer->scratch_bytes) layer->scratch_bytes = scratch;
  }
  for (int thread = 0; thread < conv.threads; ++thread) {
    for (const auto& one : described) {
      layer->operands.push_back({memory(one.src_desc(), layer->engine, DNNL_MEMORY_NONE),
                                 memory(one.dst_desc(), layer->engine, DNNL_MEMORY_NONE),
                                 memory(one.scratchpad_desc(), layer->engine, DNNL_MEMORY_NONE)});
    }
  }
  layer->weights = memory(order, layer->engine);
  layer->weight_bytes = static_cast<int64_t>(order.get_size());
  memory from(given, layer->engine, const_cast<float*>(conv.kernel));
  dnnl::reorder(from, layer->weights).execute(layer->streams[0], from, layer->weights);
  layer->streams[0].wait();
  return layer;
}

void* make(const bnn::FloatConv& conv, char* text, int64_t size) {
  try {
    return make_layer(conv).release();
  } catch (const std::exception& error) {
    std::snprintf(text, static_cast<size_t>(size), "%s", error.what());
  } catch (...) {
    std::snprintf(text, static_cast<size_t>(size), "unknown error");
  }
  return nullptr;
}

void free_layer(void* layer) { delete static_cast<Layer*>(layer); }

bool run(const void* made, int64_t part, int thread, const float* image, float* y, void* scratch) {
  const OneThread one_thread;
  const auto& layer = *static_cast<const Layer*>(made);
  const Operands& operands = layer.operands[static_cast<size_t>(thread) * layer.primitives.size() +
                                            static_cast<size_t>(part)];
  const bool placed =
      dnnl_memory_set_data_handle(operands.image.get(), const_cast<float*>(image)) == dnnl_success &&
      dnnl_memory_set_data_handle(operands.y.get(), y) == dnnl_success &&
      dnnl_memory_set_data_handle(operands.scratch.get(), scratch) == dnnl_success;
  const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_SRC, operands.image.get()},    {DNNL_ARG_WEIGHTS, layer.weights.get()},
                                       {DNNL_ARG_BIAS, layer.bias.get()},       {DNNL_ARG_DST, operands.y.get()},
                                       {DNNL_ARG_SCRATCHPAD, operands.scratch.get()}};
  return placed && dnnl_primitive_execute(layer.primitives[static_cast<size_t>(part)].get(),
                                          layer.streams[static_cast<size_t>(thread)].get(), 5, arguments) == dnnl_success;
}

int64_t weight_bytes(const void* layer) { return static_cast<const Layer*>(layer)->weight_bytes; }

int64_t scratch_bytes(const void* layer) { return static_cast<const Layer*>(layer)->scratch_bytes; }

const char* kernel(const void* layer) { return static_cast<const Layer*>(layer)->kernel.c_str(); }

}  // namespace

// Null, with the reason, where the library that was loaded is not of the headers' version.
extern "C" __attribute__((visibility("default"))) const void* bnn_float_library(char* text, int64_t size) {
  const dnnl_version_t* version = dnnl_version();
  if (version->major != DNNL_VERSION_MAJOR) {
    std::snprintf(text, static_cast<size_t>(size), "oneDNN %d was loaded, and the kernels were built for oneDNN %d",
                  version->major, DNNL_VERSION_MAJOR);
    return nullptr;
  }
  static const std::string name = "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) +
                                  "." + std::to_string(version->patch);
  static const bnn::FloatLibrary library = {bnn::kFloatLibraryTable, name.c_str(), make,          free_layer, run,
                                            weight_bytes,            scratch_bytes, kernel};
  return &library;
}
