#include "conv/conv.h"

#include <algorithm>

#include "conv/rows.h"

namespace bnn {
namespace {

// Numbers the different ranges along one axis, 0 for the whole kernel, and says which each output position has.
std::vector<Inside> classify(int64_t out, int64_t stride, int64_t pad, int64_t size, int64_t kernel, int64_t dilation,
                             std::vector<int32_t>* class_of) {
  std::vector<Inside> classes = {{0, kernel}};
  class_of->resize(static_cast<size_t>(out));
  for (int64_t i = 0; i < out; ++i) {
    const Inside inside = taps_inside(i * stride - pad, size, kernel, dilation);
    // Ranges only ever move on along the axis, so a new one is the whole kernel's or the last one's.
    if (!(inside == classes.front()) && !(inside == classes.back())) classes.push_back(inside);
    (*class_of)[static_cast<size_t>(i)] =
        inside == classes.front() ? 0 : static_cast<int32_t>(classes.size()) - 1;
  }
  return classes;
}

int64_t round_up(int64_t value, int64_t step) { return (value + step - 1) / step * step; }

// Whether a group's results can be written on their own: floats always, but bits and the arrays of the other epilogues
// come in whole words.
bool groups_apart(const ConvShape& s, Epilogue::Kind kind) {
  return s.groups == 1 || kind == Epilogue::Kind::kSums || s.group_filters() % kWordBits == 0;
}

}  // namespace

int64_t group_units(const ConvTable& table, const ConvShape& shape) {
  return unit_count(table, shape.group_filters());
}

void tile_units(const ConvTable& table, const ConvShape& shape, const uint64_t* packed_kernel, int64_t begin,
                int64_t end, void* tiled) {
  if (shape.groups == 1) {
    table.tile_kernel(packed_kernel, shape.row_words(), shape.filters, begin, end, tiled);
    return;
  }
  const int64_t units = group_units(table, shape), filters = shape.group_filters(), rows = shape.row_words();
  std::vector<uint64_t> alone(static_cast<size_t>(rows * filters));  // the kernel of one group
  for (int64_t u = begin; u < end;) {
    const int64_t group = u / units, group_end = std::min(end, (group + 1) * units);
    for (int64_t k = 0; k < rows; ++k) {
      std::copy_n(packed_kernel + k * shape.filters + group * filters, filters, alone.data() + k * filters);
    }
    auto* out = static_cast<uint8_t*>(tiled) + group * tiled_bytes(table, shape) / shape.groups;
    table.tile_kernel(alone.data(), rows, filters, u - group * units, group_end - group * units, out);
    u = group_end;
  }
}

Blocks plan_blocks(const ConvTable& table, const ConvShape& shape, int64_t wanted) {
  constexpr int64_t kCacheBytes = 16 * 1024, kMostTiles = 16;
  const int64_t pixels = shape.out_pixels(), units = group_units(table, shape), tile = table.tile_rows;
  const int64_t row_bytes =
      shape.row_words() * std::max<int64_t>(table.scratch_bytes_per_word, static_cast<int64_t>(sizeof(uint64_t)));
  const int64_t fitting = std::clamp(kCacheBytes / row_bytes / tile, int64_t{1}, kMostTiles) * tile;
  int64_t row_blocks = divide_up(pixels, fitting), unit_blocks = 1;
  if (row_blocks < wanted) {
    if (pixels >= 2 * tile * wanted) {
      row_blocks = wanted;
    } else {
      unit_blocks = divide_up(wanted, std::max<int64_t>(row_blocks, 1));
    }
  }
  Blocks blocks{};
  blocks.rows = std::max(tile, round_up(divide_up(pixels, std::max<int64_t>(row_blocks, 1)), tile));
  blocks.row_blocks = divide_up(pixels, blocks.rows);
  // Whole words of 64 filters, so that no two blocks write to one word of bits. Groups are not cut.
  blocks.units = shape.groups > 1 ? units : std::min(units, round_up(divide_up(units, unit_blocks), kWordBits / table.unit));
  blocks.unit_blocks = divide_up(units, blocks.units);
  return blocks;
}

int64_t tiled_bytes(const ConvTable& table, const ConvShape& shape) {
  return shape.groups * group_units(table, shape) * table.unit * shape.row_words() * table.tiled_bytes_per_word;
}

int64_t scratch_bytes(const ConvTable& table, const ConvShape& shape, const Blocks& blocks) {
  const auto word = static_cast<int64_t>(sizeof(uint64_t)), number = static_cast<int64_t>(sizeof(float));
  const int64_t group_sums = shape.groups > 1 ? round_up(shape.filters * number, word) : 0;
  const int64_t pointers = (Pieces(shape).count + 1) * word;
  return blocks.rows * (shape.row_words() * (word + table.scratch_bytes_per_word) + pointers + group_sums);
}

void EdgeCorrections::build_from_tiled(const ConvTable& table, const ConvShape& s, const void* tiled) {
  const auto rows = classify(s.out_height, s.stride_height, s.pad_top, s.height, s.kernel_height, s.dilation_height,
                             &row_class_);
  const auto columns = classify(s.out_width, s.stride_width, s.pad_left, s.width, s.kernel_width, s.dilation_width,
                                &column_class_);
  const int64_t filters = s.group_filters(), classes = static_cast<int64_t>(rows.size() * columns.size());
  columns_ = static_cast<int64_t>(columns.size()), filters_ = s.filters;
  tap_sums_.resize(static_cast<size_t>(s.taps() * filters));
  sums_.assign(static_cast<size_t>(classes * s.filters), 0);
  for (int64_t group = 0; group < s.groups; ++group) {
    const auto* units = static_cast<const uint8_t*>(tiled) + group * tiled_bytes(table, s) / s.groups;
    table.tap_sums(units, s.taps(), s.group_channels(), filters, 0, group_units(table, s), tap_sums_.data());
    int32_t* sum = sums_.data() + group * filters;
    for (const Inside& row : rows) {
      for (const Inside& column : columns) {
        const int32_t* tap = tap_sums_.data();
        for (int64_t ky = 0; ky < s.kernel_height; ++ky) {
          for (int64_t kx = 0; kx < s.kernel_width; ++kx, tap += filters) {
            if (ky >= row.begin && ky < row.end && kx >= column.begin && kx < column.end) continue;
            for (int64_t f = 0; f < filters; ++f) sum[f] += tap[f];
          }
        }
        sum += s.filters;
      }
    }
  }
}

namespace {

// What a block of rows needs beside the tensors, within one thread's scratch.
struct Scratch {
  FoundRows rows;
  float* group_sums;  // [rows, filters], of groups that cannot be finished apart
  void* prepared;     // the product's

