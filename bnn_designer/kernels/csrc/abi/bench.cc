// A C interface for timing on one thread: it loops in here, so that what calls it does not count.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "abi/export.h"
#include "conv/conv.h"
#include "isa/implementation.h"

namespace {

constexpr size_t kAlignment = 64;  // a cache line: a load of a whole register never needs two

double milliseconds_of(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

// Zeroed memory on a cache line.
class Buffer {
 public:
  explicit Buffer(int64_t bytes) : bytes_(static_cast<size_t>(bytes) + kAlignment) {}
  template <class T>
  T* as() {
    const auto address = reinterpret_cast<uintptr_t>(bytes_.data());
    return reinterpret_cast<T*>((address + kAlignment - 1) / kAlignment * kAlignment);
  }

 private:
  std::vector<uint8_t> bytes_;
};

// A product with its weights already in tile order, as a layer keeps them between steps.
struct Product {
  const bnn::ConvTable& table;
  bnn::ConvShape shape;  // a 1x1 convolution of a 1x1 image
  bnn::Blocks blocks;
  Buffer a, tiled, scratch, y;
  std::vector<const uint64_t*> rows;  // of a

  Product(const bnn::ConvTable& t, const uint64_t* words, const uint64_t* packed, const bnn::ConvShape& s)
      : table(t),
        shape(s),
        blocks(bnn::plan_blocks(t, s, 1)),
        a(s.batch * s.words() * static_cast<int64_t>(sizeof(uint64_t))),
        tiled(bnn::tiled_bytes(t, s)),
        scratch(bnn::scratch_bytes(t, s, blocks)),
        y(s.batch * s.filters * static_cast<int64_t>(sizeof(float))) {
    std::memcpy(a.as<uint64_t>(), words, static_cast<size_t>(s.batch * s.words()) * sizeof(uint64_t));
    for (int64_t row = 0; row < s.batch; ++row) rows.push_back(a.as<uint64_t>() + row * s.words());
    table.tile_kernel(packed, s.row_words(), s.filters, 0, bnn::unit_count(t, s.filters), tiled.as<void>());
  }

  void run() {
    bnn::Epilogue sums;
    sums.y = y.as<float>();
    sums.y_stride = shape.filters;
    for (int64_t row = 0; row < shape.batch; row += blocks.rows) {
      const int64_t count = row + blocks.rows < shape.batch ? blocks.rows : shape.batch - row;
      table.gemm({rows.data() + row, 1, shape.row_words()}, count, tiled.as<void>(), shape.filters, 0,
                 bnn::unit_count(table, shape.filters), shape.products(), scratch.as<void>(), sums.from_row(row));
    }
  }
};

// A convolution from bits to bits with its weights already in tile order.
struct Convolution {
  const bnn::ConvTable& table;
  bnn::ConvShape shape;
  bnn::Blocks blocks;
  Buffer packed, tiled, scratch, thresholds, flips, bits;

  Convolution(const bnn::ConvTable& t, const bnn::ConvShape& s, const uint64_t* words, const uint64_t* kernel,
              const int32_t* filter_thresholds)
      : table(t),
        shape(s),
        blocks(bnn::plan_blocks(t, s, 1)),
        packed(s.height * s.width * s.words() * static_cast<int64_t>(sizeof(uint64_t))),
        tiled(bnn::tiled_bytes(t, s)),
        scratch(bnn::scratch_bytes(t, s, blocks)),
        thresholds(bnn::padded_filters(s.filters) * static_cast<int64_t>(sizeof(int32_t))),
        flips(s.filters / bnn::kWordBits * static_cast<int64_t>(sizeof(uint64_t))),
        bits(s.out_pixels() * s.filters / 8) {
    std::memcpy(packed.as<uint64_t>(), words,
                static_cast<size_t>(s.height * s.width * s.words()) * sizeof(uint64_t));
    std::memcpy(thresholds.as<int32_t>(), filter_thresholds, static_cast<size_t>(s.filters) * sizeof(int32_t));
    table.tile_kernel(kernel, s.row_words(), s.filters, 0, bnn::unit_count(t, s.filters), tiled.as<void>());
  }

  void run() {
    bnn::Epilogue signs;
    signs.kind = bnn::Epilogue::Kind::kSigns;
    signs.thresholds = thresholds.as<int32_t>();
    signs.flips = flips.as<uint64_t>();
    signs.bits = bits.as<uint64_t>();
    signs.bits_stride = shape.filters / bnn::kWordBits;
    bnn::conv_blocks(table, shape, blocks, 0, blocks.count(), packed.as<uint64_t>(), tiled.as<void>(), nullptr, signs,
                     scratch.as<uint8_t>());
  }
};

template <class Work>
double milliseconds_of_runs(Work* work, int64_t repeats) {
  const auto start = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < repeats; ++i) work->run();
  return milliseconds_of(start);
}

}  // namespace

