#include "conv.h"

#include <algorithm>
#include <cstring>

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
// right for pad value 1, and taken back by subtract_outside() for pad value 0.
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

// A zero outside the image adds nothing, but gather() let it add the kernel's own signs: sum over channels of
// (+1 * w). Subtract that sum for each tap outside.
void subtract_outside(const ConvShape& s, const float* tap_sums, const Window& window, float* y) {
  for (int64_t ky = 0; ky < s.kernel_height; ++ky) {
    const int64_t in_y = window.top + ky * s.dilation_height;
    for (int64_t kx = 0; kx < s.kernel_width; ++kx, tap_sums += s.filters) {
      const int64_t in_x = window.left + kx * s.dilation_width;
      if (in_y >= 0 && in_y < s.height && in_x >= 0 && in_x < s.width) continue;
      for (int64_t f = 0; f < s.filters; ++f) y[f] -= tap_sums[f];
    }
  }
}

}  // namespace

int64_t block_rows(const KernelTable& table, int64_t rows, int64_t row_words, int64_t wanted_blocks) {
  constexpr int64_t kCacheBytes = 16 * 1024;
  const int64_t row_bytes = row_words * (table.scratch_bytes_per_word > 0 ? table.scratch_bytes_per_word : 8);
  const int64_t fitting = kCacheBytes / std::max<int64_t>(row_bytes, 1);
  const int64_t spread = (rows + wanted_blocks - 1) / wanted_blocks;
  const int64_t limit = std::clamp<int64_t>(std::min(fitting, spread), table.tile_rows, 16 * table.tile_rows);
  return limit / table.tile_rows * table.tile_rows;
}

int64_t scratch_bytes(const KernelTable& table, int64_t rows_in_block, int64_t row_words) {
  return rows_in_block * row_words * (static_cast<int64_t>(sizeof(uint64_t)) + table.scratch_bytes_per_word);
}

void conv_pixels(const KernelTable& table, const ConvShape& shape, const uint64_t* packed, const void* tiled,
                 const float* tap_sums, int64_t begin, int64_t end, uint8_t* scratch, float* y) {
  const int64_t row_words = shape.row_words(), count = end - begin;
  const bool rows_as_they_are =
      shape.taps() == 1 && shape.stride_height == 1 && shape.stride_width == 1 && !shape.pads();
  auto* gathered = reinterpret_cast<uint64_t*>(scratch);
  const uint64_t* rows = gathered;
  if (rows_as_they_are) {
    rows = packed + begin * row_words;
  } else {
    for (int64_t i = 0; i < count; ++i) gather(shape, packed, Window(shape, begin + i), gathered + i * row_words);
  }
  y += begin * shape.filters;
  table.gemm(rows, count, row_words, tiled, shape.filters, 0, unit_count(table, shape.filters), shape.products(),
             scratch + count * row_words * static_cast<int64_t>(sizeof(uint64_t)), y);
  if (tap_sums == nullptr) return;
  for (int64_t i = 0; i < count; ++i) {
    const Window window(shape, begin + i);
    if (!window.inside(shape)) subtract_outside(shape, tap_sums, window, y + i * shape.filters);
  }
}

int64_t first_nan(const float* x, int64_t count) {
  const float* found = std::find_if(x, x + count, [](float v) { return v != v; });
  return found == x + count ? -1 : found - x;
}

}  // namespace bnn
