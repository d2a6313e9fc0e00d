// One loop of one instruction set, so many times, for count_instructions.py to count what a turn takes: count_loops SET
// LOOP TURNS. Without arguments: a line for each loop, "what|per what|how many in a turn".
//
// Sizes are those of a layer with 128 channels, and of parts of it that a core works on at a time.
#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>
#include <string>

#include "conv/conv.h"
#include "isa/implementation.h"
#include "scalar.h"

namespace {

using bnn::Implementation;
using Floats = std::vector<float>;

constexpr int64_t kRows = 64, kChannels = 128, kTaps = 9;

size_t size(int64_t count) { return static_cast<size_t>(count); }

Floats numbers(int64_t count) {
  static scalar::Random random{1};
  Floats all(size(count));
  for (float& one : all) one = static_cast<float>(random.between(-2000, 2000)) / 1000.0f;
  return all;
}

// Makes ready, and gives what is counted.
using Make = std::function<void()> (*)(const Implementation& set);

struct Loop {
  const char* what;
  const char* per;
  int64_t count;  // in a turn
  Make make;
};

std::function<void()> product(const Implementation& set) {
  bnn::ConvShape s{};
  s.batch = kRows, s.height = s.width = s.kernel_height = s.kernel_width = 1;
  s.channels = kTaps * kChannels, s.filters = kChannels;
  s.stride_height = s.stride_width = s.dilation_height = s.dilation_width = 1;
  s.complete();
  const bnn::ConvTable& table = set.convolution;
  const bnn::Blocks blocks = bnn::plan_blocks(table, s, 1);
  std::vector<uint64_t> a(size(kRows * s.words())), words(size(s.row_words() * s.filters));
  std::vector<uint64_t> tiled(size(bnn::tiled_bytes(table, s) / 8 + 1));
  table.tile_kernel(words.data(), s.row_words(), s.filters, 0, bnn::unit_count(table, s.filters), tiled.data());
  std::vector<uint64_t> scratch(size(bnn::scratch_bytes(table, s, blocks) / 8 + 1));
  Floats y(size(kRows * s.filters));
  return [=, &table]() mutable {
    bnn::Epilogue sums;
    sums.y = y.data(), sums.y_stride = s.filters;
    bnn::conv_blocks(table, s, blocks, 0, blocks.count(), a.data(), tiled.data(), nullptr, sums,
                     reinterpret_cast<uint8_t*>(scratch.data()));
  };
}

std::function<void()> pack_rows(const Implementation& set) {
  return [&set, x = numbers(kRows * kChannels), out = std::vector<uint64_t>(size(kRows * 2))]() mutable {
    set.convolution.pack_rows(x.data(), kRows, kChannels, out.data());
  };
}

std::function<void()> pack_kernel(const Implementation& set) {
  const int64_t words = kTaps * bnn::word_count(kChannels);
  const int64_t bytes = kChannels * words * set.convolution.tiled_bytes_per_word;
  return [&set, words, kernel = numbers(kTaps * kChannels * kChannels),
          tiled = std::vector<uint64_t>(size(bytes / 8))]() mutable {
    set.convolution.pack_tiled(kernel.data(), kChannels, kChannels, words, 0, words, tiled.data());
  };
}

std::function<void()> build_index(const Implementation& set) {
  const bnn::GradientTable& table = set.gradients;
  const int64_t chunks = bnn::chunk_count(table, kChannels);
  std::vector<uint64_t> words(size(kChannels), 0x123456789abcdef);
  return [=, &table, index = std::vector<uint8_t>(size(bnn::kBlockUnits * chunks * table.chunk_index_bytes)),
          start = std::vector<int32_t>(bnn::kWordBits)]() mutable {
    table.build_index(words.data(), kChannels, bnn::kBlockUnits, index.data(), start.data());
  };
}

template <int planes>
bnn::Rounding rounding() {
  return {planes, planes < 3, 7};
}

template <int planes>
std::function<void()> build_row(const Implementation& set) {
  const bnn::GradientTable& table = set.gradients;
  const int64_t bytes = bnn::chunk_count(table, kChannels) * table.chunk_table_bytes[planes];
  return [=, &table, g = numbers(kChannels), tables = std::vector<uint8_t>(size(bytes)), scale = 0.0f,
          scratch = std::vector<int32_t>(size(bnn::scratch_numbers(1)))]() mutable {
    table.build_row(g.data(), kChannels, rounding<planes>(), 0, scratch.data(), tables.data(), &scale);
  };
}

constexpr int64_t kSideBySide = 16, kLine = 512;

template <int planes>
std::function<void()> build_rows(const Implementation& set) {
  const bnn::GradientTable& table = set.gradients;
  const int64_t bytes = kSideBySide * bnn::chunk_count(table, kLine) * table.chunk_table_bytes[planes];
  std::vector<int64_t> offsets(kLine);
  for (int64_t k = 0; k < kLine; ++k) offsets[size(k)] = k * kSideBySide;
  return [=, &table, g = numbers(kLine * kSideBySide), tables = std::vector<uint8_t>(size(bytes)),
          scales = Floats(kSideBySide),
          scratch = std::vector<int32_t>(size(bnn::scratch_numbers(kSideBySide)))]() mutable {
    table.build_rows(g.data(), offsets.data(), kLine, kSideBySide, rounding<planes>(), scratch.data(), tables.data(),
                     scales.data());
  };
}

template <int planes>
std::function<void()> look_up(const Implementation& set) {
  const bnn::GradientTable& table = set.gradients;
  const int64_t chunks = bnn::chunk_count(table, kChannels);
  std::vector<int32_t> rows(kRows);
  std::iota(rows.begin(), rows.end(), 0);
  return [=, &table, tables = std::vector<uint8_t>(size(kRows * chunks * table.chunk_table_bytes[planes])),
          index = std::vector<uint8_t>(size(bnn::kBlockUnits * chunks * table.chunk_index_bytes)),
          scales = Floats(kRows), start = std::vector<int32_t>(bnn::kWordBits),
          sums = Floats(kRows * bnn::kWordBits)]() mutable {
    table.accumulate(planes, tables.data(), scales.data(), rows.data(), rows.data(), kRows, chunks, index.data(),
                     start.data(), bnn::kBlockUnits, sums.data(), bnn::kWordBits);
  };
}

std::function<void()> pack_mask(const Implementation& set) {
  return [&set, x = numbers(kRows * kChannels), mask = std::vector<uint64_t>(size(kRows * 2))]() mutable {
    set.gradients.pack_mask(x.data(), kRows, kChannels, mask.data());
  };
}

std::function<void()> apply_mask(const Implementation& set) {
  return [&set, sums = numbers(kChannels), mask = std::vector<uint64_t>(2, 0x123456789abcdef),
          out = numbers(kChannels)]() mutable {
    set.gradients.apply_mask(sums.data(), mask.data(), kChannels, out.data());
  };
}

std::function<void()> finish_kernel(const Implementation& set) {
  constexpr int64_t kFilters = 16;
  return [&set, sums = numbers(kFilters * bnn::kWordBits), add = numbers(kFilters),
          w = numbers(bnn::kWordBits * kChannels), out = Floats(size(bnn::kWordBits * kChannels))]() mutable {
    set.gradients.finish_kernel(sums.data(), bnn::kWordBits, add.data(), bnn::kWordBits, kFilters, w.data(), false,
                                out.data(), kChannels);
  };
}

// Both passes over the values, as in the next one.
std::function<void()> batch_norm(const Implementation& set) {
  return [&set, x = numbers(kRows * kChannels), mean = Floats(kChannels), squares = Floats(kChannels),
          y = Floats(kRows * kChannels)]() mutable {
    set.training.moments(x.data(), kRows, kChannels, mean.data(), squares.data());
    set.training.normalize(x.data(), kRows, kChannels, mean.data(), squares.data(), y.data());
  };
}

std::function<void()> batch_norm_gradient(const Implementation& set) {
  return [&set, x = numbers(kRows * kChannels), dy = numbers(kRows * kChannels), c = numbers(kChannels),
          s = Floats(kChannels), t = Floats(kChannels), dx = Floats(kRows * kChannels)]() mutable {
    set.training.gradient_sums(dy.data(), x.data(), kRows, kChannels, c.data(), s.data(), t.data());
    set.training.input_gradient(dy.data(), x.data(), kRows, kChannels, c.data(), s.data(), t.data(), c.data(),
                                dx.data());
  };
}

constexpr int64_t kSide = 8;
constexpr bnn::PoolShape kPool = {kSide, kSide, kChannels, kSide / 2, kSide / 2, 2, 2, 2, 2, 0, 0};

std::function<void()> max_pool(const Implementation& set) {
  return [&set, x = numbers(kRows * kChannels), y = Floats(kRows / 4 * kChannels),
          taps = std::vector<uint8_t>(kRows / 4 * kChannels)]() mutable {
    set.training.max_pool(kPool, x.data(), y.data(), taps.data());
  };
}

std::function<void()> max_pool_gradient(const Implementation& set) {
  return [&set, dy = numbers(kRows / 4 * kChannels), dx = Floats(kRows * kChannels),
          taps = std::vector<uint8_t>(kRows / 4 * kChannels)]() mutable {
    set.training.max_pool_gradient(kPool, dy.data(), taps.data(), dx.data());
  };
}

std::function<void()> adam(const Implementation& set) {
  const int64_t count = kRows * kChannels;
  return [=, &set, g = numbers(count), m = numbers(count), v = Floats(size(count), 0.5f), w = numbers(count),
          out = Floats(size(count))]() mutable {
    const bnn::AdamStep step = {0.01f, 0.1f, 0.001f, 1e-7f, 1.0f};
    set.training.adam(step, count, g.data(), m.data(), v.data(), w.data(), out.data());
  };
}

std::function<void()> float_product(const Implementation& set) {
  return [&set, a = numbers(kRows * kChannels), tiled = numbers(kChannels * kChannels), bias = numbers(kChannels),
          y = Floats(kRows * kChannels)]() mutable {
    const bnn::FloatRows rows = {a.data(), kRows, kChannels, 1, kChannels, kChannels};
    set.engine.product(rows, tiled.data(), bias.data(), kChannels, y.data(), kChannels);
  };
}

std::function<void()> depthwise(const Implementation& set) {
  return [&set, x = numbers(kTaps * kChannels), kernel = numbers(kTaps * kChannels), bias = numbers(kChannels),
          y = Floats(kChannels)]() mutable {
    const float* in[kTaps];
    for (int64_t tap = 0; tap < kTaps; ++tap) in[tap] = x.data() + tap * kChannels;
    set.engine.depthwise(in, kTaps, kernel.data(), kChannels, bias.data(), kChannels, y.data());
  };
}

std::function<void()> affine(const Implementation& set) {
  return [&set, y = numbers(kRows * kChannels), c = numbers(kChannels)]() mutable {
    set.engine.affine(y.data(), kRows, kChannels, c.data(), c.data());
  };
}

constexpr int64_t kValues = kRows * kChannels, kLookups = kRows * kChannels * bnn::kWordBits;
constexpr Loop kLoops[] = {
    {"XNOR product, 1152 signs, to float sums", "product", kRows * kTaps * kChannels * kChannels, product},
    {"signs of the input to bits", "value", kValues, pack_rows},
    {"signs of the kernel to bits in tile order", "value", kTaps * kChannels * kChannels, pack_kernel},
    {"gradients: index", "sign", kChannels * bnn::kWordBits, build_index},
    {"table of a row, \"float\"", "value", kChannels, build_row<3>},
    {"table of a row, \"int16\"", "value", kChannels, build_row<2>},
    {"table of a row, \"int8\"", "value", kChannels, build_row<1>},
    {"tables of 16 rows, \"float\"", "value", kLine * kSideBySide, build_rows<3>},
    {"tables of 16 rows, \"int16\"", "value", kLine * kSideBySide, build_rows<2>},
    {"tables of 16 rows, \"int8\"", "value", kLine * kSideBySide, build_rows<1>},
    {"looking up, \"float\"", "product", kLookups, look_up<3>},
    {"looking up, \"int16\"", "product", kLookups, look_up<2>},
    {"looking up, \"int8\"", "product", kLookups, look_up<1>},
    {"mask of the estimator to bits", "value", kValues, pack_mask},
    {"mask applied to sums", "value", kChannels, apply_mask},
    {"end of the kernel's gradient", "value", 16 * bnn::kWordBits, finish_kernel},
    {"batch norm", "value", kValues, batch_norm},
    {"batch norm's gradient", "value", kValues, batch_norm_gradient},
    {"max pool 2x2", "input value", kValues, max_pool},
    {"max pool's gradient", "input value", kValues, max_pool_gradient},
    {"Adam with the clip", "weight", kValues, adam},
    {"engine: float product", "product", kRows * kChannels * kChannels, float_product},
    {"engine: depthwise 3x3", "product", kTaps * kChannels, depthwise},
    {"engine: affine", "value", kValues, affine},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    for (const Loop& one : kLoops) std::printf("%s|%s|%lld\n", one.what, one.per, static_cast<long long>(one.count));
    return 0;
  }
  const Implementation* set = bnn::find_implementation(argv[1]);
  if (set == nullptr) return 1;
  const auto run = kLoops[std::atoi(argv[2])].make(*set);
  for (int64_t turns = std::atoi(argv[3]); turns > 0; --turns) run();
  return 0;
}
