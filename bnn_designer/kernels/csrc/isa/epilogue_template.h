// The epilogues, for any instruction set: a tile leaves its counts in the L1 cache, and finish_row<Isa>() takes each
// row of them from there, Isa::kLanes filters at a time.
#pragma once

#include <cstdint>

#include "conv/epilogue.h"

namespace bnn {
namespace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "bits are stored by bytes: byte i holds filters 8 i ..");

// The first `count` lanes, or all if there are fewer, from and to memory of any alignment.
template <class Vector, class T>
inline void load(const T* from, int64_t count, Vector* to) {
  constexpr int64_t kLanes = sizeof(Vector) / sizeof(T);
  if (count >= kLanes) {
    __builtin_memcpy(to, from, sizeof(Vector));
  } else {
    *to = Vector{};
    for (int64_t i = 0; i < count; ++i) (*to)[i] = from[i];
  }
}

template <class Vector, class T>
inline void store(const Vector& from, int64_t count, T* to) {
  constexpr int64_t kLanes = sizeof(Vector) / sizeof(T);
  if (count >= kLanes) {
    __builtin_memcpy(to, &from, sizeof(Vector));
  } else {
    for (int64_t i = 0; i < count; ++i) to[i] = from[i];
  }
}

// Where one row's results go and come from.
struct RowPointers {
  float* y;
  uint8_t* bytes;
  const float* residual;
  const int32_t* correction;

  RowPointers(const Epilogue& e, int64_t row)
      : y(e.y != nullptr ? e.y + row * e.y_stride : nullptr),
        bytes(e.bits != nullptr ? reinterpret_cast<uint8_t*>(e.bits + row * e.bits_stride) : nullptr),
        residual(e.residual != nullptr ? e.residual + row * e.residual_stride : nullptr),
        correction(e.corrections != nullptr ? e.corrections[row] : nullptr) {}
};

template <class Isa>
inline __attribute__((always_inline)) void write_bits(const Epilogue& e, const RowPointers& to, int64_t f,
                                                      typename Isa::Bits bits) {
  typename Isa::Bits flip;
  __builtin_memcpy(&flip, reinterpret_cast<const uint8_t*>(e.flips) + f / 8, sizeof(flip));
  bits ^= flip;
  __builtin_memcpy(to.bytes + f / 8, &bits, sizeof(bits));
}

template <class Isa>
inline __attribute__((always_inline)) void finish_scaled(const Epilogue& e, const RowPointers& to, int64_t f,
                                                         int64_t count, const typename Isa::Ints& sums) {
  typename Isa::Floats v = __builtin_convertvector(sums, typename Isa::Floats), operand;
  Isa::clamp(e.before.low, e.before.high, v);
  load(e.multipliers + f, Isa::kLanes, &operand);
  v *= operand;
  Isa::round(v);
  load(e.offsets + f, Isa::kLanes, &operand);
  v += operand;
  if (e.slopes != nullptr) {
    load(e.slopes + f, Isa::kLanes, &operand);
    operand *= v;
    Isa::round(operand);
    Isa::where_negative(operand, v);
  }
  if (to.residual != nullptr) {
    load(to.residual + f, count, &operand);
    v += operand;
  }
  Isa::clamp(e.after.low, e.after.high, v);
  if (to.y != nullptr) store(v, count, to.y + f);
  if (to.bytes != nullptr) {
    load(e.cuts + f, Isa::kLanes, &operand);
    write_bits<Isa>(e, to, f, Isa::at_most(v, operand));
  }
}

// Filters f .. f + kLanes of a row, `count` of them real, from their sums.
template <class Isa, Epilogue::Kind kind>
inline __attribute__((always_inline)) void finish_lanes(const Epilogue& e, const RowPointers& to, int64_t f,
                                                        int64_t count,
                                                        const typename Isa::Ints& from) {
  typename Isa::Ints sums = from, operand;
  if (to.correction != nullptr && count > 0) {
    load(to.correction + f, count, &operand);
    sums -= operand;
  }
  if constexpr (kind == Epilogue::Kind::kSums) {
    store(__builtin_convertvector(sums, typename Isa::Floats), count, to.y + f);
  } else if constexpr (kind == Epilogue::Kind::kSigns) {
    load(e.thresholds + f, Isa::kLanes, &operand);
    write_bits<Isa>(e, to, f, Isa::sums_below(sums, operand));
  } else {
    finish_scaled<Isa>(e, to, f, count, sums);
  }
}

// Zeros to the end of the last word of a row, if its last filter is among those before `end`.
inline void finish_bits(const RowPointers& to, int64_t end, int64_t lanes, int64_t filters) {
  if (to.bytes == nullptr || end < filters) return;
  const int64_t written = (end + lanes - 1) / lanes * lanes;
  for (int64_t i = written / 8; i < padded_filters(filters) / 8; ++i) to.bytes[i] = 0;
}

// counts[i] of `width` filters from `first` on, of `filters` in all: popcounts of a xor w. The sums are products -
// 2 * count - correction; 2 * count may pass 2^31 on the way to a sum that does not, so it is a shift.
template <class Isa, Epilogue::Kind kind>
inline __attribute__((always_inline)) void finish_row(const Epilogue& e, int64_t row, int64_t first, int64_t width,
                                                      int64_t filters, const typename Isa::Ints& products,
                                                      const int32_t* counts) {
  const RowPointers to(e, row);
  for (int64_t i = 0; i < width; i += Isa::kLanes) {
    typename Isa::Ints unequal;
    load(counts + i, Isa::kLanes, &unequal);
    finish_lanes<Isa, kind>(e, to, first + i, filters - first - i, products - (unequal << 1));
  }
  if (kind != Epilogue::Kind::kSums) finish_bits(to, first + width, Isa::kLanes, filters);
}

// The same of sums that stand in floats already, [rows, filters].
template <class Isa, Epilogue::Kind kind>
void finish_sums(const float* sums, int64_t rows, int64_t filters, const Epilogue& e) {
  for (int64_t row = 0; row < rows; ++row, sums += filters) {
    const RowPointers to(e, row);
    for (int64_t f = 0; f < filters; f += Isa::kLanes) {
      typename Isa::Floats values;
      load(sums + f, filters - f, &values);
      finish_lanes<Isa, kind>(e, to, f, filters - f, __builtin_convertvector(values, typename Isa::Ints));
    }
    if (kind != Epilogue::Kind::kSums) finish_bits(to, filters, Isa::kLanes, filters);
  }
}

template <class Isa>
void finish(const float* sums, int64_t rows, int64_t filters, const Epilogue& e) {
  using Kind = Epilogue::Kind;
  switch (e.kind) {
    case Kind::kSums:
      return finish_sums<Isa, Kind::kSums>(sums, rows, filters, e);
    case Kind::kSigns:
      return finish_sums<Isa, Kind::kSigns>(sums, rows, filters, e);
    case Kind::kScaled:
      return finish_sums<Isa, Kind::kScaled>(sums, rows, filters, e);
  }
}

}  // namespace
}  // namespace bnn