  Scratch(const ConvShape& shape, const Blocks& blocks, const Pieces& pieces, uint8_t* memory) {
    rows.copied = reinterpret_cast<uint64_t*>(memory);
    rows.at = reinterpret_cast<const uint64_t**>(rows.copied + blocks.rows * shape.row_words());
    rows.corrections = reinterpret_cast<const int32_t**>(rows.at + blocks.rows * pieces.count);
    group_sums = reinterpret_cast<float*>(rows.corrections + blocks.rows);
    prepared = group_sums + (shape.groups > 1 ? blocks.rows * round_up(shape.filters, 2) : 0);
  }
};

}  // namespace

void conv_blocks(const ConvTable& table, const ConvShape& shape, const Blocks& blocks, int64_t begin, int64_t end,
                 const uint64_t* packed, const void* tiled, const EdgeCorrections* corrections,
                 const Epilogue& epilogue, uint8_t* memory) {
  const int64_t pixels = shape.out_pixels(), units = group_units(table, shape);
  const int64_t filters = shape.group_filters(), group_bytes = tiled_bytes(table, shape) / shape.groups;
  const bool apart = groups_apart(shape, epilogue.kind);
  const Pieces pieces(shape);
  const Scratch scratch(shape, blocks, pieces, memory);
  const RowPieces rows = {scratch.rows.at, pieces.count, pieces.words};
  int64_t ready = -1;  // the block of rows that is found
  for (int64_t b = begin; b < end; ++b) {
    const int64_t row_block = b / blocks.unit_blocks, first = row_block * blocks.rows;
    const int64_t count = std::min(blocks.rows, pixels - first), unit = b % blocks.unit_blocks * blocks.units;
    Epilogue whole = epilogue.from_row(first), sums;
    sums.y = scratch.group_sums, sums.y_stride = shape.filters;
    for (int64_t group = 0; group < shape.groups; ++group) {
      if (row_block != ready || shape.groups > 1) {
        find_rows(shape, pieces, group, first, count, packed, corrections, scratch.rows);
        ready = row_block;
      }
      Epilogue e = (apart ? whole : sums).from_filter(group * filters);
      e.corrections = corrections != nullptr ? scratch.rows.corrections : nullptr;
      table.gemm(rows, count, static_cast<const uint8_t*>(tiled) + group * group_bytes, filters, unit,
                 std::min(units, unit + blocks.units), shape.products(), scratch.prepared, e);
    }
    if (!apart) table.finish(scratch.group_sums, count, shape.filters, whole);
  }
}

int64_t first_nan(const float* x, int64_t count) {
  const float* found = std::find_if(x, x + count, [](float v) { return v != v; });
  return found == x + count ? -1 : found - x;
}

}  // namespace bnn
