#include "engine/library.h"

#include <algorithm>

#include "engine/group.h"

namespace bnn {
namespace {

constexpr int64_t kFloatBytes = sizeof(float);
// A call costs the library about 1 us, so a part should be long; its output stays in the L2 cache up to the steps.
constexpr int64_t kPartBytes = 64 * 1024;
constexpr int64_t kMostPixels = 224;
// Down to so few pixels a call costs less than 5 %; a layer is cut so fine where else there were no parts for threads.
constexpr int64_t kFewestPixels = 16;
constexpr int64_t kWantedParts = 8;
// Of windows that reach far out of the image each part is of another kind; the library takes up to 5 ms to make one.
constexpr size_t kMostKinds = 16;

// How many of `units` units of so many pixels each a part has; parts are of equal size but for the last.
int64_t units_a_part(int64_t units, int64_t unit_pixels, int64_t channels) {
  const int64_t most = std::clamp(kPartBytes / (channels * kFloatBytes), kFewestPixels, kMostPixels);
  const int64_t fewest = std::max<int64_t>(1, kFewestPixels / unit_pixels);
  const int64_t wanted = std::max(fewest, std::min(std::max<int64_t>(1, most / unit_pixels), units / kWantedParts));
  return divide_up(units, divide_up(units, wanted));
}

// A pixel of the output is made of the same pixel of the image, so the image can be read as one long line.
bool is_pointwise(const Geometry& g) {
  return g.taps() == 1 && g.stride_height == 1 && g.stride_width == 1 && g.pad_top == 0 && g.pad_left == 0 &&
         g.in_height == g.out_height && g.in_width == g.out_width;
}

// The columns that are missing on the right of the image, or below it: 0 where some are left over.
int64_t missing(int64_t out, int64_t stride, int64_t extent, int64_t before, int64_t in) {
  return std::max<int64_t>(0, (out - 1) * stride + extent - before - in);
}

struct Cut {
  FloatPart part;
  int64_t first_float;
};

int64_t missing_right(const Geometry& g) {
  return missing(g.out_width, g.stride_width, kernel_extent(g.kernel_width, g.dilation_width), g.pad_left, g.in_width);
}

int64_t missing_below(const Geometry& g) {
  return missing(g.out_height, g.stride_height, kernel_extent(g.kernel_height, g.dilation_height), g.pad_top,
                 g.in_height);
}

Cut pixels(const Geometry& g, int64_t first, int64_t count) {
  return {{1, count, 1, count, 0, 0, 0, 0}, first * g.in_channels};
}

// Lines first .. first + count - 1 of the output.
Cut lines(const Geometry& g, int64_t first, int64_t count) {
  const int64_t extent = kernel_extent(g.kernel_height, g.dilation_height);
  const int64_t top = first * g.stride_height - g.pad_top;
  const int64_t bottom = top + (count - 1) * g.stride_height + extent;
  const int64_t begin = std::max<int64_t>(top, 0), end = std::min(bottom, g.in_height);
  return {{end - begin, g.in_width, count, g.out_width, begin - top, bottom - end, g.pad_left, missing_right(g)},
          begin * g.in_width * g.in_channels};
}

bool same(const FloatPart& a, const FloatPart& b) {
  return a.in_height == b.in_height && a.in_width == b.in_width && a.out_height == b.out_height &&
         a.out_width == b.out_width && a.pad_top == b.pad_top && a.pad_bottom == b.pad_bottom;
}

}  // namespace

bool library_is_faster(const Geometry& g) {
  constexpr int64_t kShortSum = 32;
  const bool inside = g.pad_top == 0 && g.pad_left == 0 && missing_right(g) == 0 && missing_below(g) == 0;
  const bool short_sums = g.taps() * (g.in_channels / g.groups) < kShortSum;
  return g.out_pixels() > 1 && !(inside && short_sums);
}

bool prepare_library_conv(const FloatLibrary& library, int threads, const float* kernel, const float* bias,
                          Group& group) {
  const Geometry& g = group.at;
  const bool pointwise = is_pointwise(g);
  const int64_t units = pointwise ? g.out_pixels() : g.out_height, unit_pixels = pointwise ? 1 : g.out_width;
  const int64_t wanted = units_a_part(units, unit_pixels, g.out_channels);

  std::vector<FloatPart> kinds;
  std::vector<LibraryConv::Item> items;
  for (int64_t first = 0; first < units; first += wanted) {
    const int64_t count = std::min(wanted, units - first);
    const Cut cut = pointwise ? pixels(g, first, count) : lines(g, first, count);
    if (cut.part.in_height < 1) return false;
    const auto known = std::find_if(kinds.begin(), kinds.end(),
                                    [&cut](const FloatPart& kind) { return same(kind, cut.part); });
    items.push_back({known - kinds.begin(), cut.first_float, cut.part.in_height * cut.part.in_width * g.in_channels});
    if (known == kinds.end()) kinds.push_back(cut.part);
    if (kinds.size() > kMostKinds) return false;
  }

  char reason[400] = "";
  const FloatConv conv = {g.in_channels,
                          g.out_channels,
                          g.groups,
                          g.kernel_height,
                          g.kernel_width,
                          g.stride_height,
                          g.stride_width,
                          g.dilation_height,
                          g.dilation_width,
                          kernel,
                          bias,
                          kinds.data(),
                          static_cast<int64_t>(kinds.size()),
                          threads};
  void* layer = library.make(conv, reason, sizeof(reason));
  if (layer == nullptr) return false;
  group.library = std::make_unique<LibraryConv>(LibraryConv{{layer, library.free}, &library, std::move(items)});
  group.work_bytes = library.scratch_bytes(layer);
  group.pixels_an_item = wanted * unit_pixels;
  group.pixel_items = static_cast<int64_t>(group.library->items.size());
  group.channels_an_item = g.out_channels;
  group.channel_items = 1;
  return true;
}

const LibraryConv::Item& library_item(const Group& group, const Block& block) {
  return group.library->items[static_cast<size_t>(block.first / group.pixels_an_item)];
}

bool run_library_conv(const Group& group, const LibraryConv::Item& item, const float* image, int thread, uint8_t* work,
                      float* out) {
  const LibraryConv& conv = *group.library;
  return conv.library->run(conv.layer.get(), item.part, thread, image, out, work);
}

}  // namespace bnn
