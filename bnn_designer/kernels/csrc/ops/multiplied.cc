// What gradients that TensorFlow multiplies need around its float ops: the signs that the forward op packed as floats
// (BnnUnpack), and the derivative of the straight-through estimator, from its bits (BnnMaskGradient) or from the input
// itself (BnnSlopeGradient). The last two write over the gradient they take, if nobody else holds it.
#include <algorithm>
#include <cstring>

#include "ops/context.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace bnn {
namespace {

using tensorflow::shape_inference::InferenceContext;

// Four bits at a time: one of 16 values of 4 x 32 bits, which is loaded and stored as a whole.
constexpr int64_t kBits = 4;
using Four = uint32_t __attribute__((vector_size(16)));
using FourFloats = float __attribute__((vector_size(16)));

class FoursOfBits {
 public:
  FoursOfBits(uint32_t clear, uint32_t set) {
    for (uint32_t value = 0; value < 16; ++value) {
      for (uint32_t bit = 0; bit < kBits; ++bit) fours_[value][bit] = value >> bit & 1 ? set : clear;
    }
  }

  // store(channel, count, lanes) for each four channels of a row, of which the last may be fewer.
  template <class Store>
  void for_row(const uint64_t* words, int64_t channels, const Store& store) const {
    const int64_t whole = channels / kWordBits;
    for (int64_t w = 0; w < whole; ++w) {
      uint64_t word = words[w];
      for (int64_t c = 0; c < kWordBits; c += kBits, word >>= kBits) store(w * kWordBits + c, kBits, fours_[word & 15]);
    }
    for (int64_t c = whole * kWordBits; c < channels; c += kBits) {
      const int64_t left = channels - c;
      store(c, left < kBits ? left : kBits, fours_[words[whole] >> (c % kWordBits) & 15]);
    }
  }

 private:
  Four fours_[16];
};

uint32_t bits_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

// A whole four in one load or store: a size that is known only then would be a call for each.
Four load_floats(const float* in, int64_t count) {
  Four four{};
  if (count == kBits) {
    std::memcpy(&four, in, sizeof(four));
  } else {
    std::memcpy(&four, in, sizeof(float) * static_cast<size_t>(count));
  }
  return four;
}

void store_floats(const Four& four, int64_t count, float* out) {
  if (count == kBits) {
    std::memcpy(out, &four, sizeof(four));
  } else {
    std::memcpy(out, &four, sizeof(float) * static_cast<size_t>(count));
  }
}

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

class Unpack : public OpKernel {
 public:
  explicit Unpack(OpKernelConstruction* c) : OpKernel(c), fours_(bits_of(1), bits_of(-1)) {
    OP_REQUIRES_OK(c, c->GetAttr("channels", &channels_));
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
      for (int64_t row = begin; row < end; ++row) {
        float* to = out + row * channels_;
        fours_.for_row(in + row * row_words, channels_, [&](int64_t channel, int64_t count, const Four& four) {
          store_floats(four, count, to + channel);
        });
      }
    });
  }

 private:
  int64_t channels_ = 0;
  FoursOfBits fours_;
};

// Gradient times a derivative, in its own memory where it can be had.
class Sloped : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor& gradient = c->input(0);
    OP_REQUIRES(c, gradient.dims() > 0,
                InvalidArgument(type_string(), ": the gradient needs a dimension of channels, got a single number."));
    OP_REQUIRES_OK(c, Check(gradient, c->input(1)));
    Tensor* output = nullptr;
    OP_REQUIRES_OK(c, c->forward_input_or_allocate_output({0}, 0, gradient.shape(), &output));
    if (gradient.NumElements() != 0) Fill(c, gradient, c->input(1), output->flat<float>().data());
  }

 protected:
  virtual absl::Status Check(const Tensor& gradient, const Tensor& input) const = 0;
  virtual void Fill(OpKernelContext* c, const Tensor& gradient, const Tensor& input, float* out) const = 0;

  absl::Status Misfit(const Tensor& gradient, const char* name, const Tensor& input) const {
    return InvalidArgument(type_string(), ": ", name, " has shape ", ShapeText(input), " and the gradient ",
                           ShapeText(gradient), "; give the forward op's own.");
  }
};

