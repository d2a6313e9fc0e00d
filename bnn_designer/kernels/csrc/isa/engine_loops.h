// Float loops of the inference engine, one set for each instruction set; see engine_template.h for what they compute.
//
// A block is [rows, count] floats without gaps, in a thread's own working memory: rows are pixels, count is a range of
// channels. Tensors outside of the block have rows of `stride` floats, and pointers to them start at the block's first
// channel.
#pragma once

#include <cstdint>

namespace bnn {

// Rows times a float kernel. Element k of row r is a[r * row_stride + (k / run) * run_stride + k % run]: an unfolded
// window is one run; where it lies inside the image, its lines are the runs, and nothing is copied.
struct FloatRows {
  const float* a;
  int64_t rows, row_stride, runs, run, run_stride;
};

struct EngineLoops {
  int64_t unit;       // filters that lie side by side in a kernel in tile order
  int64_t tile_rows;  // rows that are multiplied at once

  // float [depth, filters] -> [ceil(filters / unit), depth, unit], filled up with zeros.
  void (*tile_kernel)(const float* kernel, int64_t depth, int64_t filters, float* tiled);

  // y[r, f] = bias[f] + sum over k, in order, of row r's element k times kernel[k, f]; y has rows of y_stride floats.
  // `tiled` and `bias` start at a whole unit.
  void (*product)(const FloatRows& rows, const float* tiled, const float* bias, int64_t filters, float* y,
                  int64_t y_stride);

  // y[c] = bias[c] + sum over taps t of in[t][c] * kernel[t * channels + c]; a null in[t] adds nothing.
  void (*depthwise)(const float* const* in, int64_t taps, const float* kernel, int64_t channels, const float* bias,
                    int64_t count, float* y);

  // y[c] = the largest in[t][c], or their sum times `factor`.
  void (*largest)(const float* const* in, int64_t taps, int64_t count, float* y);
  void (*mean)(const float* const* in, int64_t taps, float factor, int64_t count, float* y);

  // Changes of a block in place.
  void (*affine)(float* y, int64_t rows, int64_t count, const float* factor, const float* offset);
  void (*clamp)(float* y, int64_t size, float low, float high);
  void (*levels)(float* y, int64_t size, float steps);
  void (*ternary)(float* y, int64_t size, float threshold);
  void (*prelu)(float* y, int64_t rows, int64_t count, const float* slopes);
  void (*add)(float* y, int64_t rows, int64_t count, const float* x, int64_t stride);
  void (*multiply)(float* y, int64_t rows, int64_t count, const float* x, int64_t stride);

  // Of 8 bits (int8_template.h): to floats; from floats, to the nearest of 255 multiples of `scale`; and of sums, which
  // are whole numbers in floats, to 8 bits of each filter's own scale, less the zero point, times `scale`: for shifts of
  // -31 to -1 and sums that with their bias are below 2^30.
  void (*floats_of_bytes)(const int8_t* x, int64_t size, float* y);
  void (*quantize)(const float* y, int64_t size, float scale, int8_t* to);
  void (*requantize)(float* y, int64_t rows, int64_t count, const int32_t* bias, const int32_t* multiplier,
                     const int32_t* shift, int32_t zero_point, float scale);
};

}  // namespace bnn
