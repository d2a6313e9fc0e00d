// Declares the ops: inputs, attributes, documentation and shape functions. ops.cc implements them.
#include "ops_shape.h"

#include <limits>

#include "tensorflow/core/framework/op.h"

namespace bnn {
namespace {

using tensorflow::shape_inference::DimensionHandle;
using tensorflow::shape_inference::InferenceContext;
using tensorflow::shape_inference::ShapeHandle;

constexpr int64_t kUnknown = -1;
constexpr int64_t kMaximum = std::numeric_limits<int32_t>::max();

// Rank 0 stands for an unknown rank: a known one is never 0 where this is asked.
std::vector<int64_t> Dims(InferenceContext* c, ShapeHandle shape, size_t rank_if_unknown) {
  if (!c->RankKnown(shape)) return std::vector<int64_t>(rank_if_unknown, kUnknown);
  std::vector<int64_t> dims;
  for (int i = 0; i < c->Rank(shape); ++i) {
    DimensionHandle dim = c->Dim(shape, i);
    dims.push_back(c->ValueKnown(dim) ? c->Value(dim) : kUnknown);
  }
  return dims;
}

ShapeHandle MakeShape(InferenceContext* c, const std::vector<int64_t>& dims) {
  std::vector<DimensionHandle> handles;
  for (int64_t dim : dims) handles.push_back(dim < 0 ? c->UnknownDim() : c->MakeDim(dim));
  return c->MakeShape(handles);
}

// The product, or a value above kMaximum if it is too large; unknown factors count as one.
int64_t Product(const std::vector<int64_t>& factors) {
  int64_t product = 1;
  for (int64_t factor : factors) {
    if (factor == 0) return 0;
    if (factor > 0) product = product > kMaximum / factor ? kMaximum + 1 : product * factor;
    if (product > kMaximum) return kMaximum + 1;
  }
  return product;
}

absl::Status CheckPair(const std::string& op, const char* name, const std::vector<int32_t>& pair) {
  if (pair.size() == 2 && pair[0] >= 1 && pair[1] >= 1) return absl::OkStatus();
  std::string values;
  for (int32_t value : pair) values += (values.empty() ? "" : ", ") + std::to_string(value);
  return InvalidArgument(op, ": ", name, " are (", values, "); they must be two whole numbers of at least 1, for ",
                         "height and width. Give ", name, "=(1, 1) or larger.");
}

}  // namespace

std::string ShapeText(const std::vector<int64_t>& dims) {
  std::string text;
  for (int64_t dim : dims) text += (text.empty() ? "" : ",") + (dim < 0 ? std::string("?") : std::to_string(dim));
  return "[" + text + "]";
}

absl::Status MakeConvShape(const std::string& op, const ConvAttributes& attributes, const ConvSizes& sizes,
                           ConvShape* shape) {
  const bool packed = attributes.channels >= 0;
  const auto &x = sizes.input, &k = sizes.kernel;
  const std::string shapes = " (input " + ShapeText(x) + ", kernel " + ShapeText(k) + ")";
  if (x.size() != 4) {
    return InvalidArgument(op, ": the input must have 4 dimensions, ",
                           packed ? "[batch, height, width, words]" : "[batch, height, width, channels]", shapes,
                           ". Add a batch dimension or reshape it.");
  }
  if (k.size() != 4) {
    return InvalidArgument(op, ": the kernel must have 4 dimensions, [kernel height, kernel width, ",
                           packed ? "words" : "channels", ", filters]", shapes, ". Reshape it.");
  }
  TF_RETURN_IF_ERROR(CheckPair(op, "strides", attributes.strides));
  TF_RETURN_IF_ERROR(CheckPair(op, "dilations", attributes.dilations));
  if (attributes.pad_value != 0 && attributes.pad_value != 1) {
    return InvalidArgument(op, ": pad_value is ", attributes.pad_value, "; it must be 0 or 1.");
  }
  for (int i = 0; i < 4; ++i) {
    if (k[i] == 0) {
      return InvalidArgument(op, ": the kernel is empty", shapes, ". Every dimension of it must be at least 1.");
    }
  }
  if (packed) {
    const int64_t words = word_count(attributes.channels);
    if (attributes.channels < 1 || (x[3] >= 0 && x[3] != words) || (k[2] >= 0 && k[2] != words)) {
      return InvalidArgument(op, ": channels=", attributes.channels, " take ", words,
                             " words of 64 bits, in the input's last and the kernel's third dimension", shapes,
                             ". Give the number of channels that pack() had.");
    }
  } else if (x[3] >= 0 && k[2] >= 0 && x[3] != k[2]) {
    return InvalidArgument(op, ": the input has ", x[3], " channels but the kernel takes ", k[2], shapes,
                           ". Make the kernel's third dimension equal to the input's last.");
  }

  ConvShape& s = *shape;
  s = ConvShape{};
  s.batch = x[0], s.height = x[1], s.width = x[2];
  s.channels = packed ? attributes.channels : (x[3] >= 0 ? x[3] : k[2]);
  s.kernel_height = k[0], s.kernel_width = k[1], s.filters = k[3];
  s.stride_height = attributes.strides[0], s.stride_width = attributes.strides[1];
  s.dilation_height = attributes.dilations[0], s.dilation_width = attributes.dilations[1];
  s.same = attributes.padding == "SAME";
  s.pad_value = attributes.pad_value;
  s.complete();
  const auto out = [&](int64_t size, int64_t kernel, int64_t computed) {
    return size < 0 || (kernel < 0 && !s.same) ? kUnknown : computed;
  };
  s.out_height = out(s.height, s.kernel_height, s.out_height);
  s.out_width = out(s.width, s.kernel_width, s.out_width);

  if (!s.same && (s.out_height == 0 || s.out_width == 0)) {
    return InvalidArgument(op, ": with VALID padding the kernel, dilated by (", s.dilation_height, ", ",
                           s.dilation_width, "), must fit into the input", shapes,
                           ". Use SAME padding, a smaller kernel or a larger input.");
  }
  if (Product({s.kernel_height, s.kernel_width, s.channels}) > kMaximum ||
      Product({s.batch, s.out_height, s.out_width, s.filters}) > kMaximum) {
    return InvalidArgument(op, ": more than 2^31 - 1 products in one output, or values in the output", shapes,
                           ". Split the batch or the filters.");
  }
  return absl::OkStatus();
}

absl::Status CheckMatMulShape(const std::string& op, const std::vector<int64_t>& input,
                              const std::vector<int64_t>& kernel, int64_t channels) {
  const std::string shapes = " (input " + ShapeText(input) + ", kernel " + ShapeText(kernel) + ")";
  const bool packed = channels >= 0;
  if (input.size() != 2 || kernel.size() != 2) {
    return InvalidArgument(op, ": input and kernel must have 2 dimensions, ",
                           packed ? "[batch, words] and [words, units]" : "[batch, inputs] and [inputs, units]", shapes,
                           ". Flatten the input, keeping the batch dimension.");
  }
  if (kernel[0] == 0 || kernel[1] == 0) {
    return InvalidArgument(op, ": the kernel is empty", shapes, ". Every dimension of it must be at least 1.");
  }
  if (packed) {
    const int64_t words = word_count(channels);
    if (channels < 1 || (input[1] >= 0 && input[1] != words) || (kernel[0] >= 0 && kernel[0] != words)) {
      return InvalidArgument(op, ": channels=", channels, " take ", words,
                             " words of 64 bits, in the input's last and the kernel's first dimension", shapes,
                             ". Give the number of channels that pack() had.");
    }
  } else if (input[1] >= 0 && kernel[0] >= 0 && input[1] != kernel[0]) {
    return InvalidArgument(op, ": the input has ", input[1], " columns but the kernel takes ", kernel[0], shapes,
                           ". Make the kernel's first dimension equal to the input's last.");
  }
  if (Product({kernel[0]}) > kMaximum || Product({input[0], kernel[1]}) > kMaximum) {
    return InvalidArgument(op, ": more than 2^31 - 1 products in one output, or values in the output", shapes,
                           ". Split the batch or the units.");
  }
  return absl::OkStatus();
}

namespace {

template <bool kPacked>
absl::Status ConvShapeFn(InferenceContext* c) {
  const std::string op = kPacked ? "BnnBinaryConv2DPacked" : "BnnBinaryConv2D";
  ConvAttributes attributes;
  TF_RETURN_IF_ERROR(ReadConvAttributes(c, kPacked, &attributes));
  const ConvSizes sizes{Dims(c, c->input(0), 4), Dims(c, c->input(1), 4)};
  ConvShape shape;
  TF_RETURN_IF_ERROR(MakeConvShape(op, attributes, sizes, &shape));
  c->set_output(0, MakeShape(c, {shape.batch, shape.out_height, shape.out_width, shape.filters}));
  return absl::OkStatus();
}

template <bool kPacked>
absl::Status MatMulShapeFn(InferenceContext* c) {
  int32_t channels = kUnknown;
  if (kPacked) TF_RETURN_IF_ERROR(c->GetAttr("channels", &channels));
  const auto input = Dims(c, c->input(0), 2), kernel = Dims(c, c->input(1), 2);
  TF_RETURN_IF_ERROR(
      CheckMatMulShape(kPacked ? "BnnBinaryMatMulPacked" : "BnnBinaryMatMul", input, kernel, channels));
  c->set_output(0, MakeShape(c, {input[0], kernel[1]}));
  return absl::OkStatus();
}

// axis_from_end: 1 packs the last dimension, 2 the last but one.
template <int kAxisFromEnd>
absl::Status PackShapeFn(InferenceContext* c) {
  if (!c->RankKnown(c->input(0))) {
    c->set_output(0, c->UnknownShape());
    return absl::OkStatus();
  }
  auto dims = Dims(c, c->input(0), 0);
  if (dims.size() < kAxisFromEnd) {
    return InvalidArgument(kAxisFromEnd == 1 ? "BnnPack" : "BnnPackKernel", ": the input must have at least ",
                           kAxisFromEnd, " dimensions, got shape ", ShapeText(dims), ". Reshape it.");
  }
  int64_t& packed = dims[dims.size() - kAxisFromEnd];
  if (packed >= 0) packed = word_count(packed);
  c->set_output(0, MakeShape(c, dims));
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
