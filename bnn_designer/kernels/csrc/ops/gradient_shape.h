// What the gradient ops check about shapes, for the shape functions (some dims unknown) and the kernels alike.
#pragma once

#include <string>
#include <vector>

#include "ops/shape.h"

namespace bnn {

// Sizes as the tensors have them; unknown dims are -1. A convolution's have 4 dimensions, a matrix product's 2. The
// kernel is the latent one; kernel_words is empty where the op takes none.
struct GradientSizes {
  std::vector<int64_t> grad, input, kernel, kernel_words;
};

// The shape of the convolution these gradients belong to (of a matrix product: 1x1 images). The input is packed, or,
// with float_input, the float tensor.
absl::Status MakeGradientShape(const std::string& op, bool matmul, const ConvAttributes& attributes,
                               const GradientSizes& sizes, bool float_input, ConvShape* shape);

}  // namespace bnn
