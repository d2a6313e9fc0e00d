// Declares the ops of products.cc: inputs, attributes, documentation and shape functions.
#include "ops/shape.h"
#include "tensorflow/core/framework/op.h"

namespace bnn {
namespace {

using tensorflow::shape_inference::InferenceContext;

template <bool kPacked>
absl::Status ConvShapeFn(InferenceContext* c) {
  const std::string op = kPacked ? "BnnBinaryConv2DPacked" : "BnnBinaryConv2D";
  ConvAttributes attributes;
  TF_RETURN_IF_ERROR(ReadConvAttributes(c, kPacked, &attributes));
  const ConvSizes sizes{InferredDims(c, c->input(0), 4), InferredDims(c, c->input(1), 4)};
  ConvShape shape;
  TF_RETURN_IF_ERROR(MakeConvShape(op, attributes, sizes, &shape));
  c->set_output(0, InferredShape(c, {shape.batch, shape.out_height, shape.out_width, shape.filters}));
  return absl::OkStatus();
}

absl::Status SignsShapeFn(InferenceContext* c) {
  ConvAttributes attributes;
  TF_RETURN_IF_ERROR(ReadConvAttributes(c, true, &attributes));
  ConvShape shape;
  const ConvSizes sizes{InferredDims(c, c->input(0), 4), InferredDims(c, c->input(1), 4)};
  TF_RETURN_IF_ERROR(MakeConvShape("BnnBinaryConv2DSigns", attributes, sizes, &shape));
  TF_RETURN_IF_ERROR(CheckThresholds("BnnBinaryConv2DSigns", InferredDims(c, c->input(2), 1),
                                     InferredDims(c, c->input(3), 1), shape.filters));
  const int64_t words = shape.filters < 0 ? -1 : word_count(shape.filters);
  c->set_output(0, InferredShape(c, {shape.batch, shape.out_height, shape.out_width, words}));
  return absl::OkStatus();
}

template <bool kPacked>
absl::Status MatMulShapeFn(InferenceContext* c) {
  int32_t channels = -1;
  if (kPacked) TF_RETURN_IF_ERROR(c->GetAttr("channels", &channels));
  const auto input = InferredDims(c, c->input(0), 2), kernel = InferredDims(c, c->input(1), 2);
  TF_RETURN_IF_ERROR(
      CheckMatMulShape(kPacked ? "BnnBinaryMatMulPacked" : "BnnBinaryMatMul", input, kernel, kPacked, channels));
  c->set_output(0, InferredShape(c, {input[0], kernel[1]}));
  return absl::OkStatus();
}

// axis_from_end: 1 packs the last dimension, 2 the last but one.
template <int kAxisFromEnd>
absl::Status PackShapeFn(InferenceContext* c) {
  if (!c->RankKnown(c->input(0))) {
    c->set_output(0, c->UnknownShape());
    return absl::OkStatus();
  }
  auto dims = InferredDims(c, c->input(0), 0);
  if (dims.size() < kAxisFromEnd) {
    return InvalidArgument(kAxisFromEnd == 1 ? "BnnPack" : "BnnPackKernel", ": the input must have at least ",
                           kAxisFromEnd, " dimensions, got shape ", ShapeText(dims), ". Reshape it.");
  }
  int64_t& packed = dims[dims.size() - kAxisFromEnd];
  if (packed >= 0) packed = word_count(packed);
  c->set_output(0, InferredShape(c, dims));
  return absl::OkStatus();
}

}  // namespace
}  // namespace bnn

REGISTER_OP("BnnBinaryConv2D")
    .Input("input: float")
    .Input("kernel: float")
    .Output("output: float")
    .Attr("strides: list(int) = [1, 1]")
    .Attr("dilations: list(int) = [1, 1]")
    .Attr("padding: {'SAME', 'VALID'} = 'VALID'")
    .Attr("pad_value: int = 0")
    .Attr("check_nan: bool = true")
    .Attr("input_ste: {'ste_sign', 'approx_sign'} = 'ste_sign'")
    .Attr("kernel_ste: {'ste_sign', 'approx_sign'} = 'ste_sign'")
    .SetShapeFn(bnn::ConvShapeFn<false>)
    .Doc("conv2d(sign(input), sign(kernel)), NHWC and HWIO, with sign(0) = +1; outside the image stands pad_value.");

REGISTER_OP("BnnBinaryConv2DPacked")
    .Input("input: int64")
    .Input("kernel: int64")
    .Output("output: float")
    .Attr("channels: int")
    .Attr("strides: list(int) = [1, 1]")
    .Attr("dilations: list(int) = [1, 1]")
    .Attr("padding: {'SAME', 'VALID'} = 'VALID'")
    .Attr("pad_value: int = 0")
    .SetShapeFn(bnn::ConvShapeFn<true>)
    .Doc("BnnBinaryConv2D of an input from BnnPack and a kernel from BnnPackKernel.");

REGISTER_OP("BnnBinaryConv2DSigns")
    .Input("input: int64")
    .Input("kernel: int64")
    .Input("thresholds: int32")
    .Input("flips: int64")
    .Output("words: int64")
    .Attr("channels: int")
    .Attr("strides: list(int) = [1, 1]")
    .Attr("dilations: list(int) = [1, 1]")
    .Attr("padding: {'SAME', 'VALID'} = 'VALID'")
    .Attr("pad_value: int = 0")
    .SetShapeFn(bnn::SignsShapeFn)
    .Doc("BnnBinaryConv2DPacked with packed output: bit f is (sum < thresholds[f]) != bit f of flips.");

REGISTER_OP("BnnBinaryMatMul")
    .Input("input: float")
    .Input("kernel: float")
    .Output("output: float")
    .Attr("check_nan: bool = true")
    .Attr("input_ste: {'ste_sign', 'approx_sign'} = 'ste_sign'")
    .Attr("kernel_ste: {'ste_sign', 'approx_sign'} = 'ste_sign'")
    .SetShapeFn(bnn::MatMulShapeFn<false>)
    .Doc("matmul(sign(input), sign(kernel)) with sign(0) = +1.");

REGISTER_OP("BnnBinaryMatMulPacked")
    .Input("input: int64")
    .Input("kernel: int64")
    .Output("output: float")
    .Attr("channels: int")
    .SetShapeFn(bnn::MatMulShapeFn<true>)
    .Doc("BnnBinaryMatMul of an input from BnnPack and a kernel from BnnPackKernel.");

REGISTER_OP("BnnPack")
    .Input("input: float")
    .Output("words: int64")
    .Attr("check_nan: bool = true")
    .SetShapeFn(bnn::PackShapeFn<1>)
    .Doc("Signs of the last dimension as bits of 64-bit words: bit 1 where the value is below zero.");

REGISTER_OP("BnnPackKernel")
    .Input("kernel: float")
    .Output("words: int64")
    .Attr("check_nan: bool = true")
    .SetShapeFn(bnn::PackShapeFn<2>)
    .Doc("Signs of the last but one dimension of [..., channels, filters] as bits: [..., words, filters].");
