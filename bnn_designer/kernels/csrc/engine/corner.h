// Where windows lie in an image.
#pragma once

#include <cstdint>

#include "engine/group.h"

namespace bnn {

// The first pixel of the input that the window of an output pixel has, which may lie outside of the image.
struct Corner {
  int64_t top, left;

  Corner(const Geometry& g, int64_t pixel)
      : top(pixel / g.out_width * g.stride_height - g.pad_top),
        left(pixel % g.out_width * g.stride_width - g.pad_left) {}

  // The pixel under a tap, or -1 where it is outside of the image.
  int64_t under(const Geometry& g, int64_t ky, int64_t kx) const {
    const int64_t y = top + ky * g.dilation_height, x = left + kx * g.dilation_width;
    return y >= 0 && y < g.in_height && x >= 0 && x < g.in_width ? y * g.in_width + x : -1;
  }

  bool inside(const Geometry& g) const {
    return top >= 0 && left >= 0 && top + kernel_extent(g.kernel_height, g.dilation_height) <= g.in_height &&
           left + kernel_extent(g.kernel_width, g.dilation_width) <= g.in_width;
  }
};

}  // namespace bnn
