// The loops all instruction sets share. A file per instruction set defines a struct with the steps that differ and
// calls make_table<Isa>(). Everything here has internal linkage and uses no std:: template: each file is compiled
// with its own -m flags, and the linker must never merge one file's code into another's.
#pragma once

#include <cstdint>

#include "epilogue_template.h"
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
void tap_sums(const uint64_t* packed, int64_t taps, int64_t channels, int64_t filters, int32_t* sums) {
  const int64_t words = word_count(channels);
  for (int64_t tap = 0; tap < taps; ++tap, sums += filters) {
    for (int64_t f = 0; f < filters; ++f) sums[f] = static_cast<int32_t>(channels);
    for (int64_t k = 0; k < words; ++k, packed += filters) {
      for (int64_t f = 0; f < filters; ++f) sums[f] -= 2 * static_cast<int32_t>(Isa::popcount(packed[f]));
    }
  }
}

// What all tiles of one product share.
template <class Isa>
struct Product {
  const typename Isa::Row* a;
  int64_t a_stride;
  const typename Isa::Weight* w;
  int64_t w_stride, row_words, filters;
  typename Isa::Ints products;
  const Epilogue& epilogue;
};

// A tile is kRows rows by kUnits units, counted in registers; the last rows and units run in narrower tiles.
template <class Isa, Epilogue::Kind kind, int Rows, int Units>
void tile_rows(const Product<Isa>& p, int64_t row, int64_t rows, int64_t unit) {
  constexpr int64_t kWidth = Units * Isa::kUnit;
  constexpr int64_t kVectors = (kWidth + Isa::kLanes - 1) / Isa::kLanes;
  for (; row + Rows <= rows; row += Rows) {
    alignas(64) int32_t counts[Rows][kVectors * Isa::kLanes];
    Isa::template count<Rows, Units>(p.a + row * p.a_stride, p.a_stride, p.w + unit * p.w_stride, p.w_stride,
                                     p.row_words, counts);
    for (int r = 0; r < Rows; ++r) {
      finish_row<Isa, kind>(p.epilogue, row + r, unit * Isa::kUnit, kWidth, p.filters, p.products, counts[r]);
    }
  }
  if constexpr (Rows > 1) {
    if (row < rows) tile_rows<Isa, kind, Rows - 1, Units>(p, row, rows, unit);
  }
}

// Units outside, rows inside: a unit's weights stay in the first cache while all rows of the block pass.
template <class Isa, Epilogue::Kind kind, int Units>
void tile_units(const Product<Isa>& p, int64_t rows, int64_t unit, int64_t unit_end) {
  for (; unit + Units <= unit_end; unit += Units) tile_rows<Isa, kind, Isa::kRows, Units>(p, 0, rows, unit);
  if constexpr (Units > 1) {
    if (unit < unit_end) tile_units<Isa, kind, Units - 1>(p, rows, unit, unit_end);
  }
}

int64_t calls_of_gemm = 0;

template <class Isa>
void gemm(const uint64_t* a, int64_t rows, int64_t row_words, const void* tiled, int64_t filters, int64_t unit_begin,
          int64_t unit_end, int64_t products, void* scratch, const Epilogue& epilogue) {
  using Kind = Epilogue::Kind;
  __atomic_fetch_add(&calls_of_gemm, 1, __ATOMIC_RELAXED);
  const Product<Isa> product = {
      Isa::prepare(a, rows * row_words, scratch),
      row_words * Isa::kRowItemsPerWord,
      static_cast<const typename Isa::Weight*>(tiled),
      row_words * Isa::kWeightsPerWord * Isa::kUnit,
      row_words,
      filters,
      typename Isa::Ints{} + static_cast<int32_t>(products),
      epilogue,
  };
  switch (epilogue.kind) {
    case Kind::kSums:
      return tile_units<Isa, Kind::kSums, Isa::kUnits>(product, rows, unit_begin, unit_end);
    case Kind::kSigns:
      return tile_units<Isa, Kind::kSigns, Isa::kUnits>(product, rows, unit_begin, unit_end);
    case Kind::kScaled:
      return tile_units<Isa, Kind::kScaled, Isa::kUnits>(product, rows, unit_begin, unit_end);
  }
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
