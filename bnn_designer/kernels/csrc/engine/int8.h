// Layers of whole numbers of 8 bits, as TensorFlow Lite has them: products, sums of 32 bits, and how these become 8 bits.
//
// Sources: Jacob et al., arXiv 1712.05877, sections 2.2 and 2.4; TensorFlow Lite's 8-bit quantization specification.
// The C program of an export computes the same (export/c/kernels.c), and both are held to TensorFlow Lite's own kernels.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/group.h"

namespace bnn {

// So many products of two numbers of 8 bits have a sum of 32 bits, whatever they are.
constexpr int64_t kMostInt8Products = (int64_t{1} << 17) - 1;

// Where no filter's sum of |weight| * 128 is above 2^24, or 2^23 where a threshold's offset is added, floats hold every
// sum of its products, whatever their order: then the convolution runs as one of floats, by the library or in the loops of
// the instruction set, and is as exact. Gives the weights in floats, or none where the plain loop below is to run.
std::vector<float> prepare_int8_conv(Group& group);

// Once the output is cut into items: working memory for what an item reads of the image, in floats.
void make_room_for_floats(Group& group);

// What the library's item reads of the image, in floats; and the image for run_float_conv(), in which only the lines
// under the block's windows exist.
const float* floats_of_item(const Kernels& kernels, const Memory& memory, const Group& group,
                            const LibraryConv::Item& item, uint8_t* work);
const float* floats_of_lines(const Kernels& kernels, const Memory& memory, const Group& group, const Block& block,
                             uint8_t* work);

// The sums of a block, int32, in the place of its floats: in a plain loop, for the layers that are left.
void run_int8_conv(const Memory& memory, const Group& group, const Block& block, float* out);

// What follows the sums at once: 8 bits of a filter's own scale, which are then floats; or, of int32, signs in bits.
void run_requantize(const Kernels& kernels, const Group& group, const Step& step, const Block& block, float* y);
void run_int8_threshold(const Memory& memory, const Group& group, const Step& step, const Block& block, const float* y);

// x times multiplier / 2^31 times 2^shift, rounded twice as TensorFlow Lite's MultiplyByQuantizedMultiplier does it.
int32_t multiply_by_quantized_multiplier(int64_t x, int32_t multiplier, int32_t shift);

}  // namespace bnn
