// What the ops check and compute about shapes, for the shape functions (some dims unknown) and the kernels alike.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "conv/layout.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace bnn {

constexpr int64_t kUnknown = -1;  // a dim

template <class... Parts>
absl::Status InvalidArgument(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}

// The attributes of a convolution op.
struct ConvAttributes {
  std::vector<int32_t> strides, dilations;  // [height, width]
  std::string padding;                      // SAME or VALID
  int32_t pad_value = 0;
  bool packed = false;
  int32_t channels = -1;  // of packed operands: words do not tell
};

// Sizes where a dim may be kUnknown. From a kernel's tensors all are known.
struct ConvSizes {
  std::vector<int64_t> input, kernel;  // as the tensors have them
};

// Checks attributes and sizes and completes the shape; dims that cannot be known stay -1. Errors name the op, the
// shapes, the rule and the mend.
absl::Status MakeConvShape(const std::string& op, const ConvAttributes& attributes, const ConvSizes& sizes,
                           ConvShape* shape);

// thresholds [filters] and flips [words of the filters].
absl::Status CheckThresholds(const std::string& op, const std::vector<int64_t>& thresholds,
                             const std::vector<int64_t>& flips, int64_t filters);

// Rows and columns of a matrix product: input [rows, inputs], kernel [inputs, units], or words instead of inputs.
// channels: what the words hold, of packed operands.
absl::Status CheckMatMulShape(const std::string& op, const std::vector<int64_t>& input,
                              const std::vector<int64_t>& kernel, bool packed, int64_t channels);

// "[2,8,8,64]", unknown dims as "?".
std::string ShapeText(const std::vector<int64_t>& dims);

// For shape functions: a shape with -1 for each unknown dim, and back. Of an unknown rank as many dims as asked for.
std::vector<int64_t> InferredDims(tensorflow::shape_inference::InferenceContext* c,
                                  tensorflow::shape_inference::ShapeHandle shape, size_t rank_if_unknown);
tensorflow::shape_inference::ShapeHandle InferredShape(tensorflow::shape_inference::InferenceContext* c,
                                                       const std::vector<int64_t>& dims);

// Reads the attributes from an OpKernelConstruction or an InferenceContext.
template <class Context>
absl::Status ReadConvAttributes(Context* c, bool packed, ConvAttributes* out) {
  TF_RETURN_IF_ERROR(c->GetAttr("strides", &out->strides));
  TF_RETURN_IF_ERROR(c->GetAttr("dilations", &out->dilations));
  TF_RETURN_IF_ERROR(c->GetAttr("padding", &out->padding));
  TF_RETURN_IF_ERROR(c->GetAttr("pad_value", &out->pad_value));
  out->packed = packed;
  if (packed) TF_RETURN_IF_ERROR(c->GetAttr("channels", &out->channels));
  return absl::OkStatus();
}

}  // namespace bnn
