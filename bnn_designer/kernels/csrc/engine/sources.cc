#include "engine/sources.h"

#include <algorithm>
#include <cstring>

#include "engine/binary.h"
#include "engine/corner.h"
#include "engine/float_conv.h"
#include "engine/int8.h"

namespace bnn {
namespace {

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

const float* biases(const Group& group) {
  return group.int8.as_floats ? group.int8.bias.data() : static_cast<const float*>(group.blobs[1]);
}

bool float_conv(const Kernels& kernels, const Memory& memory, const Group& group, const Block& block, int thread,
                uint8_t* work, float* out) {
  const bool bytes = group.source == Source::kInt8Conv;
  uint8_t* rest = work + group.int8.image_bytes;
  if (group.library != nullptr) {
    const LibraryConv::Item& item = library_item(group, block);
    const float* image = bytes ? floats_of_item(kernels, memory, group, item, work)
                               : memory.floats(group.parts[0].place) + item.first_float;
    return run_library_conv(group, item, image, thread, rest, out);
  }
  const float* image =
      bytes ? floats_of_lines(kernels, memory, group, block, work) : memory.floats(group.parts[0].place);
  run_float_conv(kernels, image, biases(group), group, block, rest, out);
  return true;
}

}  // namespace

void prepare_group(const Kernels& kernels, int threads, Group& group) {
  constexpr int64_t kBlockBytes = 8 * 1024;  // of the L1 cache, with what a source reads beside it
  const int64_t pixels = group.at.out_pixels(), channels = group.at.out_channels;
  const int64_t wanted = threads > 1 ? 4 * threads : 1;
  if (group.source == Source::kBinaryConv) return prepare_binary_conv(kernels, wanted, group);
  std::vector<float> whole;  // the weights of an 8-bit convolution
  if (group.source == Source::kInt8Conv) whole = prepare_int8_conv(group);
  const bool in_floats = group.source == Source::kFloatConv || group.int8.as_floats;
  const float* kernel = group.int8.as_floats ? whole.data() : static_cast<const float*>(group.blobs[0]);
  if (in_floats && kernels.library != nullptr && (kernels.library_always || library_is_faster(group.at)) &&
      prepare_library_conv(*kernels.library, threads, kernel, biases(group), group)) {
    if (group.int8.as_floats) make_room_for_floats(group);
    return;
  }
  const int64_t row_bytes = channels * static_cast<int64_t>(sizeof(float));
  int64_t tile = 1, rows = std::max<int64_t>(1, kBlockBytes / row_bytes);
  if (in_floats) {
    prepare_float_conv(kernels, kernel, group);
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
  if (group.int8.as_floats) make_room_for_floats(group);
}

bool run_source(const Kernels& kernels, const Memory& memory, const Group& group, const Block& block, int thread,
                uint8_t* work, float* out) {
  switch (group.source) {
    case Source::kChannels:
      channels(memory, group, block, out);
      break;
    case Source::kFloatConv:
      return float_conv(kernels, memory, group, block, thread, work, out);
    case Source::kBinaryConv:
      run_binary_conv(kernels, memory, group, block, work, out);
      break;
    case Source::kInt8Conv:
      if (group.int8.as_floats) return float_conv(kernels, memory, group, block, thread, work, out);
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
