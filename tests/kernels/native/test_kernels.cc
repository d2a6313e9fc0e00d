// Every instruction set of this processor against the scalar reference, without Python and TensorFlow, so that it can
// be built with sanitizers and for other processors: test_kernels [cases] [seed]. Prints a line for each instruction
// set; a difference is printed with all it takes to repeat it, and ends the program with 1.
#include <cstring>
#include <string>
#include <utility>

#include "conv/conv.h"
#include "isa/implementation.h"
#include "scalar.h"

namespace {

using bnn::ConvShape;
using bnn::Epilogue;
using bnn::ConvTable;
using bnn::Implementation;
using scalar::Random;

template <class T>
T* data(std::vector<T>& v) {
  return v.empty() ? nullptr : v.data();
}

size_t size(int64_t count) { return static_cast<size_t>(count); }

[[noreturn]] void fail(const char* isa, const char* what, const ConvShape& s, uint64_t seed, size_t index) {
  std::printf("%s: %s differs at %zu: input [%d,%d,%d,%d] kernel [%d,%d,,%d] groups %d strides %d,%d dilations %d,%d %s pad %d "
              "(test_kernels 1 %llu)\n",
              isa, what, index, int(s.batch), int(s.height), int(s.width), int(s.channels), int(s.kernel_height),
              int(s.kernel_width), int(s.filters), int(s.groups), int(s.stride_height), int(s.stride_width), int(s.dilation_height),
              int(s.dilation_width), s.same ? "same" : "valid", s.pad_value, static_cast<unsigned long long>(seed));
  std::exit(1);
}

template <class T>
void compare(const char* isa, const char* what, const ConvShape& s, uint64_t seed, const std::vector<T>& actual,
             const std::vector<T>& expected) {
  if (actual.size() != expected.size()) fail(isa, what, s, seed, actual.size());
  for (size_t i = 0; i < actual.size(); ++i)
    if (std::memcmp(&actual[i], &expected[i], sizeof(T)) != 0) fail(isa, what, s, seed, i);
}

ConvShape random_shape(Random& random) {
  constexpr int64_t kChannels[] = {1, 3, 31, 32, 33, 63, 64, 65, 127, 128, 200, 320};
  ConvShape s{};
  do {
    s.groups = 1;
    s.batch = random.between(0, 2), s.height = random.between(1, 9), s.width = random.between(1, 9);
    s.channels = kChannels[random.between(0, 11)], s.filters = random.between(1, random.between(0, 3) ? 70 : 200);
    if (random.between(0, 3) == 0) {
      s.groups = random.between(2, 4);
      s.channels = s.groups * kChannels[random.between(0, 9)], s.filters = s.groups * kChannels[random.between(0, 8)];
    }
    const int64_t largest = random.between(0, 3) ? 4 : 7;  // some are larger than the image
    s.kernel_height = random.between(1, largest), s.kernel_width = random.between(1, largest);
    s.stride_height = random.between(1, 3), s.stride_width = random.between(1, 3);
    s.dilation_height = random.between(1, 3), s.dilation_width = random.between(1, 3);
    s.same = random.between(0, 2) > 0, s.pad_value = static_cast<int>(random.between(0, 1));
    s.complete();
  } while (s.out_height == 0 || s.out_width == 0);
  return s;
}

// A packed convolution made ready, as an engine would have it.
struct Ready {
  const ConvTable& table;
  const ConvShape& shape;
  bnn::Blocks blocks;
  std::vector<uint64_t> packed, tiled, scratch;
  bnn::EdgeCorrections corrections;

  Ready(const Implementation& set, const ConvShape& s, const std::vector<float>& x, const std::vector<float>& kernel,
        int64_t wanted)
      : table(set.convolution), shape(s), blocks(bnn::plan_blocks(table, s, wanted)) {
    packed.resize(size(s.batch * s.height * s.width * s.words()));
    std::vector<uint64_t> words(size(s.row_words() * s.filters));
    table.pack_rows(x.data(), s.batch * s.height * s.width, s.channels, data(packed));
    table.pack_kernel(kernel.data(), s.group_channels(), s.filters, 0, s.row_words(), words.data());
    tiled.resize(size((bnn::tiled_bytes(table, s) + 7) / 8));
    const int64_t units = s.groups * bnn::group_units(table, s);
    bnn::tile_units(table, s, words.data(), 0, units / 2, tiled.data());
    bnn::tile_units(table, s, words.data(), units / 2, units, tiled.data());
    if (s.groups == 1) {
      std::vector<uint64_t> at_once(tiled.size());
      table.pack_tiled(kernel.data(), s.channels, s.filters, s.row_words(), 0, s.row_words(), at_once.data());
      compare(set.name, "pack_tiled", s, 0, at_once, tiled);
    }
    if (bnn::EdgeCorrections::needed(s)) corrections.build_from_tiled(table, s, tiled.data());
    scratch.resize(size((bnn::scratch_bytes(table, s, blocks) + 7) / 8));
  }

