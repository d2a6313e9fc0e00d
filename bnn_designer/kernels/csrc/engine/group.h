// What the inference engine runs: groups of a source and steps.
//
// A source makes the pixels of one tensor (a convolution, a pool, ...), and steps change these pixels while they are in
// the L1 cache, store them as floats, or store their signs in bits. So nothing is written to memory between
// operators but what another group reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "conv/conv.h"
#include "engine/library.h"
#include "isa/implementation.h"
#include "conv/layout.h"

namespace bnn {

enum class Source : int64_t {
  kChannels = 0,       // parts: channels of several float tensors side by side; one part: a tensor as it is
  kFloatConv = 1,      // blob 0: float [groups][taps * channels / groups, filters / groups]; blob 1: bias
  kBinaryConv = 2,     // blob 0: words [taps, words of a group's channels, filters]; input packed
  kDepthwise = 3,      // blob 0: float [taps, channels]; blob 1: bias
  kMaxPool = 4,
  kAveragePool = 5,
  kBinaryMaxPool = 6,  // packed in and out; blob 0: words of bits to flip; its only step says where to
  kUnpack = 7,         // packed input to -1.0 and +1.0
  kPad = 8,            // the image in the middle of a frame of `pad_value`
  kInt8Conv = 9,       // blob 0: int8 [groups][taps * channels / groups, filters / groups]; input of 8 bits
};
constexpr int64_t kSourceCount = 10;

enum class StepKind : int64_t {
  kAffine = 0,         // blobs: factor and offset of each channel
  kClamp = 1,          // low, high
  kPrelu = 2,          // blob: slopes
  kSigmoid = 3,
  kSoftmax = 4,
  kAdd = 5,            // tensor of the same shape
  kMultiply = 6,       // tensor of the same shape
  kScaleChannels = 7,  // tensor of one pixel
  kStore = 8,          // to tensor, as floats
  kSign = 9,           // to tensor, in bits
  kThreshold = 10,     // of a convolution's whole sums s: the signs of factor * s + offset to tensor; the only step
  kLevels = 11,        // the nearest of `high` even steps from 0 to 1, halves to the even one
  kTernary = 12,       // -1, 0 or 1: 0 where |y| <= high
  kQuantize = 13,      // to tensor, in 8 bits: multiples of `high`, -127 to 127 of them
  kRequantize = 14,    // of an 8-bit convolution's sums, first: 8 bits, less the zero point `low`, times `high`;
                       // blob: int32 [3, filters]: biases, multipliers, shifts
};
constexpr int64_t kStepCount = 15;

// Places of tensors that are not in the arena.
constexpr int64_t kImage = -1;   // the caller's image
constexpr int64_t kResult = -2;  // the caller's output
constexpr int64_t kZeros = -3;   // of a part: zeros

struct Geometry {
  int64_t in_height, in_width, in_channels;
  int64_t out_height, out_width, out_channels;
  int64_t kernel_height, kernel_width, stride_height, stride_width, dilation_height, dilation_width;
  int64_t pad_top, pad_left, groups, pad_value;

  int64_t in_pixels() const { return in_height * in_width; }
  int64_t out_pixels() const { return out_height * out_width; }
  int64_t taps() const { return kernel_height * kernel_width; }
};

struct Part {
  int64_t place, channels;
};

struct Step {
  StepKind kind;
  int64_t place;
  float low, high;
  const float* first;
  const float* second;
};

// What a binary convolution needs beside its weights. The first `fused` steps are its epilogue's.
struct BinaryConv {
  ConvShape shape;
  Blocks blocks;
  EdgeCorrections corrections;
  bool corrects = false;
  Epilogue epilogue;
  size_t fused = 0;
  bool writes_tensors = false;  // else a block, for the steps that follow

  // The epilogue's arrays, filled up to whole words of filters.
  std::vector<int32_t> thresholds;
  std::vector<uint64_t> flips;
  std::vector<float> multipliers, offsets, slopes, cuts;
  int64_t store_place = 0, sign_place = 0, add_place = 0;
  bool stores = false, signs = false, adds = false;
};

// An 8-bit convolution whose sums floats hold exactly runs as one of floats (int8.h).
struct Int8Conv {
  bool as_floats = false;     // its sums are whole numbers in floats, else in int32_t
  bool fits = false;          // what follows its sums is as the loops' requantize() takes it
  std::vector<float> bias;    // of the convolution: the offsets of thresholds, else zeros
  int64_t image_bytes = 0;    // of the image in floats, as much as an item reads; the first part of a thread's work
};

struct Group {
  Source source;
  Geometry at;
  std::vector<Part> parts;
  std::vector<Step> steps;
  const void* blobs[2];

  // Filled in by prepare_group(): weights in this instruction set's order, and how the output is cut into items.
  std::vector<uint8_t> tiled;
  BinaryConv binary;
  Int8Conv int8;
  std::unique_ptr<LibraryConv> library;  // of a float convolution that a library runs; `tiled` is empty then
  int64_t pixels_an_item = 0, channels_an_item = 0, pixel_items = 0, channel_items = 0;
  int64_t work_bytes = 0;  // a thread's, beside the block

  int64_t items() const { return pixel_items * channel_items; }
};

// Where tensors are while an image is computed.
struct Memory {
  uint8_t* arena;
  const float* image;
  float* result;

  const float* floats(int64_t place) const {
    return place == kImage ? image : place == kResult ? result : reinterpret_cast<const float*>(arena + place);
  }
  float* floats_to(int64_t place) const {
    return place == kResult ? result : reinterpret_cast<float*>(arena + place);
  }
  const int8_t* bytes(int64_t place) const { return reinterpret_cast<const int8_t*>(arena + place); }
  int8_t* bytes_to(int64_t place) const { return reinterpret_cast<int8_t*>(arena + place); }
  const uint64_t* words(int64_t place) const { return reinterpret_cast<const uint64_t*>(arena + place); }
  uint64_t* words_to(int64_t place) const { return reinterpret_cast<uint64_t*>(arena + place); }
};

// What runs the loops.
struct Kernels {
  const Implementation* set;
  const FloatLibrary* library;  // of float convolutions; null: the loops run them
  bool library_always;          // also where the loops were measured faster
};

// A part of a group's output: pixels first .. last - 1, channels begin .. end - 1.
struct Block {
  int64_t first, last, begin, end;

  int64_t rows() const { return last - first; }
  int64_t count() const { return end - begin; }
};

}  // namespace bnn
