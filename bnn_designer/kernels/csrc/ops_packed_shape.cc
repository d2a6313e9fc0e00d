// Declares the op of ops_packed.cc.
#include "ops_shape.h"
#include "tensorflow/core/framework/op.h"

namespace bnn {
namespace {

using tensorflow::shape_inference::InferenceContext;

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

}  // namespace
}  // namespace bnn

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
