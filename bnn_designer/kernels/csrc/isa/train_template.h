// The loops of train_table.h, for any instruction set; implementation.h has what Isa must have. Products and sums must
// not be contracted to fused operations, which only some sets have: all sets compute the same bits. So a file that
// includes this begins with `#pragma GCC optimize("fp-contract=off")`.
#pragma once

#include <cstdint>
#include <cstring>

#include "isa/train_table.h"

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

namespace bnn {
namespace {

template <class Isa>
struct Train {
  static constexpr int kLanes = Isa::kLanes;
  using Floats = typename Isa::Floats;
  using Ints = typename Isa::Ints;
  using Bytes = typename Isa::Bytes;

  // `count` values; the lanes past them are 0. kWhole: count is known to be kLanes.
  template <class Vector, bool kWhole, class Value>
  static inline __attribute__((always_inline)) void load(Vector& out, const Value* from, int64_t count) {
    if (!kWhole) out = Vector{};
    std::memcpy(&out, from, kWhole ? sizeof(Vector) : count * sizeof(Value));
  }
  template <bool kWhole, class Vector, class Value>
  static inline __attribute__((always_inline)) void store(Value* to, const Vector& from, int64_t count) {
    std::memcpy(to, &from, kWhole ? sizeof(Vector) : count * sizeof(Value));
  }

  // Calls work.template run<vectors, whole>(first channel, channels): four registers side by side where they fit, so
  // that sums of one row need not wait for those of the row before.
  template <class Work>
  static void over_channels(int64_t channels, const Work& work) {
    int64_t c = 0;
    for (; c + 4 * kLanes <= channels; c += 4 * kLanes) work.template run<4, true>(c, kLanes);
    for (; c + kLanes <= channels; c += kLanes) work.template run<1, true>(c, kLanes);
    if (c < channels) work.template run<1, false>(c, channels - c);
  }

  struct Moments {
    const float* x;
    int64_t rows, channels;
    float *mean, *squares;
    template <int kVectors, bool kWhole>
    void run(int64_t c, int64_t count) const {
      Floats sum[kVectors] = {}, square[kVectors] = {}, value;
      for (int64_t r = 0; r < rows; ++r) {
        for (int i = 0; i < kVectors; ++i) {
          load<Floats, kWhole>(value, x + r * channels + c + i * kLanes, count);
          sum[i] += value;
        }
      }
      for (int i = 0; i < kVectors; ++i) sum[i] /= static_cast<float>(rows);
      // Around the block's own mean, so that nothing cancels; the block is still in the cache.
      for (int64_t r = 0; r < rows; ++r) {
        for (int i = 0; i < kVectors; ++i) {
          load<Floats, kWhole>(value, x + r * channels + c + i * kLanes, count);
          value -= sum[i];
          square[i] += value * value;
        }
      }
      for (int i = 0; i < kVectors; ++i) {
        store<kWhole>(mean + c + i * kLanes, sum[i], count);
        store<kWhole>(squares + c + i * kLanes, square[i], count);
      }
    }
  };
  static void moments(const float* x, int64_t rows, int64_t channels, float* mean, float* squares) {
    over_channels(channels, Moments{x, rows, channels, mean, squares});
  }

  struct Normalize {
    const float* x;
    int64_t rows, channels;
    const float *scale, *shift;
    float* y;
    template <int kVectors, bool kWhole>
    void run(int64_t c, int64_t count) const {
      Floats a[kVectors], b[kVectors], value;
      for (int i = 0; i < kVectors; ++i) {
        load<Floats, kWhole>(a[i], scale + c + i * kLanes, count);
        load<Floats, kWhole>(b[i], shift + c + i * kLanes, count);
      }
      for (int64_t r = 0; r < rows; ++r) {
        for (int i = 0; i < kVectors; ++i) {
          const int64_t at = r * channels + c + i * kLanes;
          load<Floats, kWhole>(value, x + at, count);
          store<kWhole>(y + at, Floats(value * a[i] + b[i]), count);
        }
      }
    }
  };
  static void normalize(const float* x, int64_t rows, int64_t channels, const float* scale, const float* shift,
                        float* y) {
    over_channels(channels, Normalize{x, rows, channels, scale, shift, y});
  }

