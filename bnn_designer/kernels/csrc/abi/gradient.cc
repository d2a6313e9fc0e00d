// A C interface to the gradients, so that they can be tested and timed without TensorFlow.
#include <cstdint>
#include <thread>
#include <vector>

#include "abi/export.h"
#include "conv/conv.h"
#include "isa/implementation.h"
#include "gradient/gradient.h"

namespace {

enum Result { kOk = 0, kUnknownIsa = 1 };

// Items split evenly over threads made for this one call.
struct Threads {
  int64_t count;

  template <class Function>
  void operator()(int64_t items, int64_t, const Function& function) const {
    std::vector<std::thread> threads;
    for (int64_t t = 1; t < count; ++t) {
      threads.emplace_back([&function, items, t, this] { function(items * t / count, items * (t + 1) / count); });
    }
    function(0, items / count);
    for (std::thread& thread : threads) thread.join();
  }
};

}  // namespace

// geometry: batch, height, width, channels, kernel_height, kernel_width, filters, stride_height, stride_width,
// dilation_height, dilation_width, same, pad_value. planes: 1 to 3. The gradients of bnn_conv2d: grad [batch,
// out_height, out_width, filters], x and kernel as there -> input_grad like x, kernel_grad like kernel (either may be
// null). approx_sign: 1 for that estimator, 0 for ste_sign.
BNN_EXPORT int bnn_conv2d_gradients(const char* isa, const int64_t* geometry, int planes, int stochastic, uint32_t salt,
                                    int approx_sign, int64_t threads, const float* x, const float* kernel,
                                    const float* grad, float* input_grad, float* kernel_grad) {
  const bnn::Implementation* set = bnn::find_implementation(isa);
  if (set == nullptr) return kUnknownIsa;
  const bnn::GradientTable& table = set->gradients;
  const int64_t* g = geometry;
  bnn::ConvShape s{g[0], g[1], g[2],  g[3],  g[4],       g[5],                    g[6], g[7], g[8],
                   g[9], g[10], g[11] != 0, static_cast<int>(g[12]), 0,    0,    0,    0};
  s.complete();
  const int64_t pixels = s.batch * s.height * s.width;
  std::vector<uint64_t> words(static_cast<size_t>(pixels * s.words())), mask(words.size());
  std::vector<uint64_t> kernel_words(static_cast<size_t>(s.row_words() * s.filters));
  set->convolution.pack_rows(x, pixels, s.channels, words.data());
  set->convolution.pack_kernel(kernel, s.channels, s.filters, 0, s.row_words(), kernel_words.data());
  table.pack_mask(x, pixels, s.channels, mask.data());
  const bnn::Rounding rounding{planes, stochastic != 0, salt};
  const Threads parallel{threads};
  if (input_grad != nullptr && s.batch > 0) {
    const bnn::InputSlope slope{approx_sign ? nullptr : mask.data(), approx_sign ? x : nullptr};
    bnn::run(bnn::InputGradient(table, s, rounding, grad, kernel_words.data(), slope, input_grad), parallel);
  }
  if (kernel_grad != nullptr && s.batch > 0) {
    bnn::run(bnn::KernelGradient(table, s, rounding, grad, words.data(), kernel, approx_sign != 0, kernel_grad),
             parallel);
  }
  return kOk;
}

// How often this instruction set's lookups ran since the library was loaded; -1 if it is not there.
BNN_EXPORT int64_t bnn_lookup_calls(const char* isa) {
  const bnn::Implementation* set = bnn::find_implementation(isa);
  return set != nullptr ? set->gradients.accumulate_calls() : -1;
}
