// Plain C++: runs everywhere, and is what the other instruction sets are measured against.
#include "kernel_template.h"

namespace bnn {
namespace {

struct Portable {
  static constexpr const char* kName = "portable";
  static constexpr int64_t kUnit = 8;   // filters side by side: four 128-bit registers where the compiler has them
  static constexpr int kRows = 1;
  static constexpr int kUnits = 1;
  static constexpr int64_t kWeightsPerWord = 1, kRowItemsPerWord = 1, kScratchBytesPerWord = 0;
  using Weight = uint64_t;
  using Row = uint64_t;
  using NanSeen = uint32_t;

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
      nan |= x[i] != x[i];
    }
    return word;
  }
  static uint64_t signs64(const float* x, NanSeen& nan) { return signs_tail(x, kWordBits, nan); }
  static bool any(NanSeen nan) { return nan != 0; }

  static void tile_word(const uint64_t* lanes, Weight* out) {
    for (int64_t f = 0; f < kUnit; ++f) out[f] = lanes[f];
  }
  static const Row* prepare(const uint64_t* a, int64_t, void*) { return a; }

  template <int Rows, int Units>
  static void count(const Row* a, int64_t a_stride, const Weight* w, int64_t, int64_t row_words,
                    int32_t out[Rows][kUnit]) {
    uint64_t counts[Rows][kUnit] = {};
    for (int64_t k = 0; k < row_words; ++k, w += kUnit) {
      for (int r = 0; r < Rows; ++r) {
        for (int64_t f = 0; f < kUnit; ++f) counts[r][f] += popcount(a[r * a_stride + k] ^ w[f]);
      }
    }
    for (int r = 0; r < Rows; ++r) {
      for (int64_t f = 0; f < kUnit; ++f) out[r][f] = static_cast<int32_t>(counts[r][f]);
    }
  }

  static constexpr int64_t kLanes = 8;  // the compiler makes two or more registers of it
  typedef float Floats __attribute__((vector_size(32)));
  typedef int32_t Ints __attribute__((vector_size(32)));
  using Bits = uint8_t;
  static Bits sums_below(const Ints& sums, const Ints& thresholds) { return bits(sums < thresholds); }
  static Bits at_most(const Floats& values, const Floats& cuts) { return bits(values <= cuts); }
  static Bits bits(const Ints& chosen) {  // -1 where chosen, else 0
    unsigned bits = 0;
    for (int i = 0; i < kLanes; ++i) bits |= static_cast<unsigned>(chosen[i] & 1) << i;
    return static_cast<Bits>(bits);
  }
  static void clamp(float low, float high, Floats& v) {
    for (int i = 0; i < kLanes; ++i) {
      const float raised = v[i] < low ? low : v[i];
      v[i] = raised > high ? high : raised;
    }
  }
  static void round(Floats& v) { __asm__("" : "+m"(v)); }
};

}  // namespace

const KernelTable& portable_table() { return make_table<Portable>(); }

}  // namespace bnn
