// The loops of binary convolutions, for any instruction set; implementation.h has what Isa must have.
#pragma once

#include <cstdint>

#include "isa/epilogue_template.h"
#include "isa/conv_table.h"
#include "conv/layout.h"

namespace bnn {
namespace {

// Rows one after another, in items of the instruction set's own; what those that do not read RowPieces make of them.
template <class Row>
struct RowsInOrder {
  const Row* first;
  int64_t stride;
  RowsInOrder from_row(int64_t row) const { return {first + row * stride, stride}; }
};

inline RowsInOrder<uint64_t> copy_rows(const RowPieces& a, int64_t rows, void* scratch) {
  auto* to = static_cast<uint64_t*>(scratch);
  for (int64_t i = 0; i < rows * a.pieces; ++i) {
    for (int64_t k = 0; k < a.piece_words; ++k) *to++ = a.at[i][k];
  }
  return {static_cast<uint64_t*>(scratch), a.row_words()};
}

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

// The signs of `channels` <= 32 channels of Vectors * kLanes filters, in 32-bit lanes, as wide as the floats they come
// from; `count` filters are there. Rows of filters lie `stride` floats apart, too far for the processor to foresee, so
// the row kNear on is asked for, and the row kFar on (the next word's) brought nearer, which memory needs.
template <class Isa, int Vectors>
inline __attribute__((always_inline)) void half_words(const float* kernel, int64_t stride, int64_t channels,
                                                      int64_t count, uint32_t* out, typename Isa::NanSeen& nan) {
  constexpr int64_t kNear = 4, kFar = 64, kLine = 16;
  typename Isa::Ints words[Vectors] = {}, bit = typename Isa::Ints{} + 1;
  typename Isa::NanSeen seen = nan;  // in a register
  for (int64_t c = 0; c < channels; ++c, kernel += stride, bit <<= 1) {
    typename Isa::Floats values[Vectors];
#pragma GCC unroll 8
    for (int64_t f = 0; f < Vectors * Isa::kLanes; f += kLine) {
      __builtin_prefetch(kernel + kNear * stride + f);
      __builtin_prefetch(kernel + kFar * stride + f, 0, 2);
    }
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) {
      load(kernel + v * Isa::kLanes, count - v * Isa::kLanes, &values[v]);
      Isa::add_signs(values[v], bit, words[v]);
      if (v % 2 == 1 || v + 1 == Vectors) Isa::see_nan(values[v / 2 * 2], values[v], seen);
    }
  }
  nan = seen;
  __builtin_memcpy(out, words, sizeof(words));
}

// `count` <= kPackBlock filters, in runs of Vectors registers, then of fewer.
constexpr int64_t kPackBlock = 128;

template <class Isa, int Vectors>
void filter_words(const float* kernel, int64_t stride, int64_t channels, int64_t count, uint64_t* out,
                  typename Isa::NanSeen& nan) {
  constexpr int64_t kWidth = Vectors * Isa::kLanes;
  const int64_t split = channels < 32 ? channels : 32;
  while (count >= kWidth || (Vectors == 1 && count > 0)) {
    uint32_t low[kWidth], high[kWidth];
    const int64_t there = Vectors == 1 ? count : kWidth;
    half_words<Isa, Vectors>(kernel, stride, split, there, low, nan);
    half_words<Isa, Vectors>(kernel + split * stride, stride, channels - split, there, high, nan);
    for (int64_t f = 0; f < kWidth; ++f) out[f] = static_cast<uint64_t>(high[f]) << 32 | low[f];
    kernel += kWidth, out += kWidth, count -= kWidth;
  }
  if constexpr (Vectors > 1) filter_words<Isa, Vectors / 2>(kernel, stride, channels, count, out, nan);
}

// Calls write(i, f, count, words) with the words of each flat (tap, word) index and each block of filters. Filters are
// innermost in memory, so a word is built for many of them at once, one channel after the other.
template <class Isa, class Write>
bool each_kernel_word(const float* kernel, int64_t channels, int64_t filters, int64_t begin, int64_t end,
                      const Write& write) {
  const int64_t words = word_count(channels);
  typename Isa::NanSeen nan{};
  for (int64_t i = begin; i < end; ++i) {
    const int64_t tap = i / words, first = (i % words) * kWordBits;
    const int64_t count = channels - first < kWordBits ? channels - first : kWordBits;
    const float* source = kernel + (tap * channels + first) * filters;
    for (int64_t f = 0; f < filters; f += kPackBlock) {
      const int64_t width = filters - f < kPackBlock ? filters - f : kPackBlock;
      uint64_t lanes[kPackBlock + Isa::kLanes] = {};
      filter_words<Isa, Isa::kPackVectors>(source + f, filters, count, width, lanes, nan);
      write(i, f, width, lanes);
    }
  }
  return Isa::any(nan);
}

template <class Isa>
bool pack_kernel(const float* kernel, int64_t channels, int64_t filters, int64_t begin, int64_t end, uint64_t* out) {
  return each_kernel_word<Isa>(kernel, channels, filters, begin, end,
                               [&](int64_t i, int64_t f, int64_t count, const uint64_t* lanes) {
                                 for (int64_t j = 0; j < count; ++j) out[i * filters + f + j] = lanes[j];
                               });
}

// Where unit u of a kernel in tile order begins, and how far its words are apart.
template <class Isa>
struct Tiled {
  static constexpr int64_t kStep = Isa::kWeightsPerWord * Isa::kUnit;
  typename Isa::Weight* first;
  int64_t row_words;
  typename Isa::Weight* at(int64_t unit, int64_t word) const { return first + (unit * row_words + word) * kStep; }
};

template <class Isa>
bool pack_tiled(const float* kernel, int64_t channels, int64_t filters, int64_t row_words, int64_t begin, int64_t end,
                void* tiled) {
  const Tiled<Isa> to = {static_cast<typename Isa::Weight*>(tiled), row_words};
  return each_kernel_word<Isa>(kernel, channels, filters, begin, end,
                               [&](int64_t i, int64_t f, int64_t count, const uint64_t* lanes) {
                                 for (int64_t j = 0; j < count; j += Isa::kUnit) {
                                   Isa::tile_word(lanes + j, to.at((f + j) / Isa::kUnit, i));
                                 }
                               });
}

template <class Isa>
void tile_kernel(const uint64_t* packed, int64_t row_words, int64_t filters, int64_t unit_begin, int64_t unit_end,
                 void* tiled) {
  constexpr int64_t kUnit = Isa::kUnit;
  const Tiled<Isa> to = {static_cast<typename Isa::Weight*>(tiled), row_words};
  for (int64_t u = unit_begin; u < unit_end; ++u) {
    const int64_t width = filters - u * kUnit < kUnit ? filters - u * kUnit : kUnit;
    for (int64_t k = 0; k < row_words; ++k) {
      uint64_t lanes[kUnit] = {};
      for (int64_t f = 0; f < width; ++f) lanes[f] = packed[k * filters + u * kUnit + f];
      Isa::tile_word(lanes, to.at(u, k));
    }
  }
}

// The unequal signs of a filter and +1 everywhere are those below zero: counted by the product itself, a tap at a time.
template <class Isa>
void tap_sums(const void* tiled, int64_t taps, int64_t channels, int64_t filters, int64_t unit_begin,
              int64_t unit_end, int32_t* sums) {
  constexpr int64_t kMostWords = 64;  // at once
  const int64_t words = word_count(channels);
  const uint64_t ones[kMostWords] = {};
  const uint64_t* const at = ones;
  uint8_t scratch[kMostWords * Isa::kScratchBytesPerWord + 1];
  const Tiled<Isa> from = {static_cast<typename Isa::Weight*>(const_cast<void*>(tiled)), taps * words};
  for (int64_t u = unit_begin; u < unit_end; ++u) {
    for (int64_t tap = 0; tap < taps; ++tap) {
      int32_t total[Isa::kUnit] = {};
      for (int64_t k = 0; k < words; k += kMostWords) {
        alignas(64) int32_t counts[1][(Isa::kUnit + Isa::kLanes - 1) / Isa::kLanes * Isa::kLanes];
        const int64_t some = words - k < kMostWords ? words - k : kMostWords;
        const auto row = Isa::prepare({&at, 1, some}, 1, scratch);
        Isa::template count<1, 1>(row, from.at(u, tap * words + k), 0, some, counts);
        for (int64_t f = 0; f < Isa::kUnit; ++f) total[f] += counts[0][f];
      }
      for (int64_t f = 0; f < Isa::kUnit && u * Isa::kUnit + f < filters; ++f) {
        sums[tap * filters + u * Isa::kUnit + f] = static_cast<int32_t>(channels) - 2 * total[f];
      }
    }
  }
}

// What all tiles of one product share.
template <class Isa>
struct Product {
  typename Isa::Rows a;
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
    Isa::template count<Rows, Units>(p.a.from_row(row), p.w + unit * p.w_stride, p.w_stride, p.row_words, counts);
    for (int r = 0; r < Rows; ++r) {
      finish_row<Isa, kind>(p.epilogue, row + r, unit * Isa::kUnit, kWidth, p.filters, p.products, counts[r]);
    }
  }
  if constexpr (Rows > 1) {
    if (row < rows) tile_rows<Isa, kind, Rows - 1, Units>(p, row, rows, unit);
  }
}

