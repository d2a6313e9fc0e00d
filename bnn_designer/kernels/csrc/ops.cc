// The TensorFlow kernels: pack both operands, bring the kernel into tile order, multiply block by block. Each step
// runs on TensorFlow's intra-op threads.
#include <algorithm>
#include <atomic>
#include <memory>

#include "absl/strings/match.h"
#include "conv.h"
#include "dispatch.h"
#include "gradient_table.h"
#include "ops_shape.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/platform/threadpool.h"

namespace bnn {
namespace {

using tensorflow::DEVICE_CPU;
using tensorflow::DT_INT64;
using tensorflow::DT_UINT8;
using tensorflow::OpKernel;
using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;
using tensorflow::TensorShape;

std::vector<int64_t> Dims(const Tensor& tensor) {
  std::vector<int64_t> dims;
  for (int i = 0; i < tensor.dims(); ++i) dims.push_back(tensor.dim_size(i));
  return dims;
}

tensorflow::thread::ThreadPool* Threads(OpKernelContext* c) {
  return c->device()->tensorflow_cpu_worker_threads()->workers;
}

// Splits 0 .. total among the threads; `cycles` one unit costs decides how finely, and whether at all.
template <class Function>
void Parallel(OpKernelContext* c, int64_t total, int64_t cycles, const Function& function) {
  const auto adaptive = tensorflow::thread::ThreadPool::SchedulingParams::Adaptive(cycles);
  Threads(c)->ParallelFor(total, adaptive, function);
}

const uint64_t* Words(const Tensor& tensor) {
  return reinterpret_cast<const uint64_t*>(tensor.flat<int64_t>().data());
}
uint64_t* Words(Tensor* tensor) { return reinterpret_cast<uint64_t*>(tensor->flat<int64_t>().data()); }

// A matrix product is a convolution of 1x1 images.
ConvShape MatMulAsConv(int64_t batch, int64_t inputs, int64_t units) {
  ConvShape s{};
  s.batch = batch, s.channels = inputs, s.filters = units;
  s.height = s.width = s.kernel_height = s.kernel_width = 1;
  s.stride_height = s.stride_width = s.dilation_height = s.dilation_width = 1;
  s.complete();
  return s;
}

// Common to all ops: the table, and whether NaN is an error.
class BinaryOp : public OpKernel {
 public:
  BinaryOp(OpKernelConstruction* c, bool floats) : OpKernel(c), table_(chosen_table()) {
    OP_REQUIRES(c, table_ != nullptr, InvalidArgument(type_string(), ": ", choice_error()));
    if (floats) OP_REQUIRES_OK(c, c->GetAttr("check_nan", &check_nan_));
  }

 protected:
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
    const GradientTable& gradients = find_gradient_table(table_->name);
    constexpr int64_t kCachedNumbers = 4096;  // 16 KiB, still in the first cache when the mask is packed
    const int64_t step = std::max<int64_t>(1, kCachedNumbers / channels);
    std::atomic<bool> nan{false};
    Parallel(c, rows, 20 + channels / 2, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; row += step) {
        const float* x_rows = source + row * channels;
        const int64_t count = std::min(step, end - row);
        if (table_->pack_rows(x_rows, count, channels, out + row * words)) nan = true;
        if (mask != nullptr) gradients.pack_mask(x_rows, count, channels, mask + row * words);
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
      if (table_->pack_kernel(source, channels, filters, begin, end, out)) nan = true;
    });
    return nan && check_nan_ ? NanError("kernel", kernel) : absl::OkStatus();
  }

  // The convolution of packed operands; a matrix product is one of 1x1 images.
  absl::Status Multiply(OpKernelContext* c, const ConvShape& s, const uint64_t* packed, const uint64_t* packed_kernel,
                        float* y) const {
    const int64_t units = unit_count(*table_, s.filters), row_words = s.row_words();
    const int64_t bytes = tiled_bytes(*table_, s);
    Tensor tiled;
    TF_RETURN_IF_ERROR(c->allocate_temp(DT_UINT8, TensorShape({bytes}), &tiled));
    uint8_t* tiles = tiled.flat<uint8_t>().data();
    Parallel(c, units, bytes / units, [&](int64_t begin, int64_t end) {
      table_->tile_kernel(packed_kernel, row_words, s.filters, begin, end, tiles);
    });
    EdgeCorrections corrections;
    const bool correct = EdgeCorrections::needed(s);
    if (correct) corrections.build(*table_, s, packed_kernel);

    Epilogue sums;
    sums.y = y, sums.y_stride = s.filters;
    const Blocks blocks = plan_blocks(*table_, s, 4 * Threads(c)->NumThreads());
    const int64_t filters = std::min(s.filters, blocks.units * table_->unit);
    const int64_t cycles = blocks.rows * (row_words * filters / 8 + filters + 50);
    Parallel(c, blocks.count(), cycles, [&](int64_t begin, int64_t end) {
      std::unique_ptr<uint64_t[]> scratch(new uint64_t[scratch_bytes(*table_, s, blocks) / 8 + 1]);
      conv_blocks(*table_, s, blocks, begin, end, packed, tiles, correct ? &corrections : nullptr, sums,
                  reinterpret_cast<uint8_t*>(scratch.get()));
    });
    return absl::OkStatus();
  }

