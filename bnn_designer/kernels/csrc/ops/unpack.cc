// BnnUnpack: bits of words -> floats, of which there are two. For gradients that multiply what the forward op packed.
#include <algorithm>
#include <cstring>

#include "ops/context.h"
#include "tensorflow/core/framework/op.h"

namespace bnn {
namespace {

using tensorflow::shape_inference::InferenceContext;

absl::Status UnpackShapeFn(InferenceContext* c) {
  int64_t channels;
  TF_RETURN_IF_ERROR(c->GetAttr("channels", &channels));
  if (!c->RankKnown(c->input(0))) {
    c->set_output(0, c->UnknownShape());
    return absl::OkStatus();
  }
  auto dims = InferredDims(c, c->input(0), 0);
  if (dims.empty() || (dims.back() >= 0 && dims.back() != word_count(channels))) {
    return InvalidArgument("BnnUnpack: ", channels, " channels are ", word_count(channels),
                           " words of the last dimension, got shape ", ShapeText(dims), ". Give what BnnPack made.");
  }
  dims.back() = channels;
  c->set_output(0, InferredShape(c, dims));
  return absl::OkStatus();
}

// Four bits at a time: the floats of each of their 16 values.
class Unpack : public OpKernel {
 public:
  explicit Unpack(OpKernelConstruction* c) : OpKernel(c) {
    float clear, set;
    OP_REQUIRES_OK(c, c->GetAttr("channels", &channels_));
    OP_REQUIRES_OK(c, c->GetAttr("clear", &clear));
    OP_REQUIRES_OK(c, c->GetAttr("set", &set));
    for (int value = 0; value < 16; ++value) {
      for (int bit = 0; bit < kBits; ++bit) floats_[value][bit] = value >> bit & 1 ? set : clear;
    }
  }

  void Compute(OpKernelContext* c) override {
    const Tensor& words = c->input(0);
    const int64_t row_words = word_count(channels_);
    OP_REQUIRES(c, words.dims() > 0 && words.dim_size(words.dims() - 1) == row_words,
                InvalidArgument(type_string(), ": ", channels_, " channels are ", row_words,
                                " words of the last dimension, got shape ", ShapeText(words),
                                ". Give what BnnPack made."));
    TensorShape shape = words.shape();
    shape.set_dim(words.dims() - 1, channels_);
    Tensor* floats = nullptr;
    OP_REQUIRES_OK(c, c->allocate_output(0, shape, &floats));
    if (floats->NumElements() == 0) return;
    const uint64_t* in = Words(words);
    float* out = floats->flat<float>().data();
    Parallel(c, floats->NumElements() / channels_, channels_, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) unpack(in + row * row_words, out + row * channels_);
    });
  }

 private:
  static constexpr int64_t kBits = 4;

  void unpack(const uint64_t* words, float* out) const {
    for (int64_t c = 0; c < channels_; c += kBits) {
      const float* four = floats_[words[c / kWordBits] >> (c % kWordBits) & 15];
      std::memcpy(out + c, four, sizeof(float) * std::min(kBits, channels_ - c));
    }
  }

  int64_t channels_ = 0;
  float floats_[16][kBits];
};

REGISTER_KERNEL_BUILDER(Name("BnnUnpack").Device(DEVICE_CPU), Unpack);

}  // namespace
}  // namespace bnn

REGISTER_OP("BnnUnpack")
    .Input("words: int64")
    .Output("output: float")
    .Attr("channels: int >= 1")
    .Attr("clear: float = 1")
    .Attr("set: float = -1")
    .SetShapeFn(bnn::UnpackShapeFn)
    .Doc("What BnnPack packed, as floats: `clear` for a bit of 0, `set` for one of 1.");
