// The TensorFlow kernel with a packed result.
#include "ops_base.h"

namespace bnn {
namespace {

// A convolution that ends in thresholds, as a batch norm and a sign behind it become in a deployed network.
class Conv2DSigns : public BinaryOp {
 public:
  explicit Conv2DSigns(OpKernelConstruction* c) : BinaryOp(c, false) {
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
    OP_REQUIRES_OK(c, MultiplyInputs<true>(c, s, kept.get(), signs));
  }

 private:
  ConvAttributes attributes_;
};

REGISTER_KERNEL_BUILDER(Name("BnnBinaryConv2DSigns").Device(DEVICE_CPU), Conv2DSigns);

}  // namespace
}  // namespace bnn
