// Declares the training ops and their gradients: inputs, attributes, documentation and shape functions.
// gradient_forward.cc and gradient.cc implement them.
#include "ops/gradient_shape.h"

#include "tensorflow/core/framework/op.h"

namespace bnn {
namespace {

using tensorflow::shape_inference::InferenceContext;

}  // namespace

absl::Status MakeGradientShape(const std::string& op, bool matmul, const ConvAttributes& attributes,
                               const GradientSizes& sizes, bool float_input, ConvShape* shape) {
  const size_t rank = matmul ? 2 : 4;
  const bool with_words = !sizes.kernel_words.empty();
  const std::string shapes = " (gradient " + ShapeText(sizes.grad) + ", input " + ShapeText(sizes.input) + ", kernel " +
                             ShapeText(sizes.kernel) +
                             (with_words ? ", its words " + ShapeText(sizes.kernel_words) : "") + ")";
  if (sizes.grad.size() != rank || sizes.input.size() != rank || sizes.kernel.size() != rank ||
      (with_words && sizes.kernel_words.size() != rank)) {
    return InvalidArgument(op, ": the gradient, the input and the kernel must have ", rank, " dimensions", shapes,
                           ". Give them as the forward op had them.");
  }
  const int64_t channels = sizes.kernel[rank - 2], packed = channels < 0 ? kUnknown : word_count(channels);
  const auto differ = [](int64_t a, int64_t b) { return a >= 0 && b >= 0 && a != b; };
  bool words_differ = false;
  for (size_t i = 0; with_words && i < rank; ++i) {
    words_differ |= differ(sizes.kernel_words[i], i == rank - 2 ? packed : sizes.kernel[i]);
  }
  if (words_differ || differ(sizes.input[rank - 1], float_input ? channels : packed)) {
    return InvalidArgument(op, ": the kernel's ", channels, " channels take ", packed,
                           " words of 64 bits, in the packed input's last and the packed kernel's last ",
                           "but one dimension", shapes, ". Give the tensors that the forward op packed.");
  }
  // From here on as the float operands were.
  std::vector<int64_t> input = sizes.input, out;
  const std::vector<int64_t>& kernel = sizes.kernel;
  input[rank - 1] = channels;
  if (matmul) {
    TF_RETURN_IF_ERROR(CheckMatMulShape(op, input, kernel, false, kUnknown));
    *shape = matmul_shape(input[0], channels, kernel[1]);
    out = {input[0], kernel[1]};
  } else {
    TF_RETURN_IF_ERROR(MakeConvShape(op, attributes, {input, kernel}, shape));
    out = {shape->batch, shape->out_height, shape->out_width, shape->filters};
  }
  for (size_t i = 0; i < rank; ++i) {
    if (differ(sizes.grad[i], out[i])) {
      return InvalidArgument(op, ": the gradient must have the shape of the forward op's output, ", ShapeText(out),
                             shapes, ". Give the gradient of that output.");
    }
  }
  return absl::OkStatus();
}

namespace {

template <bool kMatMul>
absl::Status TrainingShapeFn(InferenceContext* c) {
  const size_t rank = kMatMul ? 2 : 4;
  auto input = InferredDims(c, c->input(0), rank), kernel = InferredDims(c, c->input(1), rank);
  if (kMatMul) {
    TF_RETURN_IF_ERROR(CheckMatMulShape("BnnBinaryMatMul", input, kernel, false, kUnknown));
    c->set_output(0, InferredShape(c, {input[0], kernel[1]}));
  } else {
    ConvAttributes attributes;
    TF_RETURN_IF_ERROR(ReadConvAttributes(c, false, &attributes));
    ConvShape shape;
    TF_RETURN_IF_ERROR(MakeConvShape("BnnBinaryConv2D", attributes, {input, kernel}, &shape));
    c->set_output(0, InferredShape(c, {shape.batch, shape.out_height, shape.out_width, shape.filters}));
  }
  const int64_t channels = input[rank - 1] >= 0 ? input[rank - 1] : kernel[rank - 2];
  input[rank - 1] = kernel[rank - 2] = channels < 0 ? kUnknown : word_count(channels);
  std::string ste;
  TF_RETURN_IF_ERROR(c->GetAttr("input_ste", &ste));
  c->set_output(1, InferredShape(c, input));
  c->set_output(2, InferredShape(c, ste == "ste_sign" ? input : std::vector<int64_t>{0}));
  c->set_output(3, InferredShape(c, kernel));
  return absl::OkStatus();
}

template <bool kMatMul>
absl::Status InputGradientShapeFn(InferenceContext* c) {
  const size_t rank = kMatMul ? 2 : 4;
  ConvAttributes attributes;
  if (!kMatMul) TF_RETURN_IF_ERROR(ReadConvAttributes(c, false, &attributes));
  tensorflow::DataType type;
  TF_RETURN_IF_ERROR(c->GetAttr("T", &type));
  const auto dims = [&](int input) { return InferredDims(c, c->input(input), rank); };
  GradientSizes sizes{dims(0), dims(3), dims(2), dims(1)};
  ConvShape shape;
  TF_RETURN_IF_ERROR(MakeGradientShape(kMatMul ? "BnnBinaryMatMulInputGradient" : "BnnBinaryConv2DInputGradient",
                                       kMatMul, attributes, sizes, type == tensorflow::DT_FLOAT, &shape));
  sizes.input[rank - 1] = sizes.kernel[rank - 2];
  c->set_output(0, InferredShape(c, sizes.input));
  return absl::OkStatus();
}

template <bool kMatMul>
absl::Status KernelGradientShapeFn(InferenceContext* c) {
  const size_t rank = kMatMul ? 2 : 4;
  ConvAttributes attributes;
  if (!kMatMul) TF_RETURN_IF_ERROR(ReadConvAttributes(c, false, &attributes));
  const auto dims = [&](int input) { return InferredDims(c, c->input(input), rank); };
  const GradientSizes sizes{dims(0), dims(1), dims(2), {}};
  ConvShape shape;
  TF_RETURN_IF_ERROR(MakeGradientShape(kMatMul ? "BnnBinaryMatMulKernelGradient" : "BnnBinaryConv2DKernelGradient",
                                       kMatMul, attributes, sizes, false, &shape));
  c->set_output(0, InferredShape(c, sizes.kernel));
  return absl::OkStatus();
}

}  // namespace
}  // namespace bnn

