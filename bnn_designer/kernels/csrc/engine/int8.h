// Layers of whole numbers of 8 bits, as TensorFlow Lite has them: products, sums of 32 bits, and how these become 8 bits.
//
// Sources: Jacob et al., arXiv 1712.05877, sections 2.2 and 2.4; TensorFlow Lite's 8-bit quantization specification.
// The C program of an export computes the same (export/c/kernels.c), and both are held to TensorFlow Lite's own kernels.
#pragma once

#include <cstdint>

#include "engine/group.h"

namespace bnn {

// So many products of two numbers of 8 bits have a sum of 32 bits, whatever they are.
constexpr int64_t kMostInt8Products = (int64_t{1} << 17) - 1;

// The sums of a block, int32, in the place of its floats.
void run_int8_conv(const Memory& memory, const Group& group, const Block& block, float* out);

// What follows the sums at once: 8 bits of a filter's own scale, which are then floats; or signs, in bits.
void run_requantize(const Group& group, const Step& step, const Block& block, float* y);
void run_int8_threshold(const Memory& memory, const Group& group, const Step& step, const Block& block, const float* y);

// Floats to whole numbers of 8 bits: the nearest multiple of the scale, halves to the even one, at most 127 of them.
void run_quantize(const Memory& memory, const Group& group, const Step& step, const Block& block, const float* y);

// x times multiplier / 2^31 times 2^shift, rounded twice as TensorFlow Lite's MultiplyByQuantizedMultiplier does it.
int32_t multiply_by_quantized_multiplier(int64_t x, int32_t multiplier, int32_t shift);

}  // namespace bnn
