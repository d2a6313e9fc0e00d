// Plain C++: runs everywhere, and is what the other instruction sets are measured against.
#include "isa/portable.h"

#include "isa/conv_template.h"
#include "isa/engine_template.h"
#include "isa/halves.h"
#include "isa/peak_template.h"

namespace bnn {
namespace {

struct Portable : Halves {
  static constexpr int64_t kUnit = 8;   // filters side by side: four 128-bit registers where the compiler has them
  static constexpr int kRows = 1;
  static constexpr int kUnits = 1;
  static constexpr int64_t kWeightsPerWord = 1, kScratchBytesPerWord = sizeof(uint64_t);
  using Weight = uint64_t;
  using Rows = RowsInOrder<uint64_t>;
  static constexpr int kPackVectors = 4;

  // Pairs, nibbles, bytes; the multiplication adds up the eight bytes in the highest one.
  static uint64_t popcount(uint64_t v) {
    v -= (v >> 1) & 0x5555555555555555u;
    v = (v & 0x3333333333333333u) + ((v >> 2) & 0x3333333333333333u);
    v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (v * 0x0101010101010101u) >> 56;
  }

  static uint64_t signs_tail(const float* x, int64_t count, NanSeen& nan) {
    uint64_t word = 0;
    for (int64_t i = 0; i < count; ++i) {
      word |= static_cast<uint64_t>(below_zero(x[i])) << i;
      nan[0] |= x[i] != x[i];
    }
    return word;
  }
  static uint64_t signs64(const float* x, NanSeen& nan) { return signs_tail(x, kWordBits, nan); }
  static void tile_word(const uint64_t* lanes, Weight* out) {
    for (int64_t f = 0; f < kUnit; ++f) out[f] = lanes[f];
  }
  static Rows prepare(const RowPieces& a, int64_t rows, void* scratch) { return copy_rows(a, rows, scratch); }

  template <int Count, int Units>
  static void count(const Rows& a, const Weight* w, int64_t, int64_t row_words, int32_t out[Count][kUnit]) {
    uint64_t counts[Count][kUnit] = {};
    for (int64_t k = 0; k < row_words; ++k, w += kUnit) {
      for (int r = 0; r < Count; ++r) {
        for (int64_t f = 0; f < kUnit; ++f) counts[r][f] += popcount(a.first[r * a.stride + k] ^ w[f]);
      }
    }
    for (int r = 0; r < Count; ++r) {
      for (int64_t f = 0; f < kUnit; ++f) out[r][f] = static_cast<int32_t>(counts[r][f]);
    }
  }
};

// Of the engine's float loops, with SSE2 or what the compiler makes of vectors of four: 4 x 2 sums of 16 registers.
struct PortableFloats {
  static constexpr int64_t kLanes = 4;
  static constexpr int kRows = 4;
  static constexpr int kUnits = 2;
  static constexpr bool kByElement = false;
  typedef float Lanes __attribute__((vector_size(16)));
};

}  // namespace

constexpr ConvTable portable_convolution = make_conv_table<Portable>();
constexpr EngineLoops portable_engine = make_engine_loops<PortableFloats>();
constexpr PeakLoop portable_peak = make_peak<PortableFloats>();

extern constexpr Implementation portable_implementation = {
    "portable",          kCompiledFor,      portable_convolution, portable_engine,
    portable_gradients, portable_training, portable_peak,
};

}  // namespace bnn