REGISTER_OP("BnnBinaryConv2DTraining")
    .Input("input: float")
    .Input("kernel: float")
    .Output("output: float")
    .Output("words: int64")
    .Output("mask: int64")
    .Output("kernel_words: int64")
    .Attr("strides: list(int) = [1, 1]")
    .Attr("dilations: list(int) = [1, 1]")
    .Attr("padding: {'SAME', 'VALID'} = 'VALID'")
    .Attr("pad_value: int = 0")
    .Attr("check_nan: bool = true")
    .Attr("input_ste: {'ste_sign', 'approx_sign'} = 'ste_sign'")
    .Attr("kernel_ste: {'ste_sign', 'approx_sign'} = 'ste_sign'")
    .Attr("gradients: {'float', 'int16', 'int8', 'multiplied'} = 'float'")
    .Attr("seed: int = 0")
    .SetShapeFn(bnn::TrainingShapeFn<false>)
    .Doc("BnnBinaryConv2D that also gives what its gradient needs in place of the input: words, mask of |x| <= 1.");

REGISTER_OP("BnnBinaryMatMulTraining")
    .Input("input: float")
    .Input("kernel: float")
    .Output("output: float")
    .Output("words: int64")
    .Output("mask: int64")
    .Output("kernel_words: int64")
    .Attr("check_nan: bool = true")
    .Attr("input_ste: {'ste_sign', 'approx_sign'} = 'ste_sign'")
    .Attr("kernel_ste: {'ste_sign', 'approx_sign'} = 'ste_sign'")
    .Attr("gradients: {'float', 'int16', 'int8', 'multiplied'} = 'float'")
    .Attr("seed: int = 0")
    .SetShapeFn(bnn::TrainingShapeFn<true>)
    .Doc("BnnBinaryMatMul that also gives what its gradient needs in place of the float input.");

REGISTER_OP("BnnBinaryConv2DInputGradient")
    .Input("gradient: float")
    .Input("kernel_words: int64")
    .Input("kernel: float")
    .Input("input: T")
    .Output("input_gradient: float")
    .Attr("T: {int64, float}")
    .Attr("strides: list(int) = [1, 1]")
    .Attr("dilations: list(int) = [1, 1]")
    .Attr("padding: {'SAME', 'VALID'} = 'VALID'")
    .Attr("pad_value: int = 0")
    .Attr("gradients: {'float', 'int16', 'int8'} = 'float'")
    .Attr("seed: int = 0")
    .SetShapeFn(bnn::InputGradientShapeFn<false>)
    .Doc(
        "Of the packed kernel (of the latent one only the shape counts) and, in bits, where |x| <= 1 (ste_sign), or "
        "of the float input (approx_sign).");

REGISTER_OP("BnnBinaryMatMulInputGradient")
    .Input("gradient: float")
    .Input("kernel_words: int64")
    .Input("kernel: float")
    .Input("input: T")
    .Output("input_gradient: float")
    .Attr("T: {int64, float}")
    .Attr("gradients: {'float', 'int16', 'int8'} = 'float'")
    .Attr("seed: int = 0")
    .SetShapeFn(bnn::InputGradientShapeFn<true>)
    .Doc("BnnBinaryConv2DInputGradient of a matrix product.");

REGISTER_OP("BnnBinaryConv2DKernelGradient")
    .Input("gradient: float")
    .Input("input: int64")
    .Input("kernel: float")
    .Output("kernel_gradient: float")
    .Attr("strides: list(int) = [1, 1]")
    .Attr("dilations: list(int) = [1, 1]")
    .Attr("padding: {'SAME', 'VALID'} = 'VALID'")
    .Attr("pad_value: int = 0")
    .Attr("kernel_ste: {'ste_sign', 'approx_sign'} = 'ste_sign'")
    .Attr("gradients: {'float', 'int16', 'int8'} = 'float'")
    .Attr("seed: int = 0")
    .SetShapeFn(bnn::KernelGradientShapeFn<false>)
    .Doc("Of a packed input and the latent kernel, whose values decide where the estimator lets the gradient pass.");

REGISTER_OP("BnnBinaryMatMulKernelGradient")
    .Input("gradient: float")
    .Input("input: int64")
    .Input("kernel: float")
    .Output("kernel_gradient: float")
    .Attr("kernel_ste: {'ste_sign', 'approx_sign'} = 'ste_sign'")
    .Attr("gradients: {'float', 'int16', 'int8'} = 'float'")
    .Attr("seed: int = 0")
    .SetShapeFn(bnn::KernelGradientShapeFn<true>)
    .Doc("BnnBinaryConv2DKernelGradient of a matrix product.");