// Multiply-adds in a turn of a set's peak loop: the more, the wider its registers, or the more of them it fills; -1 where
// the set is not there.
BNN_EXPORT int64_t bnn_bench_peak_macs(const char* isa) {
  const bnn::Implementation* set = bnn::find_implementation(isa);
  return set == nullptr ? -1 : set->peak.macs_per_turn;
}

// ms that so many float multiply-adds take at least; -1 where the instruction set is not there.
BNN_EXPORT double bnn_bench_peak_ms(const char* isa, int64_t macs) {
  const bnn::Implementation* set = bnn::find_implementation(isa);
  if (set == nullptr) return -1.0;
  const int64_t turns = (macs + set->peak.macs_per_turn - 1) / set->peak.macs_per_turn;
  const auto start = std::chrono::steady_clock::now();
  const volatile float kept = set->peak.run(turns);  // volatile: the loop must not be thought useless
  static_cast<void>(kept);
  return milliseconds_of(start);
}

// A product of words [rows, row_words] and packed kernel [row_words, filters], all 64 bits of each word used; null
// where the instruction set is not there. Copies both.
BNN_EXPORT void* bnn_bench_product_new(const char* isa, const uint64_t* words, const uint64_t* packed, int64_t rows,
                                       int64_t row_words, int64_t filters) {
  const bnn::Implementation* set = bnn::find_implementation(isa);
  if (set == nullptr) return nullptr;
  bnn::ConvShape shape{rows, 1, 1, row_words * bnn::kWordBits, 1, 1, filters, 1, 1, 1, 1, false, 1, 0, 0, 0, 0};
  shape.complete();
  return new Product(set->convolution, words, packed, shape);
}

BNN_EXPORT void bnn_bench_product_free(void* product) { delete static_cast<Product*>(product); }

// ms of `repeats` runs.
BNN_EXPORT double bnn_bench_product_ms(void* product, int64_t repeats) {
  return milliseconds_of_runs(static_cast<Product*>(product), repeats);
}

// The result of the last run, float [rows, filters].
BNN_EXPORT void bnn_bench_product_get(void* product, float* y) {
  auto* p = static_cast<Product*>(product);
  std::memcpy(y, p->y.as<float>(), static_cast<size_t>(p->shape.batch * p->shape.filters) * sizeof(float));
}

// ms of `repeats` calls of another library's product in the same loop: words [rows, row_words] and [filters,
// row_words], both row-major, -> float [rows, filters].
using OtherProduct = void (*)(const uint64_t*, const uint64_t*, float*, int, int, int, int);
BNN_EXPORT double bnn_bench_other_product_ms(OtherProduct product, const uint64_t* words, const uint64_t* kernel,
                                             float* y, int rows, int filters, int row_words, int64_t repeats) {
  const auto start = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < repeats; ++i) {
    product(words, kernel, y, rows, filters, row_words, row_words * static_cast<int>(bnn::kWordBits));
  }
  return milliseconds_of(start);
}

// A 3x3 "same" convolution, ones outside the image, of words [size, size, words] and packed kernel [3, 3, words,
// filters] to signs below int32 [filters] thresholds; all bits of each word used, filters a multiple of 64. Null where
// the instruction set is not there. Copies all.
BNN_EXPORT void* bnn_bench_conv_new(const char* isa, const uint64_t* words, const uint64_t* kernel,
                                    const int32_t* thresholds, int64_t size, int64_t word_count, int64_t filters) {
  const bnn::Implementation* set = bnn::find_implementation(isa);
  if (set == nullptr) return nullptr;
  bnn::ConvShape shape{1, size, size, word_count * bnn::kWordBits, 3, 3, filters, 1, 1, 1, 1, true, 1, 0, 0, 0, 0};
  shape.complete();
  return new Convolution(set->convolution, shape, words, kernel, thresholds);
}

BNN_EXPORT void bnn_bench_conv_free(void* conv) { delete static_cast<Convolution*>(conv); }

// ms of `repeats` runs.
BNN_EXPORT double bnn_bench_conv_ms(void* conv, int64_t repeats) {
  return milliseconds_of_runs(static_cast<Convolution*>(conv), repeats);
}

// The result of the last run, words [size, size, filters / 64].
BNN_EXPORT void bnn_bench_conv_get(void* conv, uint64_t* bits) {
  auto* c = static_cast<Convolution*>(conv);
  std::memcpy(bits, c->bits.as<uint64_t>(), static_cast<size_t>(c->shape.out_pixels() * c->shape.filters / 8));
}