  // From floats: packs into temporaries first.
  absl::Status PackAndMultiply(OpKernelContext* c, const ConvShape& s, const Tensor& x, const Tensor& kernel,
                               float* y) const {
    Tensor packed, packed_kernel;
    TF_RETURN_IF_ERROR(
        c->allocate_temp(DT_INT64, TensorShape({s.batch * s.height * s.width * s.words()}), &packed));
    TF_RETURN_IF_ERROR(c->allocate_temp(DT_INT64, TensorShape({s.row_words() * s.filters}), &packed_kernel));
    TF_RETURN_IF_ERROR(PackRows(c, "input", x, s.channels, Words(&packed)));
    TF_RETURN_IF_ERROR(PackKernel(c, kernel, s.taps(), s.channels, s.filters, Words(&packed_kernel)));
    return Multiply(c, s, Words(packed), Words(packed_kernel), y);
  }

  const KernelTable* table_;
  bool check_nan_ = true;
};

template <bool kPacked>
class Conv2D : public BinaryOp {
 public:
  explicit Conv2D(OpKernelConstruction* c) : BinaryOp(c, !kPacked) {
    OP_REQUIRES_OK(c, ReadConvAttributes(c, kPacked, &attributes_));
  }

  void Compute(OpKernelContext* c) override {
    const Tensor &x = c->input(0), &kernel = c->input(1);
    ConvShape s;
    OP_REQUIRES_OK(c, MakeConvShape(type_string(), attributes_, {Dims(x), Dims(kernel)}, &s));
    Tensor* y = nullptr;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({s.batch, s.out_height, s.out_width, s.filters}), &y));
    if (y->NumElements() == 0) return;
    float* out = y->flat<float>().data();
    OP_REQUIRES_OK(c, kPacked ? Multiply(c, s, Words(x), Words(kernel), out) : PackAndMultiply(c, s, x, kernel, out));
  }

 private:
  ConvAttributes attributes_;
};

// Also puts out what the gradient needs instead of the float input: its words, the mask of the straight-through
// estimator (none for approx_sign, whose derivative takes the input itself), and the packed kernel.
template <bool kMatMul>
class Training : public BinaryOp {
 public:
  explicit Training(OpKernelConstruction* c) : BinaryOp(c, true) {
    std::string ste;
    OP_REQUIRES_OK(c, c->GetAttr("input_ste", &ste));
    masked_ = ste == "ste_sign";
    if (!kMatMul) OP_REQUIRES_OK(c, ReadConvAttributes(c, false, &attributes_));
  }

  void Compute(OpKernelContext* c) override {
    const Tensor &x = c->input(0), &kernel = c->input(1);
    ConvShape s{};
    if (kMatMul) {
      OP_REQUIRES_OK(c, CheckMatMulShape(Name(), Dims(x), Dims(kernel), -1));
      s = MatMulAsConv(x.dim_size(0), x.dim_size(1), kernel.dim_size(1));
    } else {
      OP_REQUIRES_OK(c, MakeConvShape(Name(), attributes_, {Dims(x), Dims(kernel)}, &s));
    }
    TensorShape y_shape, words_shape = x.shape(), kernel_shape = kernel.shape();
    y_shape = kMatMul ? TensorShape({s.batch, s.filters}) : TensorShape({s.batch, s.out_height, s.out_width, s.filters});
    words_shape.set_dim(x.dims() - 1, s.words());
    kernel_shape.set_dim(kernel.dims() - 2, s.words());
    Tensor *y, *words, *mask, *kernel_words;
    OP_REQUIRES_OK(c, c->allocate_output(0, y_shape, &y));
    OP_REQUIRES_OK(c, c->allocate_output(1, words_shape, &words));
    OP_REQUIRES_OK(c, c->allocate_output(2, masked_ ? words_shape : TensorShape({0}), &mask));
    OP_REQUIRES_OK(c, c->allocate_output(3, kernel_shape, &kernel_words));
    OP_REQUIRES_OK(c, PackRows(c, "input", x, s.channels, Words(words), masked_ ? Words(mask) : nullptr));
    OP_REQUIRES_OK(c, PackKernel(c, kernel, s.taps(), s.channels, s.filters, Words(kernel_words)));
    if (y->NumElements() == 0) return;
    OP_REQUIRES_OK(c, Multiply(c, s, Words(*words), Words(*kernel_words), y->flat<float>().data()));
  }

