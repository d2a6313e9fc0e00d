// What the kernels of binary layers share: NaN, packing, and the product of packed operands on TensorFlow's
// intra-op threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <vector>

#include "absl/strings/match.h"
#include "conv/conv.h"
#include "isa/implementation.h"
#include "ops/context.h"
#include "ops/workspace.h"

namespace bnn {

// Common to all ops: the instruction set, and whether NaN is an error.
class BinaryOp : public OpKernel {
 public:
  BinaryOp(OpKernelConstruction* c, bool floats) : OpKernel(c), set_(chosen_implementation()) {
    OP_REQUIRES(c, set_ != nullptr, InvalidArgument(type_string(), ": ", choice_error()));
    if (floats) OP_REQUIRES_OK(c, c->GetAttr("check_nan", &check_nan_));
  }

 protected:
  const ConvTable& table() const { return set_->convolution; }

  // What users call the op: its training form is no other op to them.
  std::string Name() const {
    constexpr absl::string_view kTraining = "Training";
    const std::string& name = type_string();
    return absl::EndsWith(name, kTraining) ? name.substr(0, name.size() - kTraining.size()) : name;
  }

  // Only called once NaN was seen, so the search for the first one costs nothing otherwise.
  absl::Status NanError(const char* name, const Tensor& tensor) const {
    int64_t at = first_nan(tensor.flat<float>().data(), tensor.NumElements());
    std::vector<int64_t> index(tensor.dims());
    for (int i = tensor.dims() - 1; i >= 0; --i) {
      index[i] = at % tensor.dim_size(i);
      at /= tensor.dim_size(i);
    }
    return InvalidArgument(Name(), ": ", name, " is NaN at ", ShapeText(index), " (its shape is ",
                           ShapeText(Dims(tensor)), "), and NaN has no sign. Find where it comes from with ",
                           "tf.debugging.enable_check_numerics(), or pass check_nan=False to count NaN as +1.");
  }

  // [rows, channels] -> [rows, words]; with a mask, also where the straight-through estimator passes, from the same
  // reading of x.
  absl::Status PackRows(OpKernelContext* c, const char* name, const Tensor& x, int64_t channels, uint64_t* out,
                        uint64_t* mask = nullptr) const {
    if (x.NumElements() == 0) return absl::OkStatus();
    const int64_t rows = x.NumElements() / channels, words = word_count(channels);
    const float* source = x.flat<float>().data();
    constexpr int64_t kCachedNumbers = 4096;  // 16 KiB, still in the L1 cache when the mask is packed
    const int64_t step = std::max<int64_t>(1, kCachedNumbers / channels);
    std::atomic<bool> nan{false};
    Parallel(c, rows, 20 + channels / 2, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; row += step) {
        const float* x_rows = source + row * channels;
        const int64_t count = std::min(step, end - row);
        if (table().pack_rows(x_rows, count, channels, out + row * words)) nan = true;
        if (mask != nullptr) set_->gradients.pack_mask(x_rows, count, channels, mask + row * words);
      }
    });
    return nan && check_nan_ ? NanError(name, x) : absl::OkStatus();
  }

  // [taps, channels, filters] -> [taps, words, filters].
  absl::Status PackKernel(OpKernelContext* c, const Tensor& kernel, int64_t taps, int64_t channels, int64_t filters,
                          uint64_t* out) const {
    const float* source = kernel.flat<float>().data();
    std::atomic<bool> nan{false};
    Parallel(c, taps * word_count(channels), 64 * filters, [&](int64_t begin, int64_t end) {
      if (table().pack_kernel(source, channels, filters, begin, end, out)) nan = true;
    });
    return nan && check_nan_ ? NanError("kernel", kernel) : absl::OkStatus();
  }

  // [taps, channels, filters] -> tile order.
  absl::Status PackTiled(OpKernelContext* c, const Tensor& kernel, const ConvShape& s, void* tiled) const {
    const float* source = kernel.flat<float>().data();
    std::atomic<bool> nan{false};
    Parallel(c, s.row_words(), 16 * s.filters, [&](int64_t begin, int64_t end) {
      if (table().pack_tiled(source, s.channels, s.filters, s.row_words(), begin, end, tiled)) nan = true;
    });
    return nan && check_nan_ ? NanError("kernel", kernel) : absl::OkStatus();
  }

  // [taps, words, filters] -> tile order.
  void Tile(OpKernelContext* c, const uint64_t* packed_kernel, const ConvShape& s, void* tiled) const {
    const int64_t units = group_units(table(), s);
    Parallel(c, units, tiled_bytes(table(), s) / units, [&](int64_t begin, int64_t end) {
      tile_units(table(), s, packed_kernel, begin, end, tiled);
    });
  }

  // The convolution of packed operands; a matrix product is one of 1x1 images. What becomes of the sums is the
  // epilogue's.
  void Multiply(OpKernelContext* c, const ConvShape& s, const uint64_t* packed, const uint64_t* tiled, Workspace* kept,
                const Epilogue& epilogue) const {
    const bool correct = EdgeCorrections::needed(s);
    if (correct) kept->corrections.build_from_tiled(table(), s, tiled);
    const Blocks blocks = plan_blocks(table(), s, 4 * Threads(c)->NumThreads());
    const int64_t filters = std::min(s.filters, blocks.units * table().unit);
    const int64_t cycles = blocks.rows * (s.row_words() * filters / 8 + filters + 50);
    Parallel(c, blocks.count(), cycles, [&](int64_t begin, int64_t end) {
      static thread_local Buffer scratch;
      conv_blocks(table(), s, blocks, begin, end, packed, tiled, correct ? &kept->corrections : nullptr, epilogue,
                  reinterpret_cast<uint8_t*>(scratch.reserve(scratch_bytes(table(), s, blocks))));
    });
  }

  const Implementation* set_;
  bool check_nan_ = true;
  Workspaces workspaces_;
};

}  // namespace bnn