  // In two calls, the later blocks first, as two threads may do it.
  void run(const Epilogue& epilogue) {
    const int64_t middle = blocks.count() / 2;
    for (const auto& [begin, end] : {std::pair{middle, blocks.count()}, std::pair{int64_t{0}, middle}}) {
      bnn::conv_blocks(table, shape, blocks, begin, end, data(packed), tiled.data(),
                       bnn::EdgeCorrections::needed(shape) ? &corrections : nullptr, epilogue,
                       reinterpret_cast<uint8_t*>(scratch.data()));
    }
  }
};

// Numbers for each filter, and what layout they have in memory (epilogue.h).
struct PerFilter {
  std::vector<int32_t> thresholds;
  std::vector<float> multipliers, offsets, slopes, cuts;
  std::vector<uint64_t> flips;

  PerFilter(const ConvShape& s, Random& random) {
    const size_t padded = size(bnn::padded_filters(s.filters));
    thresholds.assign(padded, INT32_MIN), cuts.assign(padded, -__builtin_inff());
    multipliers.assign(padded, 1), offsets.assign(padded, 0), slopes.assign(padded, 0);
    flips.assign(padded / 64, 0);
    const int64_t reach = s.products() < 40 ? s.products() + 1 : 40;
    for (size_t f = 0; f < size(s.filters); ++f) {
      thresholds[f] = random.between(0, 9) ? static_cast<int32_t>(random.between(-reach, reach)) : INT32_MIN;
      multipliers[f] = random.value() > 100 ? 1 : static_cast<float>(random.between(-300, 300)) / 77.0f;
      offsets[f] = static_cast<float>(random.between(-3000, 3000)) / 7.0f;
      slopes[f] = random.between(0, 1) ? 0.0f : static_cast<float>(random.between(-100, 100)) / 33.0f;
      cuts[f] = random.between(0, 1) ? bnn::kBelowZero : static_cast<float>(random.between(-100, 100)) / 9.0f;
      flips[f / 64] |= static_cast<uint64_t>(random.between(0, 1)) << (f % 64);
    }
  }
  bool flip(int64_t f) const { return flips[size(f / 64)] >> (f % 64) & 1; }
};

float clamp(float v, const bnn::Range& range) {
  const float raised = v < range.low ? range.low : v;
  return raised > range.high ? range.high : raised;
}

// Bits -> -1 where set, so that scalar::pack makes words of them.
int as_sign(bool bit) { return bit ? -1 : 1; }

// All epilogues of sums that `run` computes, written from pixel and filter to memory as epilogue.h says.
template <class Run>
void check_epilogues(const char* isa, const char* what, const ConvShape& s, const std::vector<int32_t>& sums,
                     Random& random, uint64_t seed, const Run& run) {
  const PerFilter per(s, random);
  const int64_t pixels = s.out_pixels(), words = bnn::word_count(s.filters);

  Epilogue plain;
  plain.y_stride = s.filters + random.between(0, 1) * 5;  // wider rows: what stands between must stay
  std::vector<float> y(size(pixels * plain.y_stride), 1e30f), expected = y;
  plain.y = data(y);
  for (int64_t i = 0; i < pixels * s.filters; ++i) {
    expected[size(i / s.filters * plain.y_stride + i % s.filters)] = static_cast<float>(sums[size(i)]);
  }
  run(plain);
  compare(isa, (std::string(what) + ", sums").c_str(), s, seed, y, expected);

  Epilogue signs;
  signs.kind = Epilogue::Kind::kSigns;
  std::vector<uint64_t> bits(size(pixels * words), ~uint64_t{0});
  signs.bits = data(bits), signs.bits_stride = words, signs.thresholds = per.thresholds.data();
  signs.flips = per.flips.data();
  std::vector<int> expected_bits;
  for (int64_t i = 0; i < pixels * s.filters; ++i) {
    const int64_t f = i % s.filters;
    expected_bits.push_back(as_sign((sums[size(i)] < per.thresholds[size(f)]) != per.flip(f)));
  }
  run(signs);
  compare(isa, (std::string(what) + ", signs").c_str(), s, seed, bits, scalar::pack(expected_bits, s.filters));

  Epilogue scaled;
  scaled.kind = Epilogue::Kind::kScaled;
  if (random.between(0, 1)) scaled.before = {random.between(0, 1) ? 0.0f : -1.0f, 9.0f};
  if (random.between(0, 1)) scaled.after = {-20.0f, random.between(0, 1) ? 300.0f : __builtin_inff()};
  scaled.multipliers = per.multipliers.data(), scaled.offsets = per.offsets.data();
  if (random.between(0, 1)) scaled.slopes = per.slopes.data();
  const std::vector<float> residual = random.values(pixels * s.filters);
  if (random.between(0, 1)) scaled.residual = residual.data(), scaled.residual_stride = s.filters;
  const int64_t outputs = random.between(1, 3);  // floats, bits or both
  std::vector<float> out(size(pixels * s.filters), 1e30f), expected_out = out;
  bits.assign(bits.size(), ~uint64_t{0}), expected_bits.clear();
  if (outputs & 1) scaled.y = data(out), scaled.y_stride = s.filters;
  if (outputs & 2) scaled.bits = data(bits), scaled.bits_stride = words, scaled.cuts = per.cuts.data();
  scaled.flips = per.flips.data();
  for (int64_t i = 0; i < pixels * s.filters; ++i) {
    const int64_t f = i % s.filters;
    volatile float v = clamp(static_cast<float>(sums[size(i)]), scaled.before);  // volatile: every step is rounded
    v = v * per.multipliers[size(f)];
    v = v + per.offsets[size(f)];
    if (scaled.slopes != nullptr && v < 0) v = v * per.slopes[size(f)];
    if (scaled.residual != nullptr) v = v + residual[size(i)];
    v = clamp(v, scaled.after);
    if (outputs & 1) expected_out[size(i)] = v;
    expected_bits.push_back(as_sign((v <= per.cuts[size(f)]) != per.flip(f)));
  }
  run(scaled);
  compare(isa, (std::string(what) + ", scaled").c_str(), s, seed, out, expected_out);
  if (outputs & 2) {
    compare(isa, (std::string(what) + ", scaled bits").c_str(), s, seed, bits, scalar::pack(expected_bits, s.filters));
  }
}

void check_convolution(const Implementation& set, const ConvShape& s, Random& random, uint64_t seed) {
  const auto x = random.values(s.batch * s.height * s.width * s.channels);
  const auto kernel = random.values(s.products() * s.filters);
  Ready ready(set, s, x, kernel, random.between(1, 12));
  compare(set.name, "pack_rows", s, seed, ready.packed, scalar::pack(x, s.channels));
  check_epilogues(set.name, "convolution", s, scalar::conv(s, x, kernel), random, seed,
                  [&](const Epilogue& e) { ready.run(e); });
}

// Counters that widen late: past what bytes and 16 bits hold, with all signs unequal.
void check_long_sums(const Implementation& set) {
  ConvShape s{};
  s.batch = 2, s.channels = 64 * 31 * 132 + 64 * 40 + 7, s.filters = 3;
  s.height = s.width = s.kernel_height = s.kernel_width = 1;
  s.stride_height = s.stride_width = s.dilation_height = s.dilation_width = 1;
  s.complete();
  const std::vector<float> x(size(2 * s.channels), 1.0f), kernel(size(s.channels * s.filters), -1.0f);
  Ready ready(set, s, x, kernel, 1);
  std::vector<float> y(size(2 * s.filters));
  Epilogue sums;
  sums.y = y.data(), sums.y_stride = s.filters;
  ready.run(sums);
  compare(set.name, "long sums", s, 0, y, std::vector<float>(y.size(), -static_cast<float>(s.channels)));
}

// NaN is seen wherever it stands among the channels, and counts as +1.
void check_nan(const Implementation& set, Random& random) {
  const ConvTable& table = set.convolution;
  const int64_t channels = random.between(1, 200), at = random.between(0, channels - 1), filters = 19;
  ConvShape s{};
  s.channels = channels, s.filters = filters;
  std::vector<float> x(size(channels), -1.0f), kernel(size(channels * filters), -1.0f);
  std::vector<uint64_t> words(size(bnn::word_count(channels) * filters));
  const auto seen = [&] {
    return std::pair{table.pack_rows(x.data(), 1, channels, words.data()),
                     table.pack_kernel(kernel.data(), channels, filters, 0, bnn::word_count(channels), words.data())};
  };
  if (seen() != std::pair{false, false}) fail(set.name, "no NaN", s, 0, 0);
  x[size(at)] = kernel[size(at * filters + random.between(0, filters - 1))] = __builtin_nanf("");
  if (seen() != std::pair{true, true}) fail(set.name, "NaN", s, 0, size(at));
  table.pack_rows(x.data(), 1, channels, words.data());
  if ((words[size(at / 64)] >> (at % 64) & 1) != 0) fail(set.name, "sign of NaN", s, 0, size(at));
}

void check(const Implementation& set, uint64_t seed) {
  Random random{seed};
  const ConvShape s = random_shape(random);
  check_convolution(set, s, random, seed);
  check_nan(set, random);
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t cases = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 300;
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  for (int i = 0; i < bnn::kImplementationCount; ++i) {
    const bnn::Implementation& set = *bnn::kImplementations[i];
    if (!set.supported()) {
      std::printf("%s: not on this processor\n", set.name);
      continue;
    }
    const int64_t products = set.convolution.gemm_calls();
    check_long_sums(set);
    for (uint64_t c = 0; c < cases; ++c) check(set, seed + c);
    std::printf("%s: %llu cases equal, %lld products\n", set.name, static_cast<unsigned long long>(cases),
                static_cast<long long>(set.convolution.gemm_calls() - products));
  }
  return 0;
}