 private:
  ConvAttributes attributes_;
  bool masked_ = true;
};

template <bool kPacked>
class MatMul : public BinaryOp {
 public:
  explicit MatMul(OpKernelConstruction* c) : BinaryOp(c, !kPacked) {
    if (kPacked) OP_REQUIRES_OK(c, c->GetAttr("channels", &channels_));
  }

  void Compute(OpKernelContext* c) override {
    const Tensor &x = c->input(0), &kernel = c->input(1);
    OP_REQUIRES_OK(c, CheckMatMulShape(type_string(), Dims(x), Dims(kernel), channels_));
    const ConvShape s =
        MatMulAsConv(x.dim_size(0), kPacked ? channels_ : x.dim_size(1), kernel.dim_size(1));
    Tensor* y = nullptr;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({s.batch, s.filters}), &y));
    if (y->NumElements() == 0) return;
    float* out = y->flat<float>().data();
    OP_REQUIRES_OK(c, kPacked ? Multiply(c, s, Words(x), Words(kernel), out) : PackAndMultiply(c, s, x, kernel, out));
  }

 private:
  int32_t channels_ = -1;
};

// axis_from_end: 1 packs activations [..., channels], 2 packs a kernel [..., channels, filters].
template <int kAxisFromEnd>
class Pack : public BinaryOp {
 public:
  explicit Pack(OpKernelConstruction* c) : BinaryOp(c, true) {}

  void Compute(OpKernelContext* c) override {
    const Tensor& x = c->input(0);
    OP_REQUIRES(c, x.dims() >= kAxisFromEnd,
                InvalidArgument(type_string(), ": the input must have at least ", kAxisFromEnd,
                                " dimensions, got shape ", ShapeText(Dims(x)), ". Reshape it."));
    TensorShape shape = x.shape();
    const int axis = x.dims() - kAxisFromEnd;
    const int64_t channels = x.dim_size(axis);
    shape.set_dim(axis, word_count(channels));
    Tensor* words = nullptr;
    OP_REQUIRES_OK(c, c->allocate_output(0, shape, &words));
    if (x.NumElements() == 0) return;
    if (kAxisFromEnd == 1) {
      OP_REQUIRES_OK(c, PackRows(c, "input", x, channels, Words(words)));
    } else {
      const int64_t filters = x.dim_size(axis + 1), taps = x.NumElements() / (channels * filters);
      OP_REQUIRES_OK(c, PackKernel(c, x, taps, channels, filters, Words(words)));
    }
  }
};

REGISTER_KERNEL_BUILDER(Name("BnnBinaryConv2D").Device(DEVICE_CPU), Conv2D<false>);
REGISTER_KERNEL_BUILDER(Name("BnnBinaryConv2DTraining").Device(DEVICE_CPU), Training<false>);
REGISTER_KERNEL_BUILDER(Name("BnnBinaryMatMulTraining").Device(DEVICE_CPU), Training<true>);
REGISTER_KERNEL_BUILDER(Name("BnnBinaryConv2DPacked").Device(DEVICE_CPU), Conv2D<true>);
REGISTER_KERNEL_BUILDER(Name("BnnBinaryMatMul").Device(DEVICE_CPU), MatMul<false>);
REGISTER_KERNEL_BUILDER(Name("BnnBinaryMatMulPacked").Device(DEVICE_CPU), MatMul<true>);
REGISTER_KERNEL_BUILDER(Name("BnnPack").Device(DEVICE_CPU), Pack<1>);
REGISTER_KERNEL_BUILDER(Name("BnnPackKernel").Device(DEVICE_CPU), Pack<2>);

}  // namespace
}  // namespace bnn
