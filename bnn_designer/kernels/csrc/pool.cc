#include "pool.h"

#include <algorithm>

namespace bnn {

void max_pool_lines(const ConvShape& s, const uint64_t* packed, int64_t begin, int64_t end, uint64_t* out) {
  const int64_t words = s.words();
  out += begin * s.out_width * words;
  for (int64_t line = begin; line < end; ++line) {
    const int64_t top = line % s.out_height * s.stride_height - s.pad_top;
    const int64_t y_begin = std::max<int64_t>(top, 0), y_end = std::min(top + s.kernel_height, s.height);
    const uint64_t* image = packed + line / s.out_height * s.height * s.width * words;
    for (int64_t ox = 0; ox < s.out_width; ++ox, out += words) {
      const int64_t left = ox * s.stride_width - s.pad_left;
      const int64_t x_begin = std::max<int64_t>(left, 0), x_end = std::min(left + s.kernel_width, s.width);
      std::fill_n(out, words, ~uint64_t{0});
      for (int64_t y = y_begin; y < y_end; ++y) {
        const uint64_t* pixel = image + (y * s.width + x_begin) * words;
        for (int64_t x = x_begin; x < x_end; ++x, pixel += words) {
          for (int64_t k = 0; k < words; ++k) out[k] &= pixel[k];
        }
      }
    }
  }
}

}  // namespace bnn
