#include "engine/binary.h"

#include <algorithm>
#include <limits>

namespace bnn {
namespace {

ConvShape shape_of(const Geometry& g) {
  ConvShape s{1,
              g.in_height,
              g.in_width,
              g.in_channels,
              g.kernel_height,
              g.kernel_width,
              g.out_channels,
              g.stride_height,
              g.stride_width,
              g.dilation_height,
              g.dilation_width,
              false,
              static_cast<int>(g.pad_value),
              0,
              0,
              0,
              0,
              g.groups};
  s.complete();
  s.same = s.out_height != g.out_height || s.out_width != g.out_width || s.pad_top != g.pad_top || s.pad_left != g.pad_left;
  s.complete();
  return s;
}

std::vector<float> filled_up(const float* numbers, int64_t filters, float rest) {
  std::vector<float> filled(static_cast<size_t>(padded_filters(filters)), rest);
  if (numbers != nullptr) std::copy_n(numbers, filters, filled.begin());
  return filled;
}

// The sign of factor * s + offset, the factor 1, -1 or 0, as (s < threshold) != flip; all are whole numbers:
//   1:  s + offset < 0         s < -offset
//  -1:  -s + offset < 0        s > offset, which is not s < offset + 1
//   0:  offset < 0             s < INT32_MIN is false
void set_thresholds(const Step& step, int64_t filters, BinaryConv& binary) {
  constexpr int32_t kNever = std::numeric_limits<int32_t>::min();
  binary.thresholds.assign(static_cast<size_t>(padded_filters(filters)), kNever);
  binary.flips.assign(static_cast<size_t>(word_count(filters)), 0);
  for (int64_t f = 0; f < filters; ++f) {
    const auto offset = static_cast<int32_t>(step.second[f]);
    const bool falls = step.first[f] < 0, changes = step.first[f] != 0;
    if (changes) binary.thresholds[static_cast<size_t>(f)] = falls ? offset + 1 : -offset;
    const bool flip = changes ? falls : offset < 0;
    binary.flips[static_cast<size_t>(f / kWordBits)] |= static_cast<uint64_t>(flip) << (f % kWordBits);
  }
  binary.epilogue.kind = Epilogue::Kind::kSigns;
  binary.epilogue.thresholds = binary.thresholds.data();
  binary.epilogue.flips = binary.flips.data();
}

// Steps in the order in which an epilogue does them: clamp, affine, prelu, add, clamp. What is left out does nothing.
void set_scaled(const Group& group, BinaryConv& binary) {
  const int64_t filters = group.at.out_channels;
  Epilogue& e = binary.epilogue;
  e.kind = Epilogue::Kind::kScaled;
  size_t next = 0;
  const auto takes = [&](StepKind kind) {
    if (next == group.steps.size() || group.steps[next].kind != kind) return static_cast<const Step*>(nullptr);
    return &group.steps[next++];
  };
  if (const Step* step = takes(StepKind::kClamp)) e.before = {step->low, step->high};
  const Step* affine = takes(StepKind::kAffine);
  binary.multipliers = filled_up(affine != nullptr ? affine->first : nullptr, filters, 1.0f);
  binary.offsets = filled_up(affine != nullptr ? affine->second : nullptr, filters, 0.0f);
  if (const Step* step = takes(StepKind::kPrelu)) {
    binary.slopes = filled_up(step->first, filters, 1.0f);
    e.slopes = binary.slopes.data();
  }
  if (const Step* step = takes(StepKind::kAdd)) {
    binary.adds = true;
    binary.add_place = step->place;
  }
  if (const Step* step = takes(StepKind::kClamp)) e.after = {step->low, step->high};
  e.multipliers = binary.multipliers.data();
  e.offsets = binary.offsets.data();
  binary.fused = next;
}

// A store and a sign at the end, in either order: the epilogue writes the tensors itself.
void set_outputs(const Group& group, BinaryConv& binary) {
  bool stores = false, signs = false;
  for (size_t i = binary.fused; i < group.steps.size(); ++i) {
    const Step& step = group.steps[i];
    bool* seen = step.kind == StepKind::kStore ? &stores : step.kind == StepKind::kSign ? &signs : nullptr;
    if (seen == nullptr || *seen) return;
    *seen = true;
    (seen == &stores ? binary.store_place : binary.sign_place) = step.place;
  }
  binary.writes_tensors = true;
  binary.fused = group.steps.size();
  binary.stores = stores;
  binary.signs = signs;
  if (!signs) return;
  const int64_t filters = group.at.out_channels;
  binary.cuts.assign(static_cast<size_t>(padded_filters(filters)), -std::numeric_limits<float>::infinity());
  std::fill_n(binary.cuts.begin(), filters, kBelowZero);
  binary.flips.assign(static_cast<size_t>(word_count(filters)), 0);
  binary.epilogue.cuts = binary.cuts.data();
  binary.epilogue.flips = binary.flips.data();
}

}  // namespace

void prepare_binary_conv(const Kernels& kernels, int64_t wanted_items, Group& group) {
  const ConvTable& table = kernels.set->convolution;
  BinaryConv& binary = group.binary;
  binary.shape = shape_of(group.at);
  const ConvShape& s = binary.shape;
  const auto* packed = static_cast<const uint64_t*>(group.blobs[0]);
  group.tiled.resize(static_cast<size_t>(tiled_bytes(table, s)));
  tile_units(table, s, packed, 0, s.groups * group_units(table, s), group.tiled.data());
  binary.corrects = EdgeCorrections::needed(s);
  if (binary.corrects) binary.corrections.build_from_tiled(table, s, group.tiled.data());

  if (group.steps[0].kind == StepKind::kThreshold) {
    set_thresholds(group.steps[0], s.filters, binary);
    binary.signs = binary.writes_tensors = true;
    binary.sign_place = group.steps[0].place;
    binary.fused = 1;
  } else {
    set_scaled(group, binary);
    set_outputs(group, binary);
  }
  const bool whole_rows = std::any_of(group.steps.begin(), group.steps.end(),
                                      [](const Step& step) { return step.kind == StepKind::kSoftmax; });
  binary.blocks = plan_blocks(table, s, whole_rows ? 1 : wanted_items);
  group.pixels_an_item = binary.blocks.rows;
  group.pixel_items = binary.blocks.row_blocks;
  // Groups are not cut: then the only block of units is all filters.
  group.channels_an_item =
      binary.blocks.unit_blocks == 1 ? s.filters : std::min(binary.blocks.units * table.unit, s.filters);
  group.channel_items = binary.blocks.unit_blocks;
  group.work_bytes = scratch_bytes(table, s, binary.blocks);
}

void run_binary_conv(const Kernels& kernels, const Memory& memory, const Group& group, const Block& block,
                     uint8_t* work, float* out) {
  const BinaryConv& binary = group.binary;
  const int64_t filters = group.at.out_channels;
  Epilogue e = binary.epilogue;
  if (binary.adds) {
    e.residual = memory.floats(binary.add_place);
    e.residual_stride = filters;
  }
  if (binary.signs) {
    e.bits = memory.words_to(binary.sign_place);
    e.bits_stride = word_count(filters);
  }
  if (binary.stores) {
    e.y = memory.floats_to(binary.store_place);
    e.y_stride = filters;
  } else if (!binary.writes_tensors) {  // so that the block's first number is out[0]
    e.y_stride = block.count();
    e.y = out - block.first * e.y_stride - block.begin;
  }
  const int64_t index = block.first / group.pixels_an_item * group.channel_items + block.begin / group.channels_an_item;
  conv_blocks(kernels.set->convolution, binary.shape, binary.blocks, index, index + 1,
              memory.words(group.parts[0].place), group.tiled.data(), binary.corrects ? &binary.corrections : nullptr,
              e, work);
}

}  // namespace bnn
