// Max pool that remembers, in a byte a value, which tap of the window was the largest: its gradient then needs
// neither the input nor the output. Of equal values the first counts, row by row, as in TensorFlow.
#include <limits>

#include "ops/train.h"
#include "tensorflow/core/framework/op.h"

namespace bnn {
namespace {

using tensorflow::shape_inference::DimensionHandle;
using tensorflow::shape_inference::InferenceContext;
using tensorflow::shape_inference::ShapeHandle;

struct PoolAttributes {
  std::vector<int32_t> pool, strides;
  std::string padding;

  template <class Context>
  absl::Status Read(Context* c) {
    TF_RETURN_IF_ERROR(c->GetAttr("pool", &pool));
    TF_RETURN_IF_ERROR(c->GetAttr("strides", &strides));
    TF_RETURN_IF_ERROR(c->GetAttr("padding", &padding));
    for (const auto* pair : {&pool, &strides}) {
      if (pair->size() == 2 && (*pair)[0] >= 1 && (*pair)[1] >= 1) continue;
      return InvalidArgument("BnnMaxPool: ", pair == &pool ? "pool" : "strides",
                             " must be two whole numbers of at least 1, for height and width.");
    }
    if (static_cast<int64_t>(pool[0]) * pool[1] > 256) {
      return InvalidArgument("BnnMaxPool: a window of ", pool[0], "x", pool[1],
                             " has more taps than a byte can tell apart (256). Use tf.nn.max_pool2d.");
    }
    return absl::OkStatus();
  }
  bool same() const { return padding == "SAME"; }
};

absl::Status MakePoolShape(const std::string& op, const PoolAttributes& attributes, const std::vector<int64_t>& input,
                           PoolShape* shape) {
  if (input.size() != 4) {
    return InvalidArgument(op, ": the input must have 4 dimensions, [batch, height, width, channels], got shape ",
                           ShapeText(input), ". Add a batch dimension or reshape it.");
  }
  PoolShape& s = *shape;
  s.height = input[1], s.width = input[2], s.channels = input[3];
  s.pool_height = attributes.pool[0], s.pool_width = attributes.pool[1];
  s.stride_height = attributes.strides[0], s.stride_width = attributes.strides[1];
  s.out_height = output_size(s.height, s.pool_height, s.stride_height, 1, attributes.same());
  s.out_width = output_size(s.width, s.pool_width, s.stride_width, 1, attributes.same());
  s.pad_top = s.pad_left = 0;
  if (attributes.same()) {
    s.pad_top = total_padding(s.height, s.out_height, s.pool_height, s.stride_height, 1) / 2;
    s.pad_left = total_padding(s.width, s.out_width, s.pool_width, s.stride_width, 1) / 2;
  } else if (s.out_height < 1 || s.out_width < 1) {
    return InvalidArgument(op, ": a window of ", s.pool_height, "x", s.pool_width, " does not fit into the input ",
                           ShapeText(input), ". Use SAME padding, a smaller window or a larger input.");
  }
  return absl::OkStatus();
}

class MaxPool : public OpKernel {
 public:
  explicit MaxPool(OpKernelConstruction* c) : OpKernel(c) { OP_REQUIRES_OK(c, attributes_.Read(c)); }

  void Compute(OpKernelContext* c) override {
    const Tensor& x = c->input(0);
    PoolShape s;
    OP_REQUIRES_OK(c, MakePoolShape(type_string(), attributes_, Dims(x), &s));
    const TensorShape shape({x.dim_size(0), s.out_height, s.out_width, s.channels});
    Tensor *y = nullptr, *taps = nullptr;
    OP_REQUIRES_OK(c, c->allocate_output(0, shape, &y));
    OP_REQUIRES_OK(c, c->allocate_output(1, shape, &taps));
    if (y->NumElements() == 0) return;
    const int64_t in = s.height * s.width * s.channels, out = s.out_height * s.out_width * s.channels;
    Parallel(c, x.dim_size(0), in + out, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        train_table().max_pool(s, x.flat<float>().data() + n * in, y->flat<float>().data() + n * out,
                               taps->flat<uint8_t>().data() + n * out);
      }
    });
  }

 private:
  PoolAttributes attributes_;
};

class MaxPoolGrad : public OpKernel {
 public:
  explicit MaxPoolGrad(OpKernelConstruction* c) : OpKernel(c) { OP_REQUIRES_OK(c, attributes_.Read(c)); }

