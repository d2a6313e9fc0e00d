// The TensorFlow kernels with float results: convolution and matrix product, of floats or of packed operands, and the
// packing itself.
#include "ops_base.h"

namespace bnn {
namespace {

Epilogue Sums(Tensor* y, int64_t filters) {
  Epilogue sums;
  sums.y = y->flat<float>().data(), sums.y_stride = filters;
  return sums;
}

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
    const Workspaces::Lease kept(&workspaces_);
    OP_REQUIRES_OK(c, MultiplyInputs<kPacked>(c, s, kept.get(), Sums(y, s.filters)));
  }

 private:
  ConvAttributes attributes_;
};

template <bool kPacked>
class MatMul : public BinaryOp {
 public:
  explicit MatMul(OpKernelConstruction* c) : BinaryOp(c, !kPacked) {
    if (kPacked) OP_REQUIRES_OK(c, c->GetAttr("channels", &channels_));
  }

  void Compute(OpKernelContext* c) override {
    const Tensor &x = c->input(0), &kernel = c->input(1);
    OP_REQUIRES_OK(c, CheckMatMulShape(type_string(), Dims(x), Dims(kernel), kPacked, channels_));
    const ConvShape s = matmul_shape(x.dim_size(0), kPacked ? channels_ : x.dim_size(1), kernel.dim_size(1));
    Tensor* y = nullptr;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({s.batch, s.filters}), &y));
    if (y->NumElements() == 0) return;
    const Workspaces::Lease kept(&workspaces_);
    OP_REQUIRES_OK(c, MultiplyInputs<kPacked>(c, s, kept.get(), Sums(y, s.filters)));
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
REGISTER_KERNEL_BUILDER(Name("BnnBinaryConv2DPacked").Device(DEVICE_CPU), Conv2D<true>);
REGISTER_KERNEL_BUILDER(Name("BnnBinaryMatMul").Device(DEVICE_CPU), MatMul<false>);
REGISTER_KERNEL_BUILDER(Name("BnnBinaryMatMulPacked").Device(DEVICE_CPU), MatMul<true>);
REGISTER_KERNEL_BUILDER(Name("BnnPack").Device(DEVICE_CPU), Pack<1>);
REGISTER_KERNEL_BUILDER(Name("BnnPackKernel").Device(DEVICE_CPU), Pack<2>);

}  // namespace
}  // namespace bnn
