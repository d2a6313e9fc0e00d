// The loops all instruction sets share. A file per instruction set defines a struct with the steps that differ and
// calls make_table<Isa>(). Everything here has internal linkage and uses no std:: template: each file is compiled
// with its own -m flags, and the linker must never merge one file's code into another's.
#pragma once

#include <cstdint>

#include "kernel_table.h"
#include "layout.h"

namespace bnn {
namespace {

// One row of `channels` floats at a time; Isa::signs reads Isa::kFloats of them and returns their sign bits.
template <class Isa>
bool pack_rows(const float* x, int64_t rows, int64_t channels, uint64_t* out) {
  typename Isa::NanSeen nan{};
  for (int64_t row = 0; row < rows; ++row, x += channels) {
    int64_t c = 0;
    for (; c + kWordBits <= channels; c += kWordBits) *out++ = Isa::signs64(x + c, nan);
    if (c < channels) *out++ = Isa::signs_tail(x + c, channels - c, nan);
  }
  return Isa::any(nan);
}

// Bits of `width` filters for `channels` <= 32 channels. In 32-bit lanes, as wide as the floats they come from, so
// that the compiler turns the inner loop into compare, and, or.
bool half_words(const float* kernel, int64_t stride, int64_t channels, int64_t width, uint32_t* out) {
  uint32_t nan = 0;
  for (int64_t f = 0; f < width; ++f) out[f] = 0;
  for (int64_t c = 0; c < channels; ++c, kernel += stride) {
    const uint32_t bit = uint32_t{1} << c;
    for (int64_t f = 0; f < width; ++f) {
      out[f] |= below_zero(kernel[f]) ? bit : 0;
      nan |= kernel[f] != kernel[f];
    }
  }
  return nan != 0;
}

// Filters are innermost in memory, so a word is built for many filters at once, one channel after the other.
bool pack_kernel(const float* kernel, int64_t channels, int64_t filters, int64_t begin, int64_t end, uint64_t* out) {
  constexpr int64_t kBlock = 256;  // filters: long runs of memory, and the halves stay in the first cache
  const int64_t words = word_count(channels);
  bool nan = false;
  for (int64_t i = begin; i < end; ++i) {
    const int64_t tap = i / words, first = (i % words) * kWordBits;
    const int64_t count = channels - first < kWordBits ? channels - first : kWordBits;
    const float* source = kernel + (tap * channels + first) * filters;
    for (int64_t f = 0; f < filters; f += kBlock) {
      const int64_t width = filters - f < kBlock ? filters - f : kBlock;
      uint32_t low[kBlock], high[kBlock];
      const int64_t split = count < 32 ? count : 32;
      nan |= half_words(source + f, filters, split, width, low);
      nan |= half_words(source + f + split * filters, filters, count - split, width, high);
      for (int64_t lane = 0; lane < width; ++lane) {
        out[i * filters + f + lane] = static_cast<uint64_t>(high[lane]) << 32 | low[lane];
      }
    }
  }
  return nan;
}

template <class Isa>
void tile_kernel(const uint64_t* packed, int64_t row_words, int64_t filters, int64_t unit_begin, int64_t unit_end,
                 void* tiled) {
  constexpr int64_t kUnit = Isa::kUnit;
  for (int64_t u = unit_begin; u < unit_end; ++u) {
    auto* out = static_cast<typename Isa::Weight*>(tiled) + u * row_words * Isa::kWeightsPerWord * kUnit;
    const int64_t width = filters - u * kUnit < kUnit ? filters - u * kUnit : kUnit;
    for (int64_t k = 0; k < row_words; ++k, out += Isa::kWeightsPerWord * kUnit) {
      uint64_t lanes[kUnit] = {};
      for (int64_t f = 0; f < width; ++f) lanes[f] = packed[k * filters + u * kUnit + f];
      Isa::tile_word(lanes, out);
    }
  }
}

template <class Isa>
void tap_sums(const uint64_t* packed, int64_t taps, int64_t channels, int64_t filters, float* sums) {
  const int64_t words = word_count(channels);
  for (int64_t tap = 0; tap < taps; ++tap, sums += filters) {
    for (int64_t f = 0; f < filters; ++f) sums[f] = static_cast<float>(channels);
    for (int64_t k = 0; k < words; ++k, packed += filters) {
      for (int64_t f = 0; f < filters; ++f) sums[f] -= 2.0f * static_cast<float>(Isa::popcount(packed[f]));
    }
  }
}

// A tile is kRows rows by kUnits units, held in registers; the last rows and units run in narrower tiles.
template <class Isa, int Rows, int Units>
void tile_rows(const typename Isa::Row* a, int64_t rows, int64_t a_stride, const typename Isa::Weight* w,
               int64_t w_stride, int64_t row_words, int64_t products, float* y, int64_t filters, int64_t valid) {
  int64_t row = 0;
  for (; row + Rows <= rows; row += Rows) {
    Isa::template tile<Rows, Units>(a + row * a_stride, a_stride, w, w_stride, row_words, products,
                                    y + row * filters, filters, valid);
  }
  if constexpr (Rows > 1) {
    if (row < rows) {
      tile_rows<Isa, Rows - 1, Units>(a + row * a_stride, rows - row, a_stride, w, w_stride, row_words, products,
                                      y + row * filters, filters, valid);
    }
  }
}

// Units outside, rows inside: a unit's weights stay in the first cache while all rows of the block pass.
template <class Isa, int Units>
void tile_units(const typename Isa::Row* a, int64_t rows, int64_t a_stride, const typename Isa::Weight* w,
                int64_t w_stride, int64_t row_words, int64_t products, float* y, int64_t filters, int64_t unit,
                int64_t unit_end) {
  for (; unit + Units <= unit_end; unit += Units) {
    const int64_t first = unit * Isa::kUnit;
    const int64_t left = filters - first;
    const int64_t valid = left < Units * Isa::kUnit ? left : Units * Isa::kUnit;
    tile_rows<Isa, Isa::kRows, Units>(a, rows, a_stride, w + unit * w_stride, w_stride, row_words, products,
                                      y + first, filters, valid);
  }
  if constexpr (Units > 1) {
    if (unit < unit_end) {
      tile_units<Isa, Units - 1>(a, rows, a_stride, w, w_stride, row_words, products, y, filters, unit, unit_end);
    }
  }
}

int64_t calls_of_gemm = 0;

template <class Isa>
void gemm(const uint64_t* a, int64_t rows, int64_t row_words, const void* tiled, int64_t filters, int64_t unit_begin,
          int64_t unit_end, int64_t products, void* scratch, float* y) {
  __atomic_fetch_add(&calls_of_gemm, 1, __ATOMIC_RELAXED);
  const typename Isa::Row* ready = Isa::prepare(a, rows * row_words, scratch);
  tile_units<Isa, Isa::kUnits>(ready, rows, row_words * Isa::kRowItemsPerWord,
                               static_cast<const typename Isa::Weight*>(tiled),
                               row_words * Isa::kWeightsPerWord * Isa::kUnit, row_words, products, y, filters,
                               unit_begin, unit_end);
}

int64_t gemm_calls() { return __atomic_load_n(&calls_of_gemm, __ATOMIC_RELAXED); }

template <class Isa>
const KernelTable& make_table() {
  static const KernelTable table = {
      Isa::kName,
      Isa::kUnit,
      Isa::kRows,
      static_cast<int64_t>(sizeof(typename Isa::Weight)) * Isa::kWeightsPerWord,
      Isa::kScratchBytesPerWord,
      pack_rows<Isa>,
      pack_kernel,
      tile_kernel<Isa>,
      tap_sums<Isa>,
      gemm<Isa>,
      gemm_calls,
  };
  return table;
}

}  // namespace
}  // namespace bnn
