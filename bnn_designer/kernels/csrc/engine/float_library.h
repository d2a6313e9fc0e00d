// What the engine asks of a library for its float convolutions. The library's side is a shared library of its own
// (onednn.cc), so that the kernels load where the library is missing; only this table passes between the two.
#pragma once

#include <cstdint>

namespace bnn {

// A part of a convolution's output that one call computes: whole lines, or some pixels of a pointwise convolution seen
// as one line. `in_height` counts the lines of the image that the part's windows reach, the padding those that lack.
struct FloatPart {
  int64_t in_height, in_width, out_height, out_width;
  int64_t pad_top, pad_bottom, pad_left, pad_right;
};

struct FloatConv {
  int64_t in_channels, out_channels, groups;
  int64_t kernel_height, kernel_width, stride_height, stride_width, dilation_height, dilation_width;
  const float* kernel;  // [groups][taps * channels / groups, filters / groups]; read while the layer is made
  const float* bias;    // [filters]; in use as long as the layer
  const FloatPart* parts;
  int64_t part_count;
  int threads;  // that may run the layer at the same time, numbered from 0
};

// Counts up with every change to these structs.
constexpr int64_t kFloatLibraryTable = 1;

struct FloatLibrary {
  int64_t table;     // kFloatLibraryTable
  const char* name;  // "oneDNN 2.6.3"

  // Null where the library has no compiled kernel for the layer, with the reason in `text`.
  void* (*make)(const FloatConv& conv, char* text, int64_t size);
  void (*free)(void* layer);
  // Computes part `part` on thread `thread`: `image` is its first line, `y` its output without gaps, `scratch` has
  // scratch_bytes(), aligned to 64. Starts no thread; false if the library reports an error.
  bool (*run)(const void* layer, int64_t part, int thread, const float* image, float* y, void* scratch);
  int64_t (*weight_bytes)(const void* layer);
  int64_t (*scratch_bytes)(const void* layer);
  const char* (*kernel)(const void* layer);  // as the library names it
};

}  // namespace bnn
