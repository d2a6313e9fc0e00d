#include "engine/steps.h"

#include <cmath>
#include <cstring>

#include "engine/int8.h"

namespace bnn {
namespace {

// Less the largest score, so that no exponential overflows; the sum is then at least 1.
void softmax(float* y, int64_t count) {
  float most = y[0];
  for (int64_t c = 1; c < count; ++c) most = y[c] > most ? y[c] : most;
  float sum = 0.0f;
  for (int64_t c = 0; c < count; ++c) sum += y[c] = std::exp(y[c] - most);
  for (int64_t c = 0; c < count; ++c) y[c] /= sum;
}

void store(const Memory& memory, const Group& group, const Step& step, const Block& block, const float* y) {
  const int64_t channels = group.at.out_channels, count = block.count();
  float* to = memory.floats_to(step.place) + block.first * channels + block.begin;
  if (count == channels) {
    std::memcpy(to, y, static_cast<size_t>(block.rows() * count) * sizeof(float));
    return;
  }
  for (int64_t row = 0; row < block.rows(); ++row, to += channels, y += count) {
    std::memcpy(to, y, static_cast<size_t>(count) * sizeof(float));
  }
}

// Items begin at whole words, so no two threads write to one.
void sign(const Kernels& kernels, const Memory& memory, const Group& group, const Step& step, const Block& block,
          const float* y) {
  const int64_t words = word_count(group.at.out_channels), count = block.count();
  uint64_t* to = memory.words_to(step.place) + block.first * words + block.begin / kWordBits;
  if (count == group.at.out_channels) {
    kernels.set->convolution.pack_rows(y, block.rows(), count, to);
    return;
  }
  for (int64_t row = 0; row < block.rows(); ++row, to += words, y += count) {
    kernels.set->convolution.pack_rows(y, 1, count, to);
  }
}

// Floats to whole numbers of 8 bits: the nearest multiple of the scale, halves to the even one, at most 127 of them.
void quantize(const EngineLoops& loops, const Memory& memory, const Group& group, const Step& step, const Block& block,
              const float* y) {
  const int64_t channels = group.at.out_channels, count = block.count();
  int8_t* to = memory.bytes_to(step.place) + block.first * channels + block.begin;
  if (count == channels) return loops.quantize(y, block.rows() * count, step.high, to);
  for (int64_t row = 0; row < block.rows(); ++row, to += channels, y += count) {
    loops.quantize(y, count, step.high, to);
  }
}

}  // namespace

void run_step(const Kernels& kernels, const Memory& memory, const Group& group, const Step& step, const Block& block,
              float* y) {
  const EngineLoops& loops = kernels.set->engine;
  const int64_t rows = block.rows(), count = block.count(), channels = group.at.out_channels;
  switch (step.kind) {
    case StepKind::kAffine:
      loops.affine(y, rows, count, step.first + block.begin, step.second + block.begin);
      break;
    case StepKind::kClamp:
      loops.clamp(y, rows * count, step.low, step.high);
      break;
    case StepKind::kLevels:
      loops.levels(y, rows * count, step.high);
      break;
    case StepKind::kTernary:
      loops.ternary(y, rows * count, step.high);
      break;
    case StepKind::kPrelu:
      loops.prelu(y, rows, count, step.first + block.begin);
      break;
    case StepKind::kSigmoid:
      for (int64_t i = 0; i < rows * count; ++i) y[i] = 1.0f / (1.0f + std::exp(-y[i]));
      break;
    case StepKind::kSoftmax:
      for (int64_t row = 0; row < rows; ++row) softmax(y + row * count, count);
      break;
    case StepKind::kAdd:
    case StepKind::kMultiply: {
      const float* x = memory.floats(step.place) + block.first * channels + block.begin;
      (step.kind == StepKind::kAdd ? loops.add : loops.multiply)(y, rows, count, x, channels);
      break;
    }
    case StepKind::kScaleChannels:
      loops.multiply(y, rows, count, memory.floats(step.place) + block.begin, 0);
      break;
    case StepKind::kStore:
      store(memory, group, step, block, y);
      break;
    case StepKind::kSign:
      sign(kernels, memory, group, step, block, y);
      break;
    case StepKind::kThreshold:  // is part of a binary convolution
      if (group.int8.as_floats) {
        sign(kernels, memory, group, step, block, y);
      } else if (group.source == Source::kInt8Conv) {
        run_int8_threshold(memory, group, step, block, y);
      }
      break;
    case StepKind::kQuantize:
      quantize(loops, memory, group, step, block, y);
      break;
    case StepKind::kRequantize:
      run_requantize(kernels, group, step, block, y);
      break;
  }
}

}  // namespace bnn
