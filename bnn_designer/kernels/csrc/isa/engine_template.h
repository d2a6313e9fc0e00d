// The engine's float loops, for any instruction set; implementation.h has what Isa must have. Every output is a sum in
// one fixed order, so neither tiles nor threads change a bit of it.
#pragma once

#include <cstdint>

#include "isa/engine_loops.h"
#include "isa/int8_template.h"

namespace bnn {
namespace {

template <class Isa>
using Lanes = typename Isa::Lanes;

template <class Isa>
inline Lanes<Isa> load(const float* from) {
  Lanes<Isa> lanes;
  __builtin_memcpy(&lanes, from, sizeof(lanes));
  return lanes;
}

template <class Isa>
inline void store(Lanes<Isa> lanes, float* to) {
  __builtin_memcpy(to, &lanes, sizeof(lanes));
}

template <class Isa>
void tile_float_kernel(const float* kernel, int64_t depth, int64_t filters, float* tiled) {
  constexpr int64_t kLanes = Isa::kLanes;
  for (int64_t first = 0; first < filters; first += kLanes) {
    for (int64_t k = 0; k < depth; ++k, tiled += kLanes) {
      for (int64_t lane = 0; lane < kLanes; ++lane) {
        tiled[lane] = first + lane < filters ? kernel[k * filters + first + lane] : 0.0f;
      }
    }
  }
}

// Rows x Units registers of sums; of each k, Units registers of weights are read and one number of each row.
template <class Isa, int Rows, int Units>
void float_tile(const FloatRows& rows, int64_t first_row, const float* tiled, int64_t unit_stride, const float* bias,
                int64_t valid, float* y, int64_t y_stride) {
  constexpr int64_t kLanes = Isa::kLanes;
  Lanes<Isa> sums[Rows][Units];
#pragma GCC unroll 8
  for (int u = 0; u < Units; ++u) {
    float start[kLanes] = {};
    for (int64_t lane = 0; lane < kLanes && u * kLanes + lane < valid; ++lane) start[lane] = bias[u * kLanes + lane];
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) sums[r][u] = load<Isa>(start);
  }
  const float* a = rows.a + first_row * rows.row_stride;
  for (int64_t run = 0; run < rows.runs; ++run, a += rows.run_stride) {
    int64_t k = 0;
    if constexpr (Isa::kByElement) {
      for (; k + kLanes <= rows.run; k += kLanes) {
        Lanes<Isa> values[Rows];
#pragma GCC unroll 16
        for (int r = 0; r < Rows; ++r) values[r] = Isa::load(a + r * rows.row_stride + k);
#pragma GCC unroll 16
        for (int64_t element = 0; element < kLanes; ++element, tiled += kLanes) {
          Lanes<Isa> weights[Units];
#pragma GCC unroll 8
          for (int u = 0; u < Units; ++u) weights[u] = load<Isa>(tiled + u * unit_stride);
#pragma GCC unroll 16
          for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 8
            for (int u = 0; u < Units; ++u) sums[r][u] += values[r][element] * weights[u];
          }
        }
      }
    }
    for (; k < rows.run; ++k, tiled += kLanes) {
      Lanes<Isa> weights[Units];
#pragma GCC unroll 8
      for (int u = 0; u < Units; ++u) weights[u] = load<Isa>(tiled + u * unit_stride);
#pragma GCC unroll 16
      for (int r = 0; r < Rows; ++r) {
        const float value = a[r * rows.row_stride + k];
#pragma GCC unroll 8
        for (int u = 0; u < Units; ++u) sums[r][u] += value * weights[u];
      }
    }
  }
#pragma GCC unroll 8
  for (int u = 0; u < Units; ++u) {
    const int64_t left = valid - u * kLanes;
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      float* to = y + (first_row + r) * y_stride + u * kLanes;
      if (left >= kLanes) {
        store<Isa>(sums[r][u], to);
      } else {
        float last[kLanes];
        store<Isa>(sums[r][u], last);
        for (int64_t lane = 0; lane < left; ++lane) to[lane] = last[lane];
      }
    }
  }
}

template <class Isa, int Rows, int Units>
void float_tiles(const FloatRows& rows, int64_t row, const float* tiled, int64_t unit_stride, const float* bias,
                 int64_t valid, float* y, int64_t y_stride) {
  for (; row + Rows <= rows.rows; row += Rows) {
    float_tile<Isa, Rows, Units>(rows, row, tiled, unit_stride, bias, valid, y, y_stride);
  }
  if constexpr (Rows > 1) {
    if (row < rows.rows) {
      float_tiles<Isa, (Rows + 1) / 2 == Rows ? Rows - 1 : (Rows + 1) / 2, Units>(rows, row, tiled, unit_stride, bias,
                                                                                  valid, y, y_stride);
    }
  }
}

template <class Isa, int Units>
void float_units(const FloatRows& rows, const float* tiled, const float* bias, int64_t filters, float* y,
                 int64_t y_stride) {
  const int64_t unit_stride = rows.runs * rows.run * Isa::kLanes;
  constexpr int64_t kWidth = Units * Isa::kLanes;
  for (; filters > (Units - 1) * Isa::kLanes; filters -= kWidth) {
    const int64_t valid = filters < kWidth ? filters : kWidth;
    float_tiles<Isa, Isa::kRows, Units>(rows, 0, tiled, unit_stride, bias, valid, y, y_stride);
    tiled += Units * unit_stride;
    bias += kWidth;
    y += kWidth;
  }
  if constexpr (Units > 1) {
    if (filters > 0) float_units<Isa, Units - 1>(rows, tiled, bias, filters, y, y_stride);
  }
}

