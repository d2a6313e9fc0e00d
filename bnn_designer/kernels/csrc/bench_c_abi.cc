// A C interface for timing on one thread: it loops in here, so that what calls it does not count.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "conv.h"
#include "dispatch.h"
#include "peak.h"

#define BNN_EXPORT extern "C" __attribute__((visibility("default")))

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

const bnn::PeakLoop* find_peak(const std::string& isa) {
  if (bnn::find_table(isa) == nullptr) return nullptr;  // not built, or not for this processor
#ifdef BNN_HAVE_AVX512
  if (isa == bnn::avx512_peak().name) return &bnn::avx512_peak();
#endif
#ifdef BNN_HAVE_AVX2
  if (isa == bnn::avx2_peak().name) return &bnn::avx2_peak();
#endif
  return &bnn::portable_peak();
}

// A product with its weights already in tile order, as a layer keeps them between steps.
struct Product {
  const bnn::KernelTable& table;
  int64_t rows, row_words, filters, block;
  Buffer a, tiled, scratch, y;

  Product(const bnn::KernelTable& t, const uint64_t* words, const uint64_t* packed, int64_t row_count,
          int64_t word_count, int64_t filter_count)
      : table(t),
        rows(row_count),
        row_words(word_count),
        filters(filter_count),
        block(bnn::block_rows(t, row_count, word_count, 1)),
        a(row_count * word_count * static_cast<int64_t>(sizeof(uint64_t))),
        tiled(units() * t.unit * word_count * t.tiled_bytes_per_word),
        scratch(bnn::scratch_bytes(t, block, word_count)),
        y(row_count * filter_count * static_cast<int64_t>(sizeof(float))) {
    std::memcpy(a.as<uint64_t>(), words, static_cast<size_t>(rows * row_words) * sizeof(uint64_t));
    table.tile_kernel(packed, row_words, filters, 0, units(), tiled.as<void>());
  }

  int64_t units() const { return bnn::unit_count(table, filters); }

  void run() {
    for (int64_t row = 0; row < rows; row += block) {
      table.gemm(a.as<uint64_t>() + row * row_words, row + block < rows ? block : rows - row, row_words,
                 tiled.as<void>(), filters, 0, units(), row_words * bnn::kWordBits, scratch.as<void>(),
                 y.as<float>() + row * filters);
    }
  }
};

}  // namespace

// ms that `repeats` times `macs` float multiply-adds take at least; -1 where the instruction set is not there.
BNN_EXPORT double bnn_bench_peak_ms(const char* isa, int64_t macs, int64_t repeats) {
  const bnn::PeakLoop* peak = find_peak(isa);
  if (peak == nullptr) return -1.0;
  const int64_t turns = (macs * repeats + peak->macs_per_turn - 1) / peak->macs_per_turn;
  const auto start = std::chrono::steady_clock::now();
  const volatile float kept = peak->run(turns);  // volatile: the loop must not be thought useless
  static_cast<void>(kept);
  return milliseconds_of(start);
}

// A product of words [rows, row_words] and packed kernel [row_words, filters], all 64 bits of each word used; null
// where the instruction set is not there. Copies both.
BNN_EXPORT void* bnn_bench_product_new(const char* isa, const uint64_t* words, const uint64_t* packed, int64_t rows,
                                       int64_t row_words, int64_t filters) {
  const bnn::KernelTable* table = bnn::find_table(isa);
  return table == nullptr ? nullptr : new Product(*table, words, packed, rows, row_words, filters);
}

BNN_EXPORT void bnn_bench_product_free(void* product) { delete static_cast<Product*>(product); }

// ms of `repeats` runs.
BNN_EXPORT double bnn_bench_product_ms(void* product, int64_t repeats) {
  const auto start = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < repeats; ++i) static_cast<Product*>(product)->run();
  return milliseconds_of(start);
}

// The result of the last run, float [rows, filters].
BNN_EXPORT void bnn_bench_product_get(void* product, float* y) {
  auto* p = static_cast<Product*>(product);
  std::memcpy(y, p->y.as<float>(), static_cast<size_t>(p->rows * p->filters) * sizeof(float));
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
