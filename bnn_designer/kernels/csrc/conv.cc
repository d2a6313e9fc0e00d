#include "conv.h"

#include <algorithm>

namespace bnn {
namespace {

// Where the kernel's window of one output pixel lies in the input.
struct Window {
  int64_t image, top, left;

  Window(const ConvShape& s, int64_t pixel)
      : image(pixel / (s.out_height * s.out_width)),
        top(pixel / s.out_width % s.out_height * s.stride_height - s.pad_top),
        left(pixel % s.out_width * s.stride_width - s.pad_left) {}

  bool inside(const ConvShape& s) const {
    return top >= 0 && left >= 0 && top + kernel_extent(s.kernel_height, s.dilation_height) <= s.height &&
           left + kernel_extent(s.kernel_width, s.dilation_width) <= s.width;
  }
};

uint64_t* copy_words(const uint64_t* from, int64_t count, uint64_t* to) {
  for (int64_t i = 0; i < count; ++i) to[i] = from[i];
  return to + count;
}

// The words under a window, tap after tap. A tap outside the image reads zero words, which are +1 in every channel:
// right for pad value 1, and taken back by EdgeCorrections for pad value 0.
void gather(const ConvShape& s, const uint64_t* packed, const Window& window, uint64_t* row) {
  const int64_t words = s.words();
  const uint64_t* image = packed + window.image * s.height * s.width * words;
  const bool inside = window.inside(s);
  for (int64_t ky = 0; ky < s.kernel_height; ++ky) {
    const int64_t y = window.top + ky * s.dilation_height;
    const bool y_inside = y >= 0 && y < s.height;
    const uint64_t* line = image + y * s.width * words;
    if (inside && s.dilation_width == 1) {  // a line of the window is one run of words
      row = copy_words(line + window.left * words, s.kernel_width * words, row);
      continue;
    }
    for (int64_t kx = 0; kx < s.kernel_width; ++kx) {
      const int64_t x = window.left + kx * s.dilation_width;
      if (y_inside && x >= 0 && x < s.width) {
        row = copy_words(line + x * words, words, row);
      } else {
        row = std::fill_n(row, words, uint64_t{0});
      }
    }
  }
}

// Which taps of one axis lie inside the image, begin <= tap < end, for a window that starts at `start`.
struct Inside {
  int64_t begin, end;
  bool operator==(const Inside& other) const { return begin == other.begin && end == other.end; }
};

Inside taps_inside(int64_t start, int64_t size, int64_t kernel, int64_t dilation) {
  const int64_t begin = start < 0 ? std::min(kernel, (-start + dilation - 1) / dilation) : 0;
  const int64_t end = start < size ? std::min(kernel, (size - start - 1) / dilation + 1) : 0;
  return {begin, std::max(begin, end)};
}

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
int64_t divide_up(int64_t value, int64_t by) { return (value + by - 1) / by; }

bool rows_as_they_are(const ConvShape& s) {
  return s.taps() == 1 && s.stride_height == 1 && s.stride_width == 1 && !s.pads();
}

}  // namespace

Blocks plan_blocks(const KernelTable& table, const ConvShape& shape, int64_t wanted) {
  constexpr int64_t kCacheBytes = 16 * 1024, kMostTiles = 16;
  const int64_t pixels = shape.out_pixels(), units = unit_count(table, shape.filters), tile = table.tile_rows;
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
  // Whole words of 64 filters, so that no two blocks write to one word of bits.
  blocks.units = std::min(units, round_up(divide_up(units, unit_blocks), kWordBits / table.unit));
  blocks.unit_blocks = divide_up(units, blocks.units);
  return blocks;
}

int64_t tiled_bytes(const KernelTable& table, const ConvShape& shape) {
  return unit_count(table, shape.filters) * table.unit * shape.row_words() * table.tiled_bytes_per_word;
}

int64_t scratch_bytes(const KernelTable& table, const ConvShape& shape, const Blocks& blocks) {
  const auto word = static_cast<int64_t>(sizeof(uint64_t));
  return blocks.rows * (shape.row_words() * (word + table.scratch_bytes_per_word) + word);
}

void EdgeCorrections::build_from_tiled(const KernelTable& table, const ConvShape& s, const void* tiled) {
  const auto rows = classify(s.out_height, s.stride_height, s.pad_top, s.height, s.kernel_height, s.dilation_height,
                             &row_class_);
  const auto columns = classify(s.out_width, s.stride_width, s.pad_left, s.width, s.kernel_width, s.dilation_width,
                                &column_class_);
  columns_ = static_cast<int64_t>(columns.size()), filters_ = s.filters;
  tap_sums_.resize(static_cast<size_t>(s.taps() * s.filters));
  table.tap_sums(tiled, s.taps(), s.channels, s.filters, 0, unit_count(table, s.filters), tap_sums_.data());
  sums_.assign(rows.size() * columns.size() * static_cast<size_t>(s.filters), 0);
  int32_t* sum = sums_.data();
  for (const Inside& row : rows) {
    for (const Inside& column : columns) {
      const int32_t* tap = tap_sums_.data();
      for (int64_t ky = 0; ky < s.kernel_height; ++ky) {
        for (int64_t kx = 0; kx < s.kernel_width; ++kx, tap += s.filters) {
          if (ky >= row.begin && ky < row.end && kx >= column.begin && kx < column.end) continue;
          for (int64_t f = 0; f < s.filters; ++f) sum[f] += tap[f];
        }
      }
      sum += s.filters;
    }
  }
}

void conv_blocks(const KernelTable& table, const ConvShape& shape, const Blocks& blocks, int64_t begin, int64_t end,
                 const uint64_t* packed, const void* tiled, const EdgeCorrections* corrections,
                 const Epilogue& epilogue, uint8_t* scratch) {
  const int64_t row_words = shape.row_words(), pixels = shape.out_pixels();
  const int64_t units = unit_count(table, shape.filters);
  auto* gathered = reinterpret_cast<uint64_t*>(scratch);
  auto* row_corrections = reinterpret_cast<const int32_t**>(gathered + blocks.rows * row_words);
  void* prepared = row_corrections + blocks.rows;
  int64_t ready = -1;  // the block of rows that is gathered
  for (int64_t b = begin; b < end; ++b) {
    const int64_t row_block = b / blocks.unit_blocks, first = row_block * blocks.rows;
    const int64_t count = std::min(blocks.rows, pixels - first);
    const uint64_t* rows = rows_as_they_are(shape) ? packed + first * row_words : gathered;
    Epilogue e = epilogue.from_row(first);
    if (corrections != nullptr) e.corrections = row_corrections;
    if (row_block != ready) {
      for (int64_t i = 0; i < count; ++i) {
        const int64_t pixel = first + i;
        if (rows == gathered) gather(shape, packed, Window(shape, pixel), gathered + i * row_words);
        if (corrections == nullptr) continue;
        row_corrections[i] = corrections->at(pixel / shape.out_width % shape.out_height, pixel % shape.out_width);
      }
      ready = row_block;
    }
    const int64_t unit = b % blocks.unit_blocks * blocks.units;
    table.gemm(rows, count, row_words, tiled, shape.filters, unit, std::min(units, unit + blocks.units),
               shape.products(), prepared, e);
  }
}

int64_t first_nan(const float* x, int64_t count) {
  const float* found = std::find_if(x, x + count, [](float v) { return v != v; });
  return found == x + count ? -1 : found - x;
}

}  // namespace bnn
