#include "engine/sources.h"

#include <algorithm>
#include <cstring>

#include "engine/binary.h"
#include "engine/int8.h"

namespace bnn {
namespace {

// Where the window of one output pixel lies in the input.
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

// Rows that are unfolded at once: few enough to stay in the L1 cache with a unit of weights.
int64_t unfolded_rows(const Kernels& kernels, const Geometry& g) {
  const int64_t row_bytes = g.taps() * (g.in_channels / g.groups) * static_cast<int64_t>(sizeof(float));
  const int64_t tile = kernels.set->engine.tile_rows;
  return std::max(tile, std::min<int64_t>(16 * 1024 / std::max<int64_t>(row_bytes, 1), 8 * tile) / tile * tile);
}

void channels(const Memory& memory, const Group& group, const Block& block, float* out) {
  const int64_t count = block.count();
  int64_t start = 0;
  for (const Part& part : group.parts) {
    const int64_t from = std::max(start, block.begin), to = std::min(start + part.channels, block.end);
    if (from < to) {
      float* y = out + from - block.begin;
      const auto bytes = static_cast<size_t>(to - from) * sizeof(float);
      if (part.place == kZeros) {
        for (int64_t row = 0; row < block.rows(); ++row) std::memset(y + row * count, 0, bytes);
      } else {
        const float* x = memory.floats(part.place) + block.first * part.channels + from - start;
        if (to - from == count && count == part.channels) {
          std::memcpy(y, x, bytes * static_cast<size_t>(block.rows()));
        } else {
          for (int64_t row = 0; row < block.rows(); ++row) std::memcpy(y + row * count, x + row * part.channels, bytes);
        }
      }
    }
    start += part.channels;
  }
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

void float_conv(const Kernels& kernels, const Memory& memory, const Group& group, const Block& block, uint8_t* work,
                float* out) {
  const Geometry& g = group.at;
  const EngineLoops& loops = kernels.set->engine;
  const float* image = memory.floats(group.parts[0].place);
  const auto* tiled = reinterpret_cast<const float*>(group.tiled.data());
  const auto* bias = static_cast<const float*>(group.blobs[1]);
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

// Windows of pixels, channel by channel: pointers to what is under each tap, then one loop over the channels.
void windows(const Kernels& kernels, const Memory& memory, const Group& group, const Block& block, uint8_t* work,
             float* out) {
  const Geometry& g = group.at;
  const EngineLoops& loops = kernels.set->engine;
  const float* image = memory.floats(group.parts[0].place) + block.begin;
  auto** in = reinterpret_cast<const float**>(work);
  const int64_t count = block.count();
  for (int64_t pixel = block.first; pixel < block.last; ++pixel, out += count) {
    const Corner corner(g, pixel);
    int64_t found = 0;
    for (int64_t ky = 0; ky < g.kernel_height; ++ky) {
      for (int64_t kx = 0; kx < g.kernel_width; ++kx) {
        const int64_t under = corner.under(g, ky, kx);
        if (under >= 0) {
          in[found++] = image + under * g.in_channels;
        } else if (group.source == Source::kDepthwise) {
          in[found++] = nullptr;
        }
      }
    }
    if (group.source == Source::kDepthwise) {
      loops.depthwise(in, found, static_cast<const float*>(group.blobs[0]) + block.begin, g.out_channels,
                      static_cast<const float*>(group.blobs[1]) + block.begin, count, out);
    } else if (group.source == Source::kMaxPool) {
      loops.largest(in, found, count, out);
    } else {
      loops.mean(in, found, 1.0f / static_cast<float>(found), count, out);
    }
  }
}

void unpack(const Memory& memory, const Group& group, const Block& block, float* out) {
  const int64_t words = word_count(group.at.out_channels);
  const uint64_t* row = memory.words(group.parts[0].place) + block.first * words;
  for (int64_t i = 0; i < block.rows(); ++i, row += words) {
    for (int64_t c = block.begin; c < block.end; ++c) {
      *out++ = row[c / kWordBits] >> (c % kWordBits) & 1 ? -1.0f : 1.0f;
    }
  }
}

void pad(const Memory& memory, const Group& group, const Block& block, float* out) {
  const Geometry& g = group.at;
  const float* image = memory.floats(group.parts[0].place) + block.begin;
  const int64_t count = block.count();
  for (int64_t pixel = block.first; pixel < block.last; ++pixel, out += count) {
    const int64_t y = pixel / g.out_width - g.pad_top, x = pixel % g.out_width - g.pad_left;
    if (y < 0 || y >= g.in_height || x < 0 || x >= g.in_width) {
      std::fill_n(out, count, static_cast<float>(g.pad_value));
    } else {
      std::memcpy(out, image + (y * g.in_width + x) * g.in_channels, static_cast<size_t>(count) * sizeof(float));
    }
  }
}

void prepare_float_conv(const Kernels& kernels, Group& group) {
  const Geometry& g = group.at;
  const int64_t filters = g.out_channels / g.groups, depth = g.taps() * (g.in_channels / g.groups);
  const int64_t unit = kernels.set->engine.unit;
  const int64_t group_floats = (filters + unit - 1) / unit * unit * depth;
  group.tiled.resize(static_cast<size_t>(g.groups * group_floats) * sizeof(float));
  for (int64_t part = 0; part < g.groups; ++part) {
    kernels.set->engine.tile_kernel(static_cast<const float*>(group.blobs[0]) + part * depth * filters, depth, filters,
                                reinterpret_cast<float*>(group.tiled.data()) + part * group_floats);
  }
  group.work_bytes = unfolded_rows(kernels, g) * depth * static_cast<int64_t>(sizeof(float));
}

}  // namespace

void prepare_group(const Kernels& kernels, int threads, Group& group) {
  constexpr int64_t kBlockBytes = 8 * 1024;  // of the L1 cache, with what a source reads beside it
  const int64_t pixels = group.at.out_pixels(), channels = group.at.out_channels;
  const int64_t wanted = threads > 1 ? 4 * threads : 1;
  if (group.source == Source::kBinaryConv) return prepare_binary_conv(kernels, wanted, group);
  if (group.source == Source::kFloatConv && kernels.library != nullptr &&
      (kernels.library_always || library_is_faster(group.at)) && prepare_library_conv(*kernels.library, threads, group)) {
    return;
  }
  const int64_t row_bytes = channels * static_cast<int64_t>(sizeof(float));
  int64_t tile = 1, rows = std::max<int64_t>(1, kBlockBytes / row_bytes);
  if (group.source == Source::kFloatConv) {
    prepare_float_conv(kernels, group);
    tile = kernels.set->engine.tile_rows;
    rows = 8 * tile;
  } else if (group.source == Source::kDepthwise || group.source == Source::kMaxPool ||
             group.source == Source::kAveragePool) {
    group.work_bytes = group.at.taps() * static_cast<int64_t>(sizeof(const float*));
  }
  const int64_t spread = std::max<int64_t>(1, (pixels + wanted - 1) / wanted);
  group.pixels_an_item = std::min({pixels, rows, (spread + tile - 1) / tile * tile});
  group.pixel_items = (pixels + group.pixels_an_item - 1) / group.pixels_an_item;
  group.channels_an_item = channels;
  const bool whole_rows = group.at.groups > 1 || group.source == Source::kBinaryMaxPool ||
                          std::any_of(group.steps.begin(), group.steps.end(),
                                      [](const Step& step) { return step.kind == StepKind::kSoftmax; });
  if (pixels == 1 && threads > 1 && !whole_rows) {
    group.channels_an_item = std::min(channels, std::max<int64_t>(1, word_count(channels) / wanted) * kWordBits);
  }
  group.channel_items = (channels + group.channels_an_item - 1) / group.channels_an_item;
}

bool run_source(const Kernels& kernels, const Memory& memory, const Group& group, const Block& block, int thread,
                uint8_t* work, float* out) {
  switch (group.source) {
    case Source::kChannels:
      channels(memory, group, block, out);
      break;
    case Source::kFloatConv:
      if (group.library != nullptr) return run_library_conv(memory, group, block, thread, work, out);
      float_conv(kernels, memory, group, block, work, out);
      break;
    case Source::kBinaryConv:
      run_binary_conv(kernels, memory, group, block, work, out);
      break;
    case Source::kInt8Conv:
      run_int8_conv(memory, group, block, out);
      break;
    case Source::kDepthwise:
    case Source::kMaxPool:
    case Source::kAveragePool:
      windows(kernels, memory, group, block, work, out);
      break;
    case Source::kUnpack:
      unpack(memory, group, block, out);
      break;
    case Source::kPad:
      pad(memory, group, block, out);
      break;
    case Source::kBinaryMaxPool:
      run_binary_max_pool(memory, group, block);
      break;
  }
  return true;
}

// A bit is 1 where the value is -1, so the largest of some is the "and" of their bits. A window over nothing would give
// ones; engine_check.cc refuses those. Bits past the last channel are 0 in the image and in the flips.
void run_binary_max_pool(const Memory& memory, const Group& group, const Block& block) {
  const Geometry& g = group.at;
  const int64_t words = word_count(g.in_channels);
  const uint64_t* image = memory.words(group.parts[0].place);
  const auto* flips = static_cast<const uint64_t*>(group.blobs[0]);
  uint64_t* out = memory.words_to(group.steps[0].place) + block.first * words;
  for (int64_t pixel = block.first; pixel < block.last; ++pixel, out += words) {
    const Corner corner(g, pixel);
    std::memset(out, 0xff, static_cast<size_t>(words) * sizeof(uint64_t));
    for (int64_t ky = 0; ky < g.kernel_height; ++ky) {
      for (int64_t kx = 0; kx < g.kernel_width; ++kx) {
        const int64_t under = corner.under(g, ky, kx);
        if (under < 0) continue;
        for (int64_t word = 0; word < words; ++word) out[word] &= image[under * words + word];
      }
    }
    for (int64_t word = 0; word < words; ++word) out[word] ^= flips[word];
  }
}

}  // namespace bnn
