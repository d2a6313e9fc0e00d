// The tables of every instruction set of this processor that test_kernels.cc leaves out, against the portable ones, to
// the bit: gradients by lookup, training passes, the engine's float loops. Without Python and TensorFlow, so that it can
// be built with sanitizers and for other processors: test_tables [cases] [seed]. Every array lies in memory of just its
// size. Prints a line for each instruction set; a difference ends the program with 1.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <utility>

#include "isa/implementation.h"
#include "scalar.h"

namespace {

using bnn::AdamStep;
using bnn::EngineLoops;
using bnn::FloatRows;
using bnn::GradientTable;
using bnn::Implementation;
using bnn::PoolShape;
using bnn::Rounding;
using bnn::TrainTable;
using scalar::Random;
using Floats = std::vector<float>;

size_t size(int64_t count) { return static_cast<size_t>(count); }

// Of one case: the same numbers are drawn for the set and for the portable one.
struct Draw {
  Random random;

  int64_t between(int64_t low, int64_t high) { return random.between(low, high); }
  bool chance(int64_t one_in) { return between(1, one_in) == 1; }
  int64_t channels() {  // around the widths of registers, of units and of words
    constexpr int64_t kEdges[] = {1, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 96, 127, 130};
    return kEdges[between(0, 17)];
  }
  Floats reals(int64_t count) {
    Floats all(size(count));
    for (float& one : all) one = static_cast<float>(between(-(1 << 23), 1 << 23)) * std::ldexp(1.0f, -21);
    return all;
  }
  // Around the edges of the straight-through estimator, with NaN and infinities.
  Floats weights(int64_t count) {
    constexpr float kEdges[] = {1.0f, -1.0f, 1.0000001f, 0.99999994f, -0.0f, INFINITY, -INFINITY, NAN};
    Floats all = reals(count);
    for (float& one : all) one = chance(8) ? kEdges[between(0, 7)] : one / 2;
    return all;
  }
  // For loops that may have fused multiply-adds. On 64-bit ARM all sets have; elsewhere only some, so there the numbers
  // are such that nothing is rounded.
  Floats factors(int64_t count) {
#ifdef __aarch64__
    return reals(count);
#else
    Floats all(size(count));
    for (float& one : all) one = static_cast<float>(between(-40, 40)) / 8;
    return all;
#endif
  }
};

using Results = std::vector<std::pair<const char*, Floats>>;

Floats from_bits(const std::vector<uint64_t>& words) {
  std::vector<uint16_t> quarters(4 * words.size());  // which floats hold exactly
  std::memcpy(quarters.data(), words.data(), words.size() * sizeof(uint64_t));
  return Floats(quarters.begin(), quarters.end());
}

// Sums over rows of signs by lookup: tables of single rows and of rows side by side, some of them not finite, or zero.
void lookups(const GradientTable& table, Draw draw, Results& results) {
  constexpr int64_t kCounts[] = {1, 3, 4, 5, 8, 9, 16, 20, 33, 63, 100, 130, 257, 639, 1023, 1024};
  const int64_t count = kCounts[draw.between(0, 15)], rows = draw.between(1, 16), units = draw.between(1, 4);
  const Rounding rounding{static_cast<int>(draw.between(1, 3)), draw.chance(2), static_cast<uint32_t>(draw.between(0, 99))};
  const int64_t chunks = bnn::chunk_count(table, count);
  const int64_t row_bytes = chunks * table.chunk_table_bytes[rounding.planes];

  std::vector<uint64_t> words(size(count));
  const bool alike = draw.chance(4);  // all signs and all values: the largest sums that there are
  for (uint64_t& word : words) word = alike ? 0 : draw.random.next();
  std::vector<uint8_t> index(size(units * chunks * table.chunk_index_bytes)), tables(size(rows * row_bytes));
  std::vector<int32_t> start(size(units * bnn::kUnitOutputs));
  table.build_index(words.data(), count, units, index.data(), start.data());

  Floats g = draw.reals(count * rows);
  for (float& one : g) one = alike ? 0.7f : one * (draw.chance(9) ? 100.0f : 1.0f);
  if (draw.chance(3)) g[size(draw.between(0, count * rows - 1))] = draw.chance(2) ? NAN : -INFINITY;
  const bool side_by_side = draw.chance(2);
  const int64_t tiny = draw.between(0, 3 * rows);  // this row is too small to divide by, if there is one
  for (int64_t k = 0; k < count && tiny < rows; ++k) g[size(side_by_side ? k * rows + tiny : tiny * count + k)] *= 1e-32f;
  Floats scales(size(rows));
  std::vector<int32_t> scratch(size(bnn::scratch_numbers(side_by_side ? 16 : 1)));
  if (side_by_side) {
    std::vector<int64_t> offsets(size(count));
    for (size_t k = 0; k < offsets.size(); ++k) offsets[k] = static_cast<int64_t>(k) * rows;
    table.build_rows(g.data(), offsets.data(), count, rows, rounding, scratch.data(), tables.data(), scales.data());
  } else {
    for (int64_t r = 0; r < rows; ++r) {
      table.build_row(g.data() + r * count, count, rounding, static_cast<uint32_t>(r * count), scratch.data(),
                      tables.data() + r * row_bytes, &scales[size(r)]);
    }
  }

  const int64_t stride = units * bnn::kUnitOutputs + draw.between(0, 1) * 3;
  std::vector<int32_t> sources(size(draw.between(1, 19))), targets(sources.size());
  for (int32_t& source : sources) source = static_cast<int32_t>(draw.between(0, rows - 1));
  std::iota(targets.rbegin(), targets.rend(), 0);
  Floats sums = draw.reals(static_cast<int64_t>(targets.size()) * stride);
  table.accumulate(rounding.planes, tables.data(), scales.data(), sources.data(), targets.data(),
                   static_cast<int64_t>(sources.size()), chunks, index.data(), start.data(), units, sums.data(), stride);
  results.emplace_back("scales", scales);
  results.emplace_back("sums by lookup", sums);
}

void slopes(const GradientTable& table, Draw draw, Results& results) {
  const int64_t channels = draw.channels(), rows = draw.between(1, 3), words = bnn::word_count(channels);
  const Floats x = draw.weights(rows * channels), sums = draw.reals(channels);
  std::vector<uint64_t> mask(size(rows * words));
  table.pack_mask(x.data(), rows, channels, mask.data());
  Floats masked(size(channels)), approx(size(channels));
  table.apply_mask(sums.data(), mask.data(), channels, masked.data());
  table.apply_approx(sums.data(), x.data(), channels, approx.data());
  results.emplace_back("mask", from_bits(mask));
  results.emplace_back("masked sums", masked);
  results.emplace_back("approx_sign's slope", approx);

  const int64_t filters = draw.between(1, 16), sums_stride = channels + draw.between(0, 2);
  const int64_t stride = filters + draw.between(0, 2);
  const Floats by_filter = draw.reals((filters - 1) * sums_stride + channels), correction = draw.reals(16);
  const Floats kernel = draw.weights((channels - 1) * stride + filters);
  Floats out(kernel.size(), 7.0f);
  table.finish_kernel(by_filter.data(), sums_stride, correction.data(), channels, filters, kernel.data(),
                      draw.chance(2), out.data(), stride);
  results.emplace_back("the kernel's gradient", out);
}

void batch_norm(const TrainTable& table, Draw draw, Results& results) {
  const int64_t rows = draw.between(1, 40), channels = draw.channels();
  const Floats x = draw.reals(rows * channels), dy = draw.reals(rows * channels);
  Floats c[5], y(x.size()), dx(x.size());
  for (Floats& one : c) one = draw.reals(channels);
  table.moments(x.data(), rows, channels, c[0].data(), c[1].data());
  results.emplace_back("mean", c[0]);
  results.emplace_back("squares", c[1]);
  table.normalize(x.data(), rows, channels, c[0].data(), c[2].data(), y.data());
  results.emplace_back("normalize", y);
  table.gradient_sums(dy.data(), x.data(), rows, channels, c[0].data(), c[3].data(), c[4].data());
  results.emplace_back("sum of dy", c[3]);
  results.emplace_back("sum of dy x", c[4]);
  table.input_gradient(dy.data(), x.data(), rows, channels, c[1].data(), c[2].data(), c[3].data(), c[0].data(), dx.data());
  results.emplace_back("batch norm's gradient", dx);
}

void max_pool(const TrainTable& table, Draw draw, Results& results) {
  PoolShape s{};
  s.channels = draw.channels(), s.pool_height = draw.between(1, 3), s.pool_width = draw.between(1, 3);
  const bool tiles = draw.chance(2);
  s.stride_height = tiles ? s.pool_height : draw.between(1, 3), s.stride_width = tiles ? s.pool_width : draw.between(1, 3);
  s.pad_top = tiles ? 0 : draw.between(0, s.pool_height - 1), s.pad_left = tiles ? 0 : draw.between(0, s.pool_width - 1);
  s.out_height = draw.between(1, 4), s.out_width = draw.between(1, 4);
  // A window may be larger than the image, but something of the image lies under each.
  const int64_t pad_bottom = tiles ? 0 : draw.between(0, s.pool_height - 1 - s.pad_top);
  const int64_t pad_right = tiles ? 0 : draw.between(0, s.pool_width - 1 - s.pad_left);
  s.height = (s.out_height - 1) * s.stride_height + s.pool_height - s.pad_top - pad_bottom;
  s.width = (s.out_width - 1) * s.stride_width + s.pool_width - s.pad_left - pad_right;
  Floats x = draw.reals(s.height * s.width * s.channels);
  for (float& one : x) one = draw.chance(12) ? NAN : draw.chance(2) ? std::floor(one) : one;  // and equal ones
  const int64_t outputs = s.out_height * s.out_width * s.channels;
  Floats y(size(outputs)), dx(x.size(), 7.0f);
  std::vector<uint8_t> taps(size(outputs));
  table.max_pool(s, x.data(), y.data(), taps.data());
  table.max_pool_gradient(s, draw.reals(outputs).data(), taps.data(), dx.data());
  results.emplace_back("max pool", y);
  results.emplace_back("taps", Floats(taps.begin(), taps.end()));
  results.emplace_back("max pool's gradient", dx);
}

void adam(const TrainTable& table, Draw draw, Results& results) {
  const int64_t count = draw.channels();
  const AdamStep step{0.01f, 0.1f, 0.001f, 1e-7f, draw.chance(2) ? 1.0f : INFINITY};
  const Floats g = draw.weights(count), w = draw.weights(count);
  Floats m = draw.reals(count), v = draw.reals(count), out(size(count));
  for (float& one : v) one = std::fabs(one);
  table.adam(step, count, g.data(), m.data(), v.data(), w.data(), out.data());
  results.emplace_back("Adam's first moment", m);
  results.emplace_back("Adam's second moment", v);
  results.emplace_back("Adam's weights", out);
}

void products(const EngineLoops& loops, Draw draw, Results& results) {
  FloatRows rows{};
  rows.rows = draw.between(1, 21), rows.runs = draw.between(1, 3), rows.run = draw.between(1, 21);
  rows.run_stride = rows.run + draw.between(0, 2), rows.row_stride = rows.runs * rows.run_stride + draw.between(0, 2);
  const Floats a = draw.factors(rows.rows * rows.row_stride);
  rows.a = a.data();
  const int64_t filters = draw.channels(), depth = rows.runs * rows.run, y_stride = filters + draw.between(0, 2);
  const Floats kernel = draw.factors(depth * filters), bias = draw.factors(filters);
  Floats tiled(size((filters + loops.unit - 1) / loops.unit * loops.unit * depth));
  loops.tile_kernel(kernel.data(), depth, filters, tiled.data());
  Floats y(size(rows.rows * y_stride), 7.0f);
  loops.product(rows, tiled.data(), bias.data(), filters, y.data(), y_stride);
  results.emplace_back("float product", y);
}

void windows(const EngineLoops& loops, Draw draw, Results& results) {
  const int64_t taps = draw.between(1, 9), channels = draw.channels(), count = draw.between(1, channels);
  std::vector<Floats> in;
  std::vector<const float*> at;
  for (int64_t tap = 0; tap < taps; ++tap) at.push_back(in.emplace_back(draw.factors(count)).data());
  Floats y(size(count));
  loops.largest(at.data(), taps, count, y.data());
  results.emplace_back("largest", y);
  loops.mean(at.data(), taps, 1.0f / static_cast<float>(taps), count, y.data());
  results.emplace_back("mean of taps", y);
  const Floats kernel = draw.factors((taps - 1) * channels + count), bias = draw.factors(count);
  at[size(draw.between(0, taps - 1))] = nullptr;
  loops.depthwise(at.data(), taps, kernel.data(), channels, bias.data(), count, y.data());
  results.emplace_back("depthwise", y);
}

void changes(const EngineLoops& loops, Draw draw, Results& results) {
  const int64_t rows = draw.between(1, 5), count = draw.channels(), all = rows * count, stride = count + draw.between(0, 2);
  const Floats factor = draw.factors(count), offset = draw.factors(count), x = draw.factors((rows - 1) * stride + count);
  Floats y = draw.factors(all);
  y[size(draw.between(0, all - 1))] = NAN;
  const auto keep = [&](const char* what) { results.emplace_back(what, y); };
  loops.affine(y.data(), rows, count, factor.data(), offset.data()), keep("affine");
  loops.prelu(y.data(), rows, count, factor.data()), keep("prelu");
  y = draw.factors(all), loops.add(y.data(), rows, count, x.data(), stride), keep("add");
  loops.multiply(y.data(), rows, count, x.data(), stride), keep("multiply");
  loops.clamp(y.data(), all, -1.5f, 2.0f), keep("clamp");
  loops.ternary(y.data(), all, 0.5f), keep("ternary");
  y = draw.factors(all), loops.levels(y.data(), all, 7.0f), keep("levels");
}

// Floats to 8 bits, these back, and sums of such to 8 bits of each channel's scale.
void whole_numbers(const EngineLoops& loops, Draw draw, Results& results) {
  const int64_t rows = draw.between(1, 5), count = draw.channels(), all = rows * count;
  Floats y = draw.weights(all);
  std::vector<int8_t> bytes(size(all));
  loops.quantize(y.data(), all, std::ldexp(1.0f, static_cast<int>(draw.between(-8, 1))), bytes.data());
  loops.floats_of_bytes(bytes.data(), all, y.data());
  results.emplace_back("8 bits", y);
  std::vector<int32_t> bias(size(count)), multiplier(size(count)), shift(size(count));
  for (size_t c = 0; c < bias.size(); ++c) {
    shift[c] = static_cast<int32_t>(draw.between(-31, -1));
    bias[c] = static_cast<int32_t>(draw.between(-(1 << 23), 1 << 23));
    multiplier[c] = static_cast<int32_t>(draw.between(int64_t{1} << 30, (int64_t{1} << 31) - 1));
  }
  for (float& one : y) one = static_cast<float>(draw.between(-(1 << 24), 1 << 24));
  loops.requantize(y.data(), rows, count, bias.data(), multiplier.data(), shift.data(),
                   static_cast<int32_t>(draw.between(-128, 127)), 0.25f);
  results.emplace_back("8 bits of sums", y);
}

Results results_of(const Implementation& set, uint64_t seed) {
  Results results;
  uint64_t part = 0;
  const auto draw = [&] { return Draw{{seed * 16 + part++}}; };
  lookups(set.gradients, draw(), results), slopes(set.gradients, draw(), results);
  batch_norm(set.training, draw(), results), max_pool(set.training, draw(), results);
  adam(set.training, draw(), results), products(set.engine, draw(), results);
  windows(set.engine, draw(), results), changes(set.engine, draw(), results);
  whole_numbers(set.engine, draw(), results);
  return results;
}

bool equal(float a, float b) { return (a != a && b != b) || std::memcmp(&a, &b, sizeof(float)) == 0; }

void check(const Implementation& set, uint64_t seed) {
  const Results expected = results_of(*bnn::find_implementation("portable"), seed);
  Results found = results_of(set, seed);
#ifdef BNN_TEST_WRONG_BIT  // to see that a difference is found: a float's last one
  float& last = found.back().second.back();
  last = std::nextafter(last, 1e9f);
#endif
  for (size_t i = 0; i < found.size(); ++i) {
    const auto& [what, values] = found[i];
    const auto pair = std::mismatch(values.begin(), values.end(), expected[i].second.begin(), equal);
    if (pair.first == values.end()) continue;
    std::printf("%s: %s differs at %td: %.9g, not %.9g (test_tables 1 %llu)\n", set.name, what,
                pair.first - values.begin(), static_cast<double>(*pair.first), static_cast<double>(*pair.second),
                static_cast<unsigned long long>(seed));
    std::exit(1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t cases = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 300;
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  for (int i = 0; i < bnn::kImplementationCount; ++i) {
    const Implementation& set = *bnn::kImplementations[i];
    if (!set.supported()) {
      std::printf("%s: not on this processor\n", set.name);
      continue;
    }
    const int64_t calls = set.gradients.accumulate_calls();
    for (uint64_t c = 0; c < cases; ++c) check(set, seed + c);
    std::printf("%s: %llu cases equal, %lld lookups\n", set.name, static_cast<unsigned long long>(cases),
                static_cast<long long>(set.gradients.accumulate_calls() - calls));
  }
  return 0;
}
