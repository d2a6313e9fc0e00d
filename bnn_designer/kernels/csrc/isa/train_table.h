// What one instruction set offers for the rest of a training step: batch norm, max pool, Adam, over plain memory.
//
// Tensors are rows of channels, channels innermost. Sums run over the rows of one block in a fixed order, each channel
// in a lane of its own, so neither the width of a register nor the number of threads changes a bit of the result.
#pragma once

#include <cstdint>

namespace bnn {

// One image's geometry of a max pool; pixels outside the image are never the largest.
struct PoolShape {
  int64_t height, width, channels, out_height, out_width;
  int64_t pool_height, pool_width, stride_height, stride_width, pad_top, pad_left;

  // Whether every pixel lies in exactly one window: the gradient then writes each pixel once.
  bool tiles() const {
    return stride_height == pool_height && stride_width == pool_width && pad_top == 0 && pad_left == 0 &&
           out_height * pool_height == height && out_width * pool_width == width;
  }
};

// What Adam needs beside the tensors; alpha is the learning rate with both bias corrections.
struct AdamStep {
  float alpha;
  float rate_1, rate_2;  // 1 - beta_1 and 1 - beta_2, taken in double: 1 - 0.999f is wrong in the fifth digit
  float epsilon;
  float clip;  // weights end within [-clip, clip]; infinity: free
};

struct TrainTable {
  // mean[c] of the rows, and squares[c] = sum of (x - mean[c])^2.
  void (*moments)(const float* x, int64_t rows, int64_t channels, float* mean, float* squares);

  // y = x * scale[c] + shift[c]
  void (*normalize)(const float* x, int64_t rows, int64_t channels, const float* scale, const float* shift, float* y);

  // sum_dy[c] = sum of dy, sum_dy_x[c] = sum of dy * (x - mean[c])
  void (*gradient_sums)(const float* dy, const float* x, int64_t rows, int64_t channels, const float* mean,
                        float* sum_dy, float* sum_dy_x);

  // dx = a[c] * (dy - mean_dy[c]) - b[c] * (x - mean[c]); dx may be dy.
  void (*input_gradient)(const float* dy, const float* x, int64_t rows, int64_t channels, const float* a,
                         const float* mean_dy, const float* b, const float* mean, float* dx);

  // One image: the largest value of each window, NaN if one is in it, and the first tap that holds it (row by row).
  void (*max_pool)(const PoolShape& s, const float* x, float* y, uint8_t* taps);

  // One image: dy goes to the pixel its tap names, sums where windows overlap.
  void (*max_pool_gradient)(const PoolShape& s, const float* dy, const uint8_t* taps, float* dx);

  // m += rate_1 (g - m), v += rate_2 (g^2 - v), w_out = clip(w - alpha m / (sqrt(v) + epsilon))
  void (*adam)(const AdamStep& step, int64_t count, const float* g, float* m, float* v, const float* w, float* w_out);
};

}  // namespace bnn