// ste_sign: the gradient where the mask's bit is set, else 0.
class MaskGradient : public Sloped {
 public:
  explicit MaskGradient(OpKernelConstruction* c) : Sloped(c), fours_(0, ~0u) {}

 private:
  absl::Status Check(const Tensor& gradient, const Tensor& mask) const override {
    TensorShape words = gradient.shape();
    const int last = gradient.dims() - 1;
    words.set_dim(last, word_count(gradient.dim_size(last)));
    return mask.shape() == words ? absl::OkStatus() : Misfit(gradient, "the mask", mask);
  }

  void Fill(OpKernelContext* c, const Tensor& gradient, const Tensor& mask, float* out) const override {
    const int64_t channels = gradient.dim_size(gradient.dims() - 1), row_words = word_count(channels);
    const float* in = gradient.flat<float>().data();
    const uint64_t* words = Words(mask);
    Parallel(c, gradient.NumElements() / channels, channels, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        fours_.for_row(words + row * row_words, channels, [&](int64_t channel, int64_t count, const Four& four) {
          const int64_t at = row * channels + channel;
          store_floats(load_floats(in + at, count) & four, count, out + at);
        });
      }
    });
  }

  FoursOfBits fours_;
};

// approx_sign: (2 - 2 |x|) times the gradient where |x| <= 1, else 0.
class SlopeGradient : public Sloped {
 public:
  using Sloped::Sloped;

 private:
  absl::Status Check(const Tensor& gradient, const Tensor& x) const override {
    return x.shape() == gradient.shape() ? absl::OkStatus() : Misfit(gradient, "x", x);
  }

  void Fill(OpKernelContext* c, const Tensor& gradient, const Tensor& x, float* out) const override {
    const float *in = gradient.flat<float>().data(), *at = x.flat<float>().data();
    const int64_t count = gradient.NumElements();
    Parallel(c, (count + kBits - 1) / kBits, 4, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin * kBits; i < std::min(count, end * kBits); i += kBits) {
        const int64_t left = std::min(kBits, count - i);
        const FourFloats size = FourFloats(load_floats(at + i, left) & 0x7fffffffu);
        const FourFloats sloped = (2 - 2 * size) * FourFloats(load_floats(in + i, left));
        store_floats(Four(sloped) & Four(size <= 1), left, out + i);
      }
    });
  }
};

REGISTER_KERNEL_BUILDER(Name("BnnUnpack").Device(DEVICE_CPU), Unpack);
REGISTER_KERNEL_BUILDER(Name("BnnMaskGradient").Device(DEVICE_CPU), MaskGradient);
REGISTER_KERNEL_BUILDER(Name("BnnSlopeGradient").Device(DEVICE_CPU), SlopeGradient);

}  // namespace
}  // namespace bnn

REGISTER_OP("BnnUnpack")
    .Input("words: int64")
    .Output("output: float")
    .Attr("channels: int >= 1")
    .SetShapeFn(bnn::UnpackShapeFn)
    .Doc("What BnnPack packed, as floats: 1 for a bit of 0, -1 for one of 1.");

REGISTER_OP("BnnMaskGradient")
    .Input("gradient: float")
    .Input("mask: int64")
    .Output("output: float")
    .SetShapeFn(tensorflow::shape_inference::UnchangedShape)
    .Doc("The gradient [..., channels] where the mask's bit [..., words] is set, else 0: ste_sign's.");

REGISTER_OP("BnnSlopeGradient")
    .Input("gradient: float")
    .Input("x: float")
    .Output("output: float")
    .SetShapeFn(tensorflow::shape_inference::UnchangedShape)
    .Doc("The gradient times 2 - 2 |x| where |x| <= 1, else 0: approx_sign's.");
