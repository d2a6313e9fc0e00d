#include "engine/check.h"

#include <cmath>
#include <stdexcept>
#include <string>

#include "engine/int8.h"

namespace bnn {
namespace {

// Products of a few sizes of this much fit into 64 bits, and no tensor of a network comes near it.
constexpr int64_t kLargest = int64_t{1} << 20;
constexpr int64_t kMostFloats = int64_t{1} << 40;
// Thresholds become 32-bit integers, one more or negated; packed ones are at most 2^23.
constexpr float kLargestOffset = 1 << 30;

void require(bool holds, const char* rule) {
  if (!holds) throw std::invalid_argument(rule);
}

void check_geometry(const Geometry& g) {
  const int64_t sizes[] = {g.in_height,    g.in_width,       g.in_channels,     g.out_height,
                           g.out_width,    g.out_channels,   g.kernel_height,   g.kernel_width,
                           g.stride_height, g.stride_width,  g.dilation_height, g.dilation_width,
                           g.groups};
  for (const int64_t size : sizes) require(size >= 1 && size <= kLargest, "a size is not 1 to 2^20");
  require(g.pad_top >= 0 && g.pad_top <= kLargest && g.pad_left >= 0 && g.pad_left <= kLargest, "a padding is out of range");
  require(g.pad_value == 0 || g.pad_value == 1, "pad_value is neither 0 nor 1");
  require(g.in_channels % g.groups == 0 && g.out_channels % g.groups == 0, "channels do not divide into groups");
  require(g.in_pixels() * g.in_channels <= kMostFloats && g.out_pixels() * g.out_channels <= kMostFloats,
          "a tensor is too large");
  require(g.taps() <= kLargest && g.taps() * g.in_channels * g.out_channels <= kMostFloats, "a kernel is too large");
}

// Of a place, `floats` floats or, packed, pixels of so many channels must fit.
void check_place(const Room& room, int64_t place, int64_t floats, bool written) {
  if (place == kImage) return require(!written && floats <= room.image_floats, "the image does not hold what is read");
  if (place == kResult) return require(written && floats <= room.result_floats, "the result does not hold the output");
  require(place >= 0 && place % 8 == 0 && place <= room.arena_bytes, "a tensor's place is not in the arena");
  require(floats * static_cast<int64_t>(sizeof(float)) <= room.arena_bytes - place, "a tensor ends behind the arena");
}

void check_words(const Room& room, int64_t place, int64_t pixels, int64_t channels, bool written) {
  require(place >= 0, "packed tensors are in the arena");
  check_place(room, place, 2 * pixels * word_count(channels), written);
}

void check_bytes(const Room& room, int64_t place, int64_t bytes) {
  require(place >= 0 && place % 8 == 0 && place <= room.arena_bytes, "a tensor's place is not in the arena");
  require(bytes <= room.arena_bytes - place, "a tensor ends behind the arena");
}

void check_requantize(const Step& step, const Geometry& g) {
  require(step.first != nullptr, "a step lacks its numbers");
  require(step.low >= -128.0f && step.low <= 127.0f && step.low == std::floor(step.low), "a zero point is out of range");
  require(step.high > 0.0f && std::isfinite(step.high), "a scale is not a positive number");
  const auto* multipliers = reinterpret_cast<const int32_t*>(step.first) + g.out_channels;
  const auto* shifts = multipliers + g.out_channels;
  for (int64_t f = 0; f < g.out_channels; ++f) {
    require(multipliers[f] >= 0 && shifts[f] >= -31 && shifts[f] <= 30, "a multiplier is out of range");
  }
}

// Sums of an 8-bit convolution are whole numbers, and its first step makes signs or floats of them.
void check_int8_conv(const Group& group) {
  const Geometry& g = group.at;
  require(group.blobs[0] != nullptr, "a group lacks its weights");
  require(g.taps() * (g.in_channels / g.groups) <= kMostInt8Products, "a sum is too long for 32 bits");
  require(g.pad_value == 0, "8-bit images are padded with zeros");
  require(!group.steps.empty() && (group.steps[0].kind == StepKind::kRequantize ||
                                   (group.steps[0].kind == StepKind::kThreshold && group.steps.size() == 1)),
          "nothing makes numbers of the sums of 8-bit products");
}

// Windows reach into the image: a pool needs something under each of them.
void check_windows(const Geometry& g) {
  const bool down = g.pad_top < kernel_extent(g.kernel_height, g.dilation_height);
  const bool across = g.pad_left < kernel_extent(g.kernel_width, g.dilation_width);
  require(down && across && (g.out_height - 1) * g.stride_height - g.pad_top < g.in_height &&
              (g.out_width - 1) * g.stride_width - g.pad_left < g.in_width,
          "a window lies outside of the image");
  require(g.dilation_height == 1 && g.dilation_width == 1, "pools have no dilation");
}

// ConvShape::complete() derives the padding anew; it must be the same.
void check_binary_conv(const Geometry& g) {
  ConvShape s{1,          g.in_height,   g.in_width,     g.in_channels,     g.kernel_height,  g.kernel_width, g.out_channels,
              g.stride_height, g.stride_width, g.dilation_height, g.dilation_width, false, 0, 0, 0, 0, 0};
  for (const bool same : {false, true}) {
    s.same = same;
    s.complete();
    if (s.out_height == g.out_height && s.out_width == g.out_width && s.pad_top == g.pad_top &&
        s.pad_left == g.pad_left) {
      return;
    }
  }
  throw std::invalid_argument("the output's size is that of neither padding");
}

void check_step(const Step& step, const Group& group, const Room& room) {
  const Geometry& g = group.at;
  const int64_t floats = g.out_pixels() * g.out_channels;
  switch (step.kind) {
    case StepKind::kAffine:
      return require(step.first != nullptr && step.second != nullptr, "a step lacks its numbers");
    case StepKind::kPrelu:
      return require(step.first != nullptr, "a step lacks its numbers");
    case StepKind::kLevels:
      return require(step.high >= 1.0f && step.high <= 65535.0f, "there are 1 to 65535 steps");
    case StepKind::kClamp:
    case StepKind::kTernary:
    case StepKind::kSigmoid:
    case StepKind::kSoftmax:
      return;
    case StepKind::kAdd:
    case StepKind::kMultiply:
      return check_place(room, step.place, floats, false);
    case StepKind::kScaleChannels:
      return check_place(room, step.place, g.out_channels, false);
    case StepKind::kStore:
      return check_place(room, step.place, floats, true);
    case StepKind::kThreshold:
      require((group.source == Source::kBinaryConv || group.source == Source::kInt8Conv) && group.steps.size() == 1,
              "thresholds are of a convolution with whole sums");
      require(step.first != nullptr && step.second != nullptr, "a step lacks its numbers");
      for (int64_t f = 0; f < g.out_channels; ++f) {  // NaN is neither
        require(step.second[f] >= -kLargestOffset && step.second[f] <= kLargestOffset, "a threshold is out of range");
      }
      return check_words(room, step.place, g.out_pixels(), g.out_channels, true);
    case StepKind::kSign:
      return check_words(room, step.place, g.out_pixels(), g.out_channels, true);
    case StepKind::kQuantize:
      require(step.high > 0.0f && std::isfinite(step.high), "a scale is not a positive number");
      return check_bytes(room, step.place, floats);
    case StepKind::kRequantize:
      require(group.source == Source::kInt8Conv && &step == &group.steps[0], "sums of 8-bit products are gone");
      return check_requantize(step, g);
  }
  throw std::invalid_argument("there is no such step");
}

}  // namespace

void check_group(const Group& group, const Room& room) {
  const Geometry& g = group.at;
  check_geometry(g);
  require(!group.parts.empty(), "a group reads nothing");
  const bool packed =
      group.source == Source::kBinaryConv || group.source == Source::kBinaryMaxPool || group.source == Source::kUnpack;
  if (group.source == Source::kChannels) {
    int64_t channels = 0;
    for (const Part& part : group.parts) {
      require(part.channels >= 1 && part.channels <= kLargest, "a size is not 1 to 2^20");
      if (part.place != kZeros) check_place(room, part.place, g.out_pixels() * part.channels, false);
      channels += part.channels;
    }
    require(channels == g.out_channels, "the parts are not the output's channels");
  } else {
    require(group.parts.size() == 1, "a group reads one tensor");
    if (group.source == Source::kInt8Conv) {
      check_bytes(room, group.parts[0].place, g.in_pixels() * g.in_channels);
    } else if (packed) {
      check_words(room, group.parts[0].place, g.in_pixels(), g.in_channels, false);
    } else {
      check_place(room, group.parts[0].place, g.in_pixels() * g.in_channels, false);
    }
  }
  const bool same_channels = g.in_channels == g.out_channels && g.groups == 1;
  switch (group.source) {
    case Source::kChannels:
      break;
    case Source::kFloatConv:
      require(group.blobs[0] != nullptr && group.blobs[1] != nullptr, "a group lacks its weights");
      break;
    case Source::kBinaryConv:
      require(group.blobs[0] != nullptr, "a group lacks its weights");
      require(!group.steps.empty(), "a group does nothing with what it makes");
      check_binary_conv(g);
      break;
    case Source::kInt8Conv:
      check_int8_conv(group);
      break;
    case Source::kDepthwise:
      require(group.blobs[0] != nullptr && group.blobs[1] != nullptr, "a group lacks its weights");
      require(same_channels, "channels change");
      break;
    case Source::kMaxPool:
    case Source::kAveragePool:
      require(same_channels, "channels change");
      check_windows(g);
      break;
    case Source::kBinaryMaxPool:
      require(same_channels, "channels change");
      check_windows(g);
      require(group.blobs[0] != nullptr, "a group lacks its weights");
      require(group.steps.size() == 1 && group.steps[0].kind == StepKind::kSign, "a binary pool only packs");
      break;
    case Source::kUnpack:
      require(same_channels && g.in_height == g.out_height && g.in_width == g.out_width, "the shape changes");
      break;
    case Source::kPad:
      require(same_channels, "channels change");
      break;
    default:
      throw std::invalid_argument("there is no such source");
  }
  for (const Step& step : group.steps) check_step(step, group, room);
}

}  // namespace bnn
