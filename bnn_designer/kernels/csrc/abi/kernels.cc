// A C interface on one thread, so that the kernels can be built, tested and timed without TensorFlow.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "abi/export.h"
#include "conv/conv.h"
#include "isa/implementation.h"

namespace {

enum Result { kOk = 0, kUnknownIsa = 1, kNan = 2 };

}  // namespace

BNN_EXPORT int bnn_isa_count() { return bnn::kImplementationCount; }

BNN_EXPORT const char* bnn_isa_name(int index) { return bnn::kImplementations[index]->name; }

BNN_EXPORT int bnn_isa_supported(int index) { return bnn::kImplementations[index]->supported(); }

// The instruction set the ops use, or null; then bnn_choice_error() says why.
BNN_EXPORT const char* bnn_chosen_isa() {
  const bnn::Implementation* chosen = bnn::chosen_implementation();
  return chosen != nullptr ? chosen->name : nullptr;
}

BNN_EXPORT const char* bnn_choice_error() { return bnn::choice_error(); }

// How often this instruction set's product ran since the library was loaded; -1 if it is not there.
BNN_EXPORT int64_t bnn_gemm_calls(const char* isa) {
  const bnn::Implementation* set = bnn::find_implementation(isa);
  return set != nullptr ? set->convolution.gemm_calls() : -1;
}

// x float [rows, channels] -> words [rows, ceil(channels / 64)].
BNN_EXPORT int bnn_pack_rows(const char* isa, const float* x, int64_t rows, int64_t channels, uint64_t* out) {
  const bnn::Implementation* set = bnn::find_implementation(isa);
  if (set == nullptr) return kUnknownIsa;
  return set->convolution.pack_rows(x, rows, channels, out) ? kNan : kOk;
}

// x float [batch, height, width, channels], kernel float [kernel_height, kernel_width, channels, filters].
// A matrix product is a 1x1 convolution of a 1x1 image.
BNN_EXPORT int bnn_conv2d(const char* isa, const float* x, const float* kernel, int64_t batch, int64_t height,
                          int64_t width, int64_t channels, int64_t kernel_height, int64_t kernel_width,
                          int64_t filters, int64_t stride_height, int64_t stride_width, int64_t dilation_height,
                          int64_t dilation_width, int same, int pad_value, float* y) {
  const bnn::Implementation* set = bnn::find_implementation(isa);
  if (set == nullptr) return kUnknownIsa;
  const bnn::ConvTable& table = set->convolution;
  bnn::ConvShape s{batch,        height,       width,           channels,       kernel_height, kernel_width, filters,
                   stride_height, stride_width, dilation_height, dilation_width, same != 0,     pad_value,    0,
                   0,            0,            0};
  s.complete();

  const int64_t flat_words = s.row_words();
  std::vector<uint64_t> packed(static_cast<size_t>(batch * height * width * s.words()));
  std::vector<uint64_t> tiled(static_cast<size_t>(bnn::tiled_bytes(table, s) / 8 + 1));
  bool nan = table.pack_rows(x, batch * height * width, channels, packed.data());
  nan |= table.pack_tiled(kernel, channels, filters, flat_words, 0, flat_words, tiled.data());

  bnn::EdgeCorrections corrections;
  const bool correct = bnn::EdgeCorrections::needed(s);
  if (correct) corrections.build_from_tiled(table, s, tiled.data());
  const bnn::Blocks blocks = bnn::plan_blocks(table, s, 1);
  std::vector<uint64_t> scratch(static_cast<size_t>(bnn::scratch_bytes(table, s, blocks) / 8 + 1));
  bnn::Epilogue sums;
  sums.y = y, sums.y_stride = filters;
  bnn::conv_blocks(table, s, blocks, 0, blocks.count(), packed.data(), tiled.data(),
                   correct ? &corrections : nullptr, sums, reinterpret_cast<uint8_t*>(scratch.data()));
  return nan ? kNan : kOk;
}
