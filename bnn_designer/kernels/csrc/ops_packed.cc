// The TensorFlow kernels with packed results, and the depthwise convolution.
#include "ops_base.h"
#include "pool.h"

namespace bnn {
namespace {

// A convolution that ends in thresholds, as a batch norm and a sign behind it become in a deployed network.
class Conv2DSigns : public BinaryOp {
 public:
  explicit Conv2DSigns(OpKernelConstruction* c) : BinaryOp(c, false) {
    OP_REQUIRES_OK(c, ReadConvAttributes(c, true, true, &attributes_));
  }

  void Compute(OpKernelContext* c) override {
    const Tensor &thresholds = c->input(2), &flips = c->input(3);
    ConvShape s;
    OP_REQUIRES_OK(c, MakeConvShape(type_string(), attributes_, {Dims(c->input(0)), Dims(c->input(1))}, &s));
    OP_REQUIRES_OK(c, CheckThresholds(type_string(), Dims(thresholds), Dims(flips), s.filters));
    Tensor* words = nullptr;
    const int64_t row = word_count(s.filters);
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({s.batch, s.out_height, s.out_width, row}), &words));
    if (words->NumElements() == 0) return;

    // Padded to whole words, where no bit may be set.
    const Workspaces::Lease kept(&workspaces_);
    const int64_t lanes = padded_filters(s.filters);
    auto* padded = reinterpret_cast<int32_t*>(kept->thresholds.reserve(lanes * static_cast<int64_t>(sizeof(int32_t))));
    std::fill(std::copy_n(thresholds.flat<int32_t>().data(), s.filters, padded), padded + lanes, INT32_MIN);
    uint64_t* flipped = kept->flips.reserve(row * kWordBits / 8);
    std::copy_n(Words(flips), row, flipped);
    if (s.filters % kWordBits != 0) flipped[row - 1] &= (uint64_t{1} << (s.filters % kWordBits)) - 1;
    Epilogue signs;
    signs.kind = Epilogue::Kind::kSigns;
    signs.bits = Words(words), signs.bits_stride = row;
    signs.thresholds = padded, signs.flips = flipped;
    OP_REQUIRES_OK(c, MultiplyInputs<true>(c, s, kept.get(), signs));
  }

 private:
  ConvAttributes attributes_;
};

class MaxPoolPacked : public OpKernel {
 public:
  explicit MaxPoolPacked(OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, ReadPoolAttributes(c, &attributes_, &window_));
  }

  void Compute(OpKernelContext* c) override {
    const Tensor& x = c->input(0);
    ConvShape s;
    OP_REQUIRES_OK(c, MakePoolShape(type_string(), attributes_, window_, Dims(x), &s));
    Tensor* words = nullptr;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({s.batch, s.out_height, s.out_width, s.words()}), &words));
    if (words->NumElements() == 0) return;
    const int64_t cycles = s.out_width * (s.taps() * s.words() + 10);
    Parallel(c, s.batch * s.out_height, cycles, [&](int64_t begin, int64_t end) {
      max_pool_lines(s, Words(x), begin, end, Words(words));
    });
  }

 private:
  ConvAttributes attributes_;
  std::vector<int32_t> window_;
};

class DepthwiseConv2D : public BinaryOp {
 public:
  explicit DepthwiseConv2D(OpKernelConstruction* c) : BinaryOp(c, true) {
    OP_REQUIRES_OK(c, ReadConvAttributes(c, false, false, &attributes_));
  }

  void Compute(OpKernelContext* c) override {
    const Tensor &x = c->input(0), &kernel = c->input(1);
    ConvShape s;
    OP_REQUIRES_OK(c, MakeDepthwiseShape(type_string(), attributes_, {Dims(x), Dims(kernel)}, &s));
    Tensor* y = nullptr;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({s.batch, s.out_height, s.out_width, s.filters}), &y));
    if (y->NumElements() == 0) return;
    const Workspaces::Lease kept(&workspaces_);
    uint64_t* packed = kept->packed.reserve(s.batch * s.height * s.width * s.words() * kWordBits / 8);
    uint64_t* packed_kernel = kept->packed_kernel.reserve(s.taps() * s.words() * kWordBits / 8);
    OP_REQUIRES_OK(c, PackRows(c, "input", x, s.channels, packed));
    OP_REQUIRES_OK(c, PackRows(c, "kernel", kernel, s.channels, packed_kernel));  // [taps, channels, 1]
    Epilogue sums;
    sums.y = y->flat<float>().data(), sums.y_stride = s.filters;
    const int64_t cycles = s.out_width * s.words() * (8 * s.taps() + 50);
    Parallel(c, s.batch * s.out_height, cycles, [&](int64_t begin, int64_t end) {
      table_->depthwise(s, packed, packed_kernel, begin, end, sums);
    });
  }

 private:
  ConvAttributes attributes_;
};

REGISTER_KERNEL_BUILDER(Name("BnnBinaryConv2DSigns").Device(DEVICE_CPU), Conv2DSigns);
REGISTER_KERNEL_BUILDER(Name("BnnMaxPoolPacked").Device(DEVICE_CPU), MaxPoolPacked);
REGISTER_KERNEL_BUILDER(Name("BnnBinaryDepthwiseConv2D").Device(DEVICE_CPU), DepthwiseConv2D);

}  // namespace
}  // namespace bnn
