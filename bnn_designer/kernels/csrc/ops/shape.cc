// What the ops demand of shapes and attributes, and the errors where they do not fit.
#include "ops/shape.h"

#include <limits>

namespace bnn {
namespace {

using tensorflow::shape_inference::DimensionHandle;
using tensorflow::shape_inference::InferenceContext;
using tensorflow::shape_inference::ShapeHandle;

constexpr int64_t kMaximum = std::numeric_limits<int32_t>::max();

}  // namespace

std::vector<int64_t> InferredDims(InferenceContext* c, ShapeHandle shape, size_t rank_if_unknown) {
  if (!c->RankKnown(shape)) return std::vector<int64_t>(rank_if_unknown, kUnknown);
  std::vector<int64_t> dims;
  for (int i = 0; i < c->Rank(shape); ++i) {
    DimensionHandle dim = c->Dim(shape, i);
    dims.push_back(c->ValueKnown(dim) ? c->Value(dim) : kUnknown);
  }
  return dims;
}

ShapeHandle InferredShape(InferenceContext* c, const std::vector<int64_t>& dims) {
  std::vector<DimensionHandle> handles;
  for (int64_t dim : dims) handles.push_back(dim < 0 ? c->UnknownDim() : c->MakeDim(dim));
  return c->MakeShape(handles);
}

namespace {

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

namespace {

absl::Status CheckAttributes(const std::string& op, const ConvAttributes& attributes) {
  TF_RETURN_IF_ERROR(CheckPair(op, "strides", attributes.strides));
  TF_RETURN_IF_ERROR(CheckPair(op, "dilations", attributes.dilations));
  if (attributes.pad_value != 0 && attributes.pad_value != 1) {
    return InvalidArgument(op, ": pad_value is ", attributes.pad_value, "; it must be 0 or 1.");
  }
  return absl::OkStatus();
}

// Output sizes, and that they and all they are made of can be counted in 32 bits. Where a dim is unknown (-1), what
// depends on it stays so.
absl::Status CompleteShape(const std::string& op, const ConvAttributes& attributes, const std::string& shapes,
                           ConvShape* shape) {
  ConvShape& s = *shape;
  s.stride_height = attributes.strides[0], s.stride_width = attributes.strides[1];
  s.dilation_height = attributes.dilations[0], s.dilation_width = attributes.dilations[1];
  s.same = attributes.padding == "SAME";
  s.pad_value = attributes.pad_value;
  for (const int64_t size : {s.height, s.width, s.kernel_height, s.kernel_width}) {
    if (size > kMaximum) return InvalidArgument(op, ": a side is longer than 2^31 - 1", shapes, ". Split it.");
  }
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
      Product({s.batch, s.out_height, s.out_width, s.filters}) > kMaximum ||
      Product({s.batch, s.height, s.width, s.channels}) > kMaximum * 8) {
    return InvalidArgument(op, ": more than 2^31 - 1 products in one output, or values in the output", shapes,
                           ". Split the batch or the filters.");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status MakeConvShape(const std::string& op, const ConvAttributes& attributes, const ConvSizes& sizes,
                           ConvShape* shape) {
  const bool packed = attributes.packed;
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
  TF_RETURN_IF_ERROR(CheckAttributes(op, attributes));
  for (int i = 0; i < 4; ++i) {
    if (k[i] == 0) {
      return InvalidArgument(op, ": the kernel is empty", shapes, ". Every dimension of it must be at least 1.");
    }
  }
  const int64_t channels = packed ? attributes.channels : x[3] >= 0 ? x[3] : k[2];
  if (packed) {
    const int64_t words = word_count(channels);
    if (channels < 1 || (x[3] >= 0 && x[3] != words) || (k[2] >= 0 && k[2] != words)) {
      return InvalidArgument(op, ": channels=", channels, " take ", words,
                             " words of 64 bits in the input's last dimension and ", words,
                             " in the kernel's third", shapes, ". Give the number of channels that pack() had.");
    }
  } else if (channels >= 0 && k[2] >= 0 && channels != k[2]) {
    return InvalidArgument(op, ": the input has ", channels, " channels but the kernel takes ", k[2], shapes,
                           ". Make the kernel's third dimension equal to the input's last.");
  }

  *shape = ConvShape{};
  shape->batch = x[0], shape->height = x[1], shape->width = x[2], shape->channels = channels;
  shape->kernel_height = k[0], shape->kernel_width = k[1], shape->filters = k[3];
  return CompleteShape(op, attributes, shapes, shape);
}

absl::Status CheckThresholds(const std::string& op, const std::vector<int64_t>& thresholds,
                             const std::vector<int64_t>& flips, int64_t filters) {
  const auto differs = [](const std::vector<int64_t>& dims, int64_t size) {
    return dims.size() != 1 || (dims[0] >= 0 && size >= 0 && dims[0] != size);
  };
  const int64_t words = filters < 0 ? kUnknown : word_count(filters);
  if (!differs(thresholds, filters) && !differs(flips, words)) return absl::OkStatus();
  const std::vector<int64_t> one_each{filters}, one_bit_each{words};
  return InvalidArgument(op, ": ", ShapeText(one_each), " filters take thresholds of that shape and flips of shape ",
                         ShapeText(one_bit_each), ", got thresholds ", ShapeText(thresholds), " and flips ",
                         ShapeText(flips), ". Give one threshold for each filter, and pack() of as many signs.");
}

absl::Status CheckMatMulShape(const std::string& op, const std::vector<int64_t>& input,
                              const std::vector<int64_t>& kernel, bool packed, int64_t channels) {
  const std::string shapes = " (input " + ShapeText(input) + ", kernel " + ShapeText(kernel) + ")";
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

}  // namespace bnn