  struct GradientSums {
    const float *dy, *x;
    int64_t rows, channels;
    const float* mean;
    float *sum_dy, *sum_dy_x;
    template <int kVectors, bool kWhole>
    void run(int64_t c, int64_t count) const {
      Floats center[kVectors], sum[kVectors] = {}, sum_x[kVectors] = {}, gradient, value;
      for (int i = 0; i < kVectors; ++i) load<Floats, kWhole>(center[i], mean + c + i * kLanes, count);
      for (int64_t r = 0; r < rows; ++r) {
        for (int i = 0; i < kVectors; ++i) {
          const int64_t at = r * channels + c + i * kLanes;
          load<Floats, kWhole>(gradient, dy + at, count);
          load<Floats, kWhole>(value, x + at, count);
          sum[i] += gradient;
          sum_x[i] += gradient * (value - center[i]);
        }
      }
      for (int i = 0; i < kVectors; ++i) {
        store<kWhole>(sum_dy + c + i * kLanes, sum[i], count);
        store<kWhole>(sum_dy_x + c + i * kLanes, sum_x[i], count);
      }
    }
  };
  static void gradient_sums(const float* dy, const float* x, int64_t rows, int64_t channels, const float* mean,
                            float* sum_dy, float* sum_dy_x) {
    over_channels(channels, GradientSums{dy, x, rows, channels, mean, sum_dy, sum_dy_x});
  }

  struct InputGradient {
    const float *dy, *x;
    int64_t rows, channels;
    const float *a, *mean_dy, *b, *mean;
    float* dx;
    template <int kVectors, bool kWhole>
    void run(int64_t c, int64_t count) const {
      Floats scale[kVectors], offset[kVectors], slope[kVectors], center[kVectors], gradient, value;
      for (int i = 0; i < kVectors; ++i) {
        load<Floats, kWhole>(scale[i], a + c + i * kLanes, count);
        load<Floats, kWhole>(offset[i], mean_dy + c + i * kLanes, count);
        load<Floats, kWhole>(slope[i], b + c + i * kLanes, count);
        load<Floats, kWhole>(center[i], mean + c + i * kLanes, count);
      }
      for (int64_t r = 0; r < rows; ++r) {
        for (int i = 0; i < kVectors; ++i) {
          const int64_t at = r * channels + c + i * kLanes;
          load<Floats, kWhole>(gradient, dy + at, count);
          load<Floats, kWhole>(value, x + at, count);
          store<kWhole>(dx + at, Floats(scale[i] * (gradient - offset[i]) - slope[i] * (value - center[i])), count);
        }
      }
    }
  };
  static void input_gradient(const float* dy, const float* x, int64_t rows, int64_t channels, const float* a,
                             const float* mean_dy, const float* b, const float* mean, float* dx) {
    over_channels(channels, InputGradient{dy, x, rows, channels, a, mean_dy, b, mean, dx});
  }

  // The window of one output pixel: taps [row_begin, row_end) x [column_begin, column_end) lie in the image.
  struct Window {
    int64_t row_begin, row_end, column_begin, column_end, top, left;
    Window(const PoolShape& s, int64_t out_row, int64_t out_column)
        : top(out_row * s.stride_height - s.pad_top), left(out_column * s.stride_width - s.pad_left) {
      row_begin = top < 0 ? -top : 0;
      row_end = top + s.pool_height > s.height ? s.height - top : s.pool_height;
      column_begin = left < 0 ? -left : 0;
      column_end = left + s.pool_width > s.width ? s.width - left : s.pool_width;
    }
    int64_t pixel(const PoolShape& s, int64_t row, int64_t column) const {
      return ((top + row) * s.width + left + column) * s.channels;
    }
  };

