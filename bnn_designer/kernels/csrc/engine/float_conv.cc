#include "engine/float_conv.h"

#include <algorithm>
#include <cstring>

#include "engine/corner.h"

namespace bnn {
namespace {

// Rows that are unfolded at once: few enough to stay in the L1 cache with a unit of weights.
int64_t unfolded_rows(const Kernels& kernels, const Geometry& g) {
  const int64_t row_bytes = g.taps() * (g.in_channels / g.groups) * static_cast<int64_t>(sizeof(float));
  const int64_t tile = kernels.set->engine.tile_rows;
  return std::max(tile, std::min<int64_t>(16 * 1024 / std::max<int64_t>(row_bytes, 1), 8 * tile) / tile * tile);
}

// The window of a pixel in a row: tap after tap, channels [first, first + count) of each; zeros outside of the image.
void unfold(const Geometry& g, const float* image, int64_t pixel, int64_t first, int64_t count, float* row) {
  const Corner corner(g, pixel);
  const auto bytes = static_cast<size_t>(count) * sizeof(float);
  for (int64_t ky = 0; ky < g.kernel_height; ++ky) {
    for (int64_t kx = 0; kx < g.kernel_width; ++kx, row += count) {
      const int64_t under = corner.under(g, ky, kx);
      if (under < 0) {
        std::memset(row, 0, bytes);
      } else {
        std::memcpy(row, image + under * g.in_channels + first, bytes);
      }
    }
  }
}

// How many pixels, from this one on, lie in one line of the output with their windows inside of the image.
int64_t pixels_inside(const Geometry& g, int64_t pixel, int64_t last) {
  const int64_t line_end = std::min(last, (pixel / g.out_width + 1) * g.out_width);
  if (!Corner(g, pixel).inside(g)) return 0;
  const int64_t room = g.in_width - kernel_extent(g.kernel_width, g.dilation_width) - Corner(g, pixel).left;
  return std::min(line_end - pixel, room / g.stride_width + 1);
}

}  // namespace

void prepare_float_conv(const Kernels& kernels, const float* kernel, Group& group) {
  const Geometry& g = group.at;
  const int64_t filters = g.out_channels / g.groups, depth = g.taps() * (g.in_channels / g.groups);
  const int64_t unit = kernels.set->engine.unit;
  const int64_t group_floats = (filters + unit - 1) / unit * unit * depth;
  group.tiled.resize(static_cast<size_t>(g.groups * group_floats) * sizeof(float));
  for (int64_t part = 0; part < g.groups; ++part) {
    kernels.set->engine.tile_kernel(kernel + part * depth * filters, depth, filters,
                                    reinterpret_cast<float*>(group.tiled.data()) + part * group_floats);
  }
  group.work_bytes = unfolded_rows(kernels, g) * depth * static_cast<int64_t>(sizeof(float));
}

void run_float_conv(const Kernels& kernels, const float* image, const float* bias, const Group& group,
                    const Block& block, uint8_t* work, float* out) {
  const Geometry& g = group.at;
  const EngineLoops& loops = kernels.set->engine;
  const auto* tiled = reinterpret_cast<const float*>(group.tiled.data());
  auto* rows = reinterpret_cast<float*>(work);
  const int64_t in_count = g.in_channels / g.groups, out_count = g.out_channels / g.groups;
  const int64_t depth = g.taps() * in_count, count = block.count();
  const int64_t group_floats = (out_count + loops.unit - 1) / loops.unit * loops.unit * depth;
  const int64_t most = unfolded_rows(kernels, g);
  // Without groups a block may be a range of filters, which starts at a whole unit.
  const int64_t filters = g.groups == 1 ? count : out_count;
  const float* kernel = tiled + (g.groups == 1 ? block.begin * depth : 0);
  bias += g.groups == 1 ? block.begin : 0;

  for (int64_t pixel = block.first; pixel < block.last;) {
    float* y = out + (pixel - block.first) * count;
    int64_t done = g.groups == 1 && g.dilation_width == 1 ? pixels_inside(g, pixel, block.last) : 0;
    if (done > 0) {  // in place: a line of the window is one run
      const Corner corner(g, pixel);
      const FloatRows inside = {image + (corner.top * g.in_width + corner.left) * g.in_channels,
                                done,
                                g.stride_width * g.in_channels,
                                g.kernel_height,
                                g.kernel_width * g.in_channels,
                                g.dilation_height * g.in_width * g.in_channels};
      loops.product(inside, kernel, bias, filters, y, count);
      pixel += done;
      continue;
    }
    // Up to the next pixel whose window is inside.
    const int64_t limit = std::min(block.last, pixel + most);
    done = 1;
    while (pixel + done < limit && (g.groups > 1 || g.dilation_width > 1 || !Corner(g, pixel + done).inside(g))) ++done;
    for (int64_t part = 0; part < g.groups; ++part) {
      for (int64_t i = 0; i < done; ++i) unfold(g, image, pixel + i, part * in_count, in_count, rows + i * depth);
      const FloatRows unfolded = {rows, done, depth, 1, depth, depth};
      loops.product(unfolded, kernel + part * group_floats, bias + part * out_count, filters, y + part * out_count,
                    count);
    }
    pixel += done;
  }
}

}  // namespace bnn