template <class Isa>
void float_product(const FloatRows& rows, const float* tiled, const float* bias, int64_t filters, float* y,
                   int64_t y_stride) {
  float_units<Isa, Isa::kUnits>(rows, tiled, bias, filters, y, y_stride);
}

// A register of channels passes through all taps before the next one: sums stay in registers. Step takes
// (sum, tap, c, register or float).
template <class Isa>
void depthwise(const float* const* in, int64_t taps, const float* kernel, int64_t channels, const float* bias,
               int64_t count, float* y) {
  constexpr int64_t kLanes = Isa::kLanes;
  int64_t c = 0;
  for (; c + kLanes <= count; c += kLanes) {
    Lanes<Isa> sum = load<Isa>(bias + c);
    for (int64_t tap = 0; tap < taps; ++tap) {
      if (in[tap] != nullptr) sum += load<Isa>(in[tap] + c) * load<Isa>(kernel + tap * channels + c);
    }
    store<Isa>(sum, y + c);
  }
  for (; c < count; ++c) {
    float sum = bias[c];
    for (int64_t tap = 0; tap < taps; ++tap) {
      if (in[tap] != nullptr) sum = __builtin_fmaf(in[tap][c], kernel[tap * channels + c], sum);
    }
    y[c] = sum;
  }
}

template <class Isa>
void largest(const float* const* in, int64_t taps, int64_t count, float* y) {
  constexpr int64_t kLanes = Isa::kLanes;
  int64_t c = 0;
  for (; c + kLanes <= count; c += kLanes) {
    Lanes<Isa> most = load<Isa>(in[0] + c);
    for (int64_t tap = 1; tap < taps; ++tap) {
      const Lanes<Isa> value = load<Isa>(in[tap] + c);
      most = value > most ? value : most;
    }
    store<Isa>(most, y + c);
  }
  for (; c < count; ++c) {
    float most = in[0][c];
    for (int64_t tap = 1; tap < taps; ++tap) most = in[tap][c] > most ? in[tap][c] : most;
    y[c] = most;
  }
}

template <class Isa>
void mean(const float* const* in, int64_t taps, float factor, int64_t count, float* y) {
  constexpr int64_t kLanes = Isa::kLanes;
  int64_t c = 0;
  for (; c + kLanes <= count; c += kLanes) {
    Lanes<Isa> sum = load<Isa>(in[0] + c);
    for (int64_t tap = 1; tap < taps; ++tap) sum += load<Isa>(in[tap] + c);
    store<Isa>(sum * factor, y + c);
  }
  for (; c < count; ++c) {
    float sum = in[0][c];
    for (int64_t tap = 1; tap < taps; ++tap) sum += in[tap][c];
    y[c] = sum * factor;
  }
}

// The compiler's vectorizer is left these.
void affine(float* __restrict y, int64_t rows, int64_t count, const float* __restrict factor,
            const float* __restrict offset) {
  for (int64_t row = 0; row < rows; ++row, y += count) {
    for (int64_t c = 0; c < count; ++c) y[c] = y[c] * factor[c] + offset[c];
  }
}

void clamp(float* y, int64_t size, float low, float high) {
  for (int64_t i = 0; i < size; ++i) {
    const float raised = y[i] < low ? low : y[i];
    y[i] = raised > high ? high : raised;
  }
}

// Adding 1.5 * 2^23 leaves no bits for fractions, so the processor rounds: halves to the even number, as TensorFlow does.
void levels(float* y, int64_t size, float steps) {
  constexpr float kNoFractions = 12582912.0f;
  for (int64_t i = 0; i < size; ++i) {
    const float raised = y[i] < 0.0f ? 0.0f : y[i];
    const float scaled = (raised > 1.0f ? 1.0f : raised) * steps;
    y[i] = ((scaled + kNoFractions) - kNoFractions) / steps;
  }
}

void ternary(float* y, int64_t size, float threshold) {
  for (int64_t i = 0; i < size; ++i) y[i] = y[i] > threshold ? 1.0f : y[i] < -threshold ? -1.0f : 0.0f;
}

void prelu(float* __restrict y, int64_t rows, int64_t count, const float* __restrict slopes) {
  for (int64_t row = 0; row < rows; ++row, y += count) {
    for (int64_t c = 0; c < count; ++c) y[c] = y[c] < 0.0f ? y[c] * slopes[c] : y[c];
  }
}

void add(float* __restrict y, int64_t rows, int64_t count, const float* __restrict x, int64_t stride) {
  for (int64_t row = 0; row < rows; ++row, y += count, x += stride) {
    for (int64_t c = 0; c < count; ++c) y[c] += x[c];
  }
}

void multiply(float* __restrict y, int64_t rows, int64_t count, const float* __restrict x, int64_t stride) {
  for (int64_t row = 0; row < rows; ++row, y += count, x += stride) {
    for (int64_t c = 0; c < count; ++c) y[c] *= x[c];
  }
}

template <class Isa>
constexpr EngineLoops make_engine_loops() {
  return {
      Isa::kLanes, Isa::kRows, tile_float_kernel<Isa>, float_product<Isa>, depthwise<Isa>,  largest<Isa>, mean<Isa>,
      affine,      clamp,      levels,                 ternary,            prelu,           add,          multiply,
      floats_of_bytes,         quantize<Isa>,          requantize,
  };
}

}  // namespace
}  // namespace bnn
