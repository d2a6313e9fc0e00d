// The TensorFlow kernels of the gradients, on TensorFlow's intra-op threads.
#include <algorithm>

#include "isa/implementation.h"
#include "gradient/gradient.h"
#include "ops/context.h"
#include "ops/gradient_shape.h"

namespace bnn {
namespace {

// The threads, as the loops of gradient.h call them.
struct OnThreads {
  OpKernelContext* c;

  template <class Function>
  void operator()(int64_t items, int64_t cycles, const Function& function) const {
    Parallel(c, items, cycles, function);
  }
};

// Scatters a run's seed over all salts (the finalizer of MurmurHash3), so that those of neighbours do not differ by what
// noise24() makes of neighbouring positions. The two gradients of a layer differ by `side`.
uint32_t salt_of(int64_t seed, uint32_t side) {
  uint32_t h = static_cast<uint32_t>(seed);
  h = (h ^ (h >> 16)) * 0x85ebca6bu;
  h = (h ^ (h >> 13)) * 0xc2b2ae35u;
  return (h ^ (h >> 16)) + side;
}

class GradientOp : public OpKernel {
 public:
  GradientOp(OpKernelConstruction* c, bool matmul, uint32_t side) : OpKernel(c) {
    const Implementation* chosen = chosen_implementation();
    OP_REQUIRES(c, chosen != nullptr, InvalidArgument(type_string(), ": ", choice_error()));
    table_ = &chosen->gradients;
    if (!matmul) OP_REQUIRES_OK(c, ReadConvAttributes(c, false, &attributes_));
    std::string gradients;
    OP_REQUIRES_OK(c, c->GetAttr("gradients", &gradients));
    int64_t seed;
    OP_REQUIRES_OK(c, c->GetAttr("seed", &seed));
    rounding_ = {gradients == "float" ? 3 : (gradients == "int16" ? 2 : 1), gradients != "float", salt_of(seed, side)};
  }

 protected:
  const GradientTable* table_;
  ConvAttributes attributes_;
  Rounding rounding_;
};

template <bool kMatMul>
class InputGradientOp : public GradientOp {
 public:
  explicit InputGradientOp(OpKernelConstruction* c) : GradientOp(c, kMatMul, 1) {}

  void Compute(OpKernelContext* c) override {
    const Tensor &grad = c->input(0), &words = c->input(1), &kernel = c->input(2), &x = c->input(3);
    const bool is_float = x.dtype() == tensorflow::DT_FLOAT;
    ConvShape s;
    OP_REQUIRES_OK(c, MakeGradientShape(type_string(), kMatMul, attributes_,
                                        {Dims(grad), Dims(x), Dims(kernel), Dims(words)}, is_float, &s));
    TensorShape shape = x.shape();
    shape.set_dim(x.dims() - 1, s.channels);
    Tensor* out = nullptr;
    OP_REQUIRES_OK(c, c->allocate_output(0, shape, &out));
    if (out->NumElements() == 0) return;
    const InputSlope slope{is_float ? nullptr : Words(x), is_float ? x.flat<float>().data() : nullptr};
    run(InputGradient(*table_, s, rounding_, grad.flat<float>().data(), Words(words), slope,
                      out->flat<float>().data()),
        OnThreads{c});
  }
};

template <bool kMatMul>
class KernelGradientOp : public GradientOp {
 public:
  explicit KernelGradientOp(OpKernelConstruction* c) : GradientOp(c, kMatMul, 2) {
    std::string ste;
    OP_REQUIRES_OK(c, c->GetAttr("kernel_ste", &ste));
    approx_sign_ = ste == "approx_sign";
  }

  void Compute(OpKernelContext* c) override {
    const Tensor &grad = c->input(0), &x = c->input(1), &kernel = c->input(2);
    ConvShape s;
    OP_REQUIRES_OK(c, MakeGradientShape(type_string(), kMatMul, attributes_, {Dims(grad), Dims(x), Dims(kernel), {}},
                                        false, &s));
    Tensor* out = nullptr;
    OP_REQUIRES_OK(c, c->allocate_output(0, kernel.shape(), &out));
    float* to = out->flat<float>().data();
    if (grad.NumElements() == 0) {
      std::fill_n(to, out->NumElements(), 0.0f);
      return;
    }
    run(KernelGradient(*table_, s, rounding_, grad.flat<float>().data(), Words(x), kernel.flat<float>().data(),
                       approx_sign_, to),
        OnThreads{c});
  }

 private:
  bool approx_sign_ = false;
};

REGISTER_KERNEL_BUILDER(Name("BnnBinaryConv2DInputGradient").Device(DEVICE_CPU), InputGradientOp<false>);
REGISTER_KERNEL_BUILDER(Name("BnnBinaryMatMulInputGradient").Device(DEVICE_CPU), InputGradientOp<true>);
REGISTER_KERNEL_BUILDER(Name("BnnBinaryConv2DKernelGradient").Device(DEVICE_CPU), KernelGradientOp<false>);
REGISTER_KERNEL_BUILDER(Name("BnnBinaryMatMulKernelGradient").Device(DEVICE_CPU), KernelGradientOp<true>);

}  // namespace
}  // namespace bnn
