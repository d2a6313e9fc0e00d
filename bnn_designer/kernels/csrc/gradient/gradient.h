// The two gradients of a binary convolution (a matrix product is one of 1x1 images), for any instruction set's table.
// No TensorFlow here: work is cut into items, and whoever calls spreads the items over threads.
//
// With g = dL/dy [batch, out_height, out_width, filters], signs s of the input and t of the kernel:
//   input:  dL/ds[p, c]      = sum over taps and filters of g[q(p, tap), f] t[tap, c, f]
//   kernel: dL/dt[tap, c, f] = sum over output pixels q of g[q, f] s[p(q, tap), c]
// where tap (ky, kx) of output pixel (oy, ox) reads the input at oy * stride + ky * dilation - pad, and so for x. Both
// are then multiplied with the straight-through estimator's derivative.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "isa/gradient_table.h"
#include "conv/layout.h"

namespace bnn {

// Memory that outlives a call: calls take a buffer from a shared pool and give it back, so that steady training
// allocates nothing. Aligned to a cache line, not cleared.
class Scratch {
 public:
  explicit Scratch(int64_t bytes);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  uint8_t* bytes() const { return data_; }
  template <class T>
  T* as(int64_t offset_bytes = 0) const {
    return reinterpret_cast<T*>(data_ + offset_bytes);
  }

 private:
  uint8_t* data_;
  int64_t size_;
};

// Where the straight-through estimator of the sign lets the gradient pass: |x| <= 1 in bits (words as the packed
// input's), or x itself for approx_sign, whose derivative there is 2 - 2|x|. One of the two is null.
struct InputSlope {
  const uint64_t* mask;
  const float* x;
};

// First index_items() items of build_index(), in any order, then block_items() items of multiply(), in any order.
class InputGradient {
 public:
  // grad: as above. kernel_words: packed kernel [taps, words, filters]. out: [batch, height, width, channels].
  InputGradient(const GradientTable& table, const ConvShape& shape, const Rounding& rounding, const float* grad,
                const uint64_t* kernel_words, const InputSlope& slope, float* out);

  int64_t index_items() const { return shape_.taps() * segments_ * shape_.words(); }
  void build_index(int64_t begin, int64_t end) const;
  int64_t block_items() const { return blocks_y_ * blocks_images_; }
  void multiply(int64_t begin, int64_t end) const;
  int64_t block_cycles() const;

 private:
  struct Block;
  struct Pairs;
  void multiply_block(const Block& block, Scratch& scratch) const;
  void build_tables(const Block& block, uint8_t* tables, float* scales, int32_t* numbers) const;
  void store(const Block& block, int64_t word, const float* sums) const;
  int64_t most_tables(int64_t rows) const;
  int64_t segment_signs(int64_t segment) const;
  int64_t segment_chunks(int64_t segment) const;
  const uint8_t* index(int64_t tap, int64_t segment) const;
  const int32_t* start(int64_t tap, int64_t segment) const;

  const GradientTable& table_;
  const ConvShape& shape_;
  Rounding rounding_;
  const float* grad_;
  const uint64_t* kernel_words_;
  InputSlope slope_;
  float* out_;
  int64_t segments_, units_, row_bytes_;  // of one output pixel's tables
  int64_t block_rows_, block_images_, blocks_y_, blocks_images_, tap_index_bytes_;
  std::unique_ptr<Scratch> index_, start_;
};

// for each window of windows(): prepare_items(window) items of prepare(), in any order, then multiply_items() items of
// multiply(), in any order. Windows follow each other, and do not depend on the number of threads.
class KernelGradient {
 public:
  // grad: as above. words: packed input [batch, height, width, words]. kernel: the latent one [taps, channels,
  // filters], for the estimator's derivative (1, or 2 - 2|w| with approx_sign, where |w| <= 1). out: like kernel.
  KernelGradient(const GradientTable& table, const ConvShape& shape, const Rounding& rounding, const float* grad,
                 const uint64_t* words, const float* kernel, bool approx_sign, float* out);

  int64_t border_items() const { return shape_.pads() ? shape_.taps() : 0; }
  void sum_border(int64_t begin, int64_t end) const;
  int64_t windows() const { return static_cast<int64_t>(windows_.size()); }
  int64_t prepare_items(int64_t window) const;
  void prepare(int64_t window, int64_t begin, int64_t end) const;
  int64_t multiply_items() const { return filter_blocks_ * shape_.words(); }
  void multiply(int64_t window, int64_t begin, int64_t end) const;
  int64_t prepare_cycles() const;
  int64_t multiply_cycles() const;

 private:
  // Output rows y_begin <= y < y_end, columns x_begin <= x < x_end, of some images.
  struct Window {
    int64_t image_begin, image_end, y_begin, y_end, x_begin, x_end;
    int64_t pixels() const { return (image_end - image_begin) * (x_end - x_begin); }  // of one row
    int64_t rows() const { return y_end - y_begin; }
  };

  void plan();
  void build_tables(const Window& window, int64_t y, int64_t filter_block) const;
  void build_index(const Window& window, int64_t slot, int64_t kernel_x, int64_t word) const;
  void finish(int64_t tap, int64_t filter_block, int64_t word, const float* sums) const;
  int64_t first_input_row(const Window& window) const;
  int64_t table_bytes(int64_t chunks) const;

  const GradientTable& table_;
  const ConvShape& shape_;
  Rounding rounding_;
  const float* grad_;
  const uint64_t* words_;
  const float* kernel_;
  bool approx_sign_;
  float* out_;
  int64_t filter_blocks_, line_chunks_ = 0, window_rows_ = 0, input_rows_ = 0;
  std::vector<Window> windows_;
  std::unique_ptr<Scratch> tables_, scales_, index_, start_, sums_, border_;
};

// Runs a gradient with parallel(items, cycles per item, function of begin and end).
template <class Parallel>
void run(const InputGradient& gradient, const Parallel& parallel) {
  parallel(gradient.index_items(), 2000, [&](int64_t begin, int64_t end) { gradient.build_index(begin, end); });
  parallel(gradient.block_items(), gradient.block_cycles(),
           [&](int64_t begin, int64_t end) { gradient.multiply(begin, end); });
}

template <class Parallel>
void run(const KernelGradient& gradient, const Parallel& parallel) {
  parallel(gradient.border_items(), 100000, [&](int64_t begin, int64_t end) { gradient.sum_border(begin, end); });
  for (int64_t window = 0; window < gradient.windows(); ++window) {
    parallel(gradient.prepare_items(window), gradient.prepare_cycles(),
             [&](int64_t begin, int64_t end) { gradient.prepare(window, begin, end); });
    parallel(gradient.multiply_items(), gradient.multiply_cycles(),
             [&](int64_t begin, int64_t end) { gradient.multiply(window, begin, end); });
  }
}

}  // namespace bnn
