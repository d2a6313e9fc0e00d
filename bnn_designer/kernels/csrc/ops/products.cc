// The TensorFlow kernels of convolution and matrix product, of floats or of packed operands, and of the packing itself.
#include "ops/base.h"
#include "ops/kept_kernel.h"

namespace bnn {
namespace {

Epilogue Sums(Tensor* y, int64_t filters) {
  Epilogue sums;
  sums.y = y->flat<float>().data(), sums.y_stride = filters;
  return sums;
}

// The product of an input and a kernel in floats or, if kPacked, in words.
template <bool kPacked>
class InputProduct;

template <>
class InputProduct<true> : public BinaryOp {
 public:
  explicit InputProduct(OpKernelConstruction* c) : BinaryOp(c, false) {}

 protected:
  absl::Status MultiplyInputs(OpKernelContext* c, const ConvShape& s, Workspace* kept, const Epilogue& epilogue) const {
    uint64_t* tiled = kept->tiled.reserve(tiled_bytes(table(), s));
    Tile(c, Words(c->input(1)), s, tiled);
    Multiply(c, s, Words(c->input(0)), tiled, kept, epilogue);
    return absl::OkStatus();
  }
};

// The kernel in tile order stays for the next call.
template <>
class InputProduct<false> : public BinaryOp {
 public:
  explicit InputProduct(OpKernelConstruction* c) : BinaryOp(c, true) {}

 protected:
  absl::Status MultiplyInputs(OpKernelContext* c, const ConvShape& s, Workspace* kept, const Epilogue& epilogue) {
    const Tensor &x = c->input(0), &kernel = c->input(1);
    uint64_t* packed = kept->packed.reserve(s.batch * s.height * s.width * s.words() * kWordBits / 8);
    TF_RETURN_IF_ERROR(PackRows(c, "input", x, s.channels, packed));
    std::shared_ptr<const KeptKernel::Tiled> tiled = kernel_.find(kernel);
    if (tiled == nullptr) {
      auto made = std::make_shared<KeptKernel::Tiled>();
      made->kernel = kernel;
      TF_RETURN_IF_ERROR(PackTiled(c, kernel, s, made->words.reserve(tiled_bytes(table(), s))));
      tiled = std::move(made);
      kernel_.keep(tiled);
    }
    Multiply(c, s, packed, tiled->words.words(), kept, epilogue);
    return absl::OkStatus();
  }

 private:
  KeptKernel kernel_;
};

template <bool kPacked>
class Conv2D : public InputProduct<kPacked> {
 public:
  explicit Conv2D(OpKernelConstruction* c) : InputProduct<kPacked>(c) {
    OP_REQUIRES_OK(c, ReadConvAttributes(c, kPacked, &attributes_));
  }

  void Compute(OpKernelContext* c) override {
    const Tensor &x = c->input(0), &kernel = c->input(1);
    ConvShape s;
    OP_REQUIRES_OK(c, MakeConvShape(this->type_string(), attributes_, {Dims(x), Dims(kernel)}, &s));
    Tensor* y = nullptr;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({s.batch, s.out_height, s.out_width, s.filters}), &y));
    if (y->NumElements() == 0) return;
    const Workspaces::Lease kept(&this->workspaces_);
    OP_REQUIRES_OK(c, this->MultiplyInputs(c, s, kept.get(), Sums(y, s.filters)));
  }

 private:
  ConvAttributes attributes_;
};

template <bool kPacked>
class MatMul : public InputProduct<kPacked> {
 public:
  explicit MatMul(OpKernelConstruction* c) : InputProduct<kPacked>(c) {
    if (kPacked) OP_REQUIRES_OK(c, c->GetAttr("channels", &channels_));
  }

  void Compute(OpKernelContext* c) override {
    const Tensor &x = c->input(0), &kernel = c->input(1);
    OP_REQUIRES_OK(c, CheckMatMulShape(this->type_string(), Dims(x), Dims(kernel), kPacked, channels_));
    const ConvShape s = matmul_shape(x.dim_size(0), kPacked ? channels_ : x.dim_size(1), kernel.dim_size(1));
    Tensor* y = nullptr;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({s.batch, s.filters}), &y));
    if (y->NumElements() == 0) return;
    const Workspaces::Lease kept(&this->workspaces_);
    OP_REQUIRES_OK(c, this->MultiplyInputs(c, s, kept.get(), Sums(y, s.filters)));
  }

 private:
  int32_t channels_ = -1;
};

// A convolution that ends in thresholds, as a batch norm and a sign behind it become in a deployed network.
class Conv2DSigns : public InputProduct<true> {
 public:
  explicit Conv2DSigns(OpKernelConstruction* c) : InputProduct(c) {
    OP_REQUIRES_OK(c, ReadConvAttributes(c, true, &attributes_));
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
    OP_REQUIRES_OK(c, MultiplyInputs(c, s, kept.get(), signs));
  }

 private:
  ConvAttributes attributes_;
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
REGISTER_KERNEL_BUILDER(Name("BnnBinaryConv2DSigns").Device(DEVICE_CPU), Conv2DSigns);
REGISTER_KERNEL_BUILDER(Name("BnnBinaryMatMul").Device(DEVICE_CPU), MatMul<false>);
REGISTER_KERNEL_BUILDER(Name("BnnBinaryMatMulPacked").Device(DEVICE_CPU), MatMul<true>);
REGISTER_KERNEL_BUILDER(Name("BnnPack").Device(DEVICE_CPU), Pack<1>);
REGISTER_KERNEL_BUILDER(Name("BnnPackKernel").Device(DEVICE_CPU), Pack<2>);

}  // namespace
}  // namespace bnn