// Units outside, rows inside: a unit's weights stay in the L1 cache while all rows of the block pass.
template <class Isa, Epilogue::Kind kind, int Units>
void tile_units(const Product<Isa>& p, int64_t rows, int64_t unit, int64_t unit_end) {
  for (; unit + Units <= unit_end; unit += Units) tile_rows<Isa, kind, Isa::kRows, Units>(p, 0, rows, unit);
  if constexpr (Units > 1) {
    if (unit < unit_end) tile_units<Isa, kind, Units - 1>(p, rows, unit, unit_end);
  }
}

int64_t calls_of_gemm = 0;

template <class Isa>
void gemm(const RowPieces& a, int64_t rows, const void* tiled, int64_t filters, int64_t unit_begin, int64_t unit_end,
          int64_t products, void* scratch, const Epilogue& epilogue) {
  using Kind = Epilogue::Kind;
  __atomic_fetch_add(&calls_of_gemm, 1, __ATOMIC_RELAXED);
  const Product<Isa> product = {
      Isa::prepare(a, rows, scratch),
      static_cast<const typename Isa::Weight*>(tiled),
      a.row_words() * Isa::kWeightsPerWord * Isa::kUnit,
      a.row_words(),
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
constexpr ConvTable make_conv_table() {
  return {
      Isa::kUnit,
      Isa::kRows,
      static_cast<int64_t>(sizeof(typename Isa::Weight)) * Isa::kWeightsPerWord,
      Isa::kScratchBytesPerWord,
      pack_rows<Isa>,
      pack_kernel<Isa>,
      pack_tiled<Isa>,
      tile_kernel<Isa>,
      tap_sums<Isa>,
      gemm<Isa>,
      finish<Isa>,
      gemm_calls,
  };
}

}  // namespace
}  // namespace bnn
