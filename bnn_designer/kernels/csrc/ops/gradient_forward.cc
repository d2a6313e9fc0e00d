// The TensorFlow kernels of the forward pass in training.
#include "ops/base.h"
#include "ops/kept_kernel.h"

namespace bnn {
namespace {

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
      OP_REQUIRES_OK(c, CheckMatMulShape(Name(), Dims(x), Dims(kernel), false, -1));
      s = matmul_shape(x.dim_size(0), x.dim_size(1), kernel.dim_size(1));
    } else {
      OP_REQUIRES_OK(c, MakeConvShape(Name(), attributes_, {Dims(x), Dims(kernel)}, &s));
    }
    KeptKernel::release(kernel);
    TensorShape y_shape({s.batch, s.out_height, s.out_width, s.filters});
    if (kMatMul) y_shape = TensorShape({s.batch, s.filters});
    TensorShape words_shape = x.shape(), kernel_shape = kernel.shape();
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
    const Workspaces::Lease kept(&workspaces_);
    uint64_t* tiled = kept->tiled.reserve(tiled_bytes(table(), s));
    Tile(c, Words(*kernel_words), s, tiled);
    Epilogue sums;
    sums.y = y->flat<float>().data(), sums.y_stride = s.filters;
    Multiply(c, s, Words(*words), tiled, kept.get(), sums);
  }

 private:
  ConvAttributes attributes_;
  bool masked_ = true;
};

REGISTER_KERNEL_BUILDER(Name("BnnBinaryConv2DTraining").Device(DEVICE_CPU), Training<false>);
REGISTER_KERNEL_BUILDER(Name("BnnBinaryMatMulTraining").Device(DEVICE_CPU), Training<true>);

}  // namespace
}  // namespace bnn