  void Compute(OpKernelContext* c) override {
    const Tensor &dy = c->input(0), &taps = c->input(1), &sizes = c->input(2);
    OP_REQUIRES(c, sizes.dims() == 1 && sizes.dim_size(0) == 4,
                InvalidArgument(type_string(), ": input_sizes has shape ", ShapeText(sizes), "; give the 4 sizes ",
                                "of the pool's input."));
    std::vector<int64_t> dims;
    for (int i = 0; i < 4; ++i) dims.push_back(sizes.flat<int32_t>()(i));
    TensorShape shape;
    OP_REQUIRES_OK(c, TensorShape::BuildTensorShape(dims, &shape));
    PoolShape s;
    OP_REQUIRES_OK(c, MakePoolShape(type_string(), attributes_, dims, &s));
    const std::vector<int64_t> expected{dims[0], s.out_height, s.out_width, s.channels};
    OP_REQUIRES(c, Dims(dy) == expected && Dims(taps) == expected,
                InvalidArgument(type_string(), ": the output's gradient has shape ", ShapeText(dy), " and the taps ",
                                ShapeText(taps), ", but an input of ", ShapeText(dims), " pools to ",
                                ShapeText(expected), "."));
    Tensor* dx = nullptr;
    OP_REQUIRES_OK(c, c->allocate_output(0, shape, &dx));
    if (dx->NumElements() == 0) return;
    const int64_t in = s.height * s.width * s.channels, out = s.out_height * s.out_width * s.channels;
    Parallel(c, dims[0], in + out, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        train_table().max_pool_gradient(s, dy.flat<float>().data() + n * out, taps.flat<uint8_t>().data() + n * out,
                                        dx->flat<float>().data() + n * in);
      }
    });
  }

 private:
  PoolAttributes attributes_;
};

absl::Status MaxPoolForwardShape(InferenceContext* c) {
  PoolAttributes attributes;
  TF_RETURN_IF_ERROR(attributes.Read(c));
  ShapeHandle x = c->input(0);
  if (!c->RankKnown(x)) {
    for (int i = 0; i < 2; ++i) c->set_output(i, c->UnknownShapeOfRank(4));
    return absl::OkStatus();
  }
  std::vector<int64_t> dims;
  for (int i = 0; i < c->Rank(x); ++i) dims.push_back(c->ValueKnown(c->Dim(x, i)) ? c->Value(c->Dim(x, i)) : -1);
  // Unknown sizes are taken as large enough, and stay unknown.
  std::vector<int64_t> large = dims;
  for (int64_t& dim : large) dim = dim < 0 ? std::numeric_limits<int32_t>::max() : dim;
  PoolShape s;
  TF_RETURN_IF_ERROR(MakePoolShape("BnnMaxPool", attributes, large, &s));
  const DimensionHandle height = dims[1] < 0 ? c->UnknownDim() : c->MakeDim(s.out_height);
  const DimensionHandle width = dims[2] < 0 ? c->UnknownDim() : c->MakeDim(s.out_width);
  for (int i = 0; i < 2; ++i) c->set_output(i, c->MakeShape({c->Dim(x, 0), height, width, c->Dim(x, 3)}));
  return absl::OkStatus();
}

absl::Status MaxPoolBackwardShape(InferenceContext* c) {
  ShapeHandle shape;
  TF_RETURN_IF_ERROR(c->MakeShapeFromShapeTensor(2, &shape));
  c->set_output(0, shape);
  return absl::OkStatus();
}

REGISTER_KERNEL_BUILDER(Name("BnnMaxPool").Device(DEVICE_CPU), MaxPool);
REGISTER_KERNEL_BUILDER(Name("BnnMaxPoolGrad").Device(DEVICE_CPU), MaxPoolGrad);

}  // namespace
}  // namespace bnn

REGISTER_OP("BnnMaxPool")
    .Input("input: float")
    .Output("output: float")
    .Output("taps: uint8")
    .Attr("pool: list(int)")
    .Attr("strides: list(int)")
    .Attr("padding: {'SAME', 'VALID'} = 'VALID'")
    .SetShapeFn(bnn::MaxPoolForwardShape)
    .Doc("Max pool, NHWC, and for each value the tap of its window it came from: row * pool width + column.");

REGISTER_OP("BnnMaxPoolGrad")
    .Input("output_gradient: float")
    .Input("taps: uint8")
    .Input("input_sizes: int32")
    .Output("input_gradient: float")
    .Attr("pool: list(int)")
    .Attr("strides: list(int)")
    .Attr("padding: {'SAME', 'VALID'} = 'VALID'")
    .SetShapeFn(bnn::MaxPoolBackwardShape)
    .Doc("The gradient of BnnMaxPool.");