  struct Largest {
    const PoolShape& s;
    const Window& window;
    const float* x;
    float* y;
    uint8_t* taps;
    template <int kVectors, bool kWhole>
    void run(int64_t first, int64_t count) const {
      for (int i = 0; i < kVectors; ++i) {
        const int64_t c = first + i * kLanes;
        const int32_t tap = static_cast<int32_t>(window.row_begin * s.pool_width + window.column_begin);
        Floats best, value;
        Ints where = Ints{} + tap;
        load<Floats, kWhole>(best, x + window.pixel(s, window.row_begin, window.column_begin) + c, count);
        for (int64_t row = window.row_begin; row < window.row_end; ++row) {
          for (int64_t column = window.column_begin; column < window.column_end; ++column) {
            load<Floats, kWhole>(value, x + window.pixel(s, row, column) + c, count);
            const Ints better = (value > best) | ((value != value) & (best == best));
            best = better ? value : best;
            where = better ? Ints{} + static_cast<int32_t>(row * s.pool_width + column) : where;
          }
        }
        store<kWhole>(y + c, best, count);
        store<kWhole>(taps + c, __builtin_convertvector(where, Bytes), count);
      }
    }
  };
  static void max_pool(const PoolShape& s, const float* x, float* y, uint8_t* taps) {
    for (int64_t row = 0; row < s.out_height; ++row) {
      for (int64_t column = 0; column < s.out_width; ++column, y += s.channels, taps += s.channels) {
        const Window window(s, row, column);
        over_channels(s.channels, Largest{s, window, x, y, taps});
      }
    }
  }

  template <bool kTiles>
  struct Scatter {
    const PoolShape& s;
    const Window& window;
    const float* dy;
    const uint8_t* taps;
    float* dx;
    template <int kVectors, bool kWhole>
    void run(int64_t first, int64_t count) const {
      for (int i = 0; i < kVectors; ++i) {
        const int64_t c = first + i * kLanes;
        Floats gradient, sum;
        Bytes packed;
        load<Floats, kWhole>(gradient, dy + c, count);
        load<Bytes, kWhole>(packed, taps + c, count);
        const Ints where = __builtin_convertvector(packed, Ints);
        for (int64_t row = window.row_begin; row < window.row_end; ++row) {
          for (int64_t column = window.column_begin; column < window.column_end; ++column) {
            float* to = dx + window.pixel(s, row, column) + c;
            const Ints here = where == Ints{} + static_cast<int32_t>(row * s.pool_width + column);
            const Floats share = here ? gradient : Floats{};
            if (kTiles) {
              store<kWhole>(to, share, count);
            } else {
              load<Floats, kWhole>(sum, to, count);
              store<kWhole>(to, Floats(sum + share), count);
            }
          }
        }
      }
    }
  };
  static void max_pool_gradient(const PoolShape& s, const float* dy, const uint8_t* taps, float* dx) {
    const bool tiles = s.tiles();
    if (!tiles) std::memset(dx, 0, s.height * s.width * s.channels * sizeof(float));
    for (int64_t row = 0; row < s.out_height; ++row) {
      for (int64_t column = 0; column < s.out_width; ++column, dy += s.channels, taps += s.channels) {
        const Window window(s, row, column);
        if (tiles) {
          over_channels(s.channels, Scatter<true>{s, window, dy, taps, dx});
        } else {
          over_channels(s.channels, Scatter<false>{s, window, dy, taps, dx});
        }
      }
    }
  }

  struct Adam {
    const AdamStep& step;
    const float* gradient;
    float *first, *second;
    const float* w;
    float* w_out;
    template <int kVectors, bool kWhole>
    void run(int64_t begin, int64_t count) const {
      for (int i = 0; i < kVectors; ++i) {
        const int64_t at = begin + i * kLanes;
        Floats g, m, v, weight;
        load<Floats, kWhole>(g, gradient + at, count);
        load<Floats, kWhole>(m, first + at, count);
        load<Floats, kWhole>(v, second + at, count);
        load<Floats, kWhole>(weight, w + at, count);
        m += (g - m) * step.rate_1;
        v += (g * g - v) * step.rate_2;
        weight -= m * step.alpha / (Isa::square_root(v) + step.epsilon);
        // Comparisons that are false for NaN: it stays, and shows.
        const Floats most = Floats{} + step.clip;
        weight = weight > most ? most : weight;
        weight = weight < -most ? -most : weight;
        store<kWhole>(first + at, m, count);
        store<kWhole>(second + at, v, count);
        store<kWhole>(w_out + at, weight, count);
      }
    }
  };
  static void adam(const AdamStep& step, int64_t count, const float* g, float* m, float* v, const float* w,
                   float* w_out) {
    over_channels(count, Adam{step, g, m, v, w, w_out});
  }

  static constexpr TrainTable table() {
    return {moments, normalize, gradient_sums, input_gradient, max_pool, max_pool_gradient, adam};
  }
};

}  // namespace
}  // namespace bnn
