// The input's gradient. A block is some rows of some images of the input; the tables of all output pixels its taps
// read are built once and stay in the L2 cache, while tap after tap is looked up for every pixel of the block.
#include <algorithm>

#include "gradient/gradient.h"

namespace bnn {
namespace {

constexpr int64_t kCacheBytes = 400 * 1024;  // of tables, within an L2 cache of 512 KiB or more
constexpr int64_t kBlockPixels = 256;        // whose sums of 64 channels take 64 KiB

// Output positions whose windows reach the input positions begin .. end - 1 along one side: oy * stride + k * dilation
// - pad = y.
struct Span {
  int64_t begin, end;
  Span(int64_t begin_in, int64_t end_in, int64_t size_out, int64_t stride, int64_t extent, int64_t pad) {
    const int64_t lowest = begin_in + pad - (extent - 1);
    begin = std::min(size_out, lowest <= 0 ? 0 : divide_up(lowest, stride));
    end = std::max(begin, std::min(size_out, (end_in - 1 + pad) / stride + 1));
  }
};

}  // namespace

// Which output row and column each input pixel of a tap takes part in: pairs (table, sum) of local numbers.
struct InputGradient::Pairs {
  std::vector<int32_t> sources, targets;
  std::vector<int64_t> tap_begin;
};

struct InputGradient::Block {
  int64_t image_begin, image_end, y_begin, y_end;
  Span rows;  // output rows
  Block(const ConvShape& s, int64_t images, int64_t rows_in, int64_t item, int64_t blocks_y)
      : image_begin(item / blocks_y * images),
        image_end(std::min(s.batch, image_begin + images)),
        y_begin(item % blocks_y * rows_in),
        y_end(std::min(s.height, y_begin + rows_in)),
        rows(y_begin, y_end, s.out_height, s.stride_height, kernel_extent(s.kernel_height, s.dilation_height),
             s.pad_top) {}
  int64_t images() const { return image_end - image_begin; }
  int64_t image_pixels(const ConvShape& s) const { return (y_end - y_begin) * s.width; }
  int64_t image_tables(const ConvShape& s) const { return (rows.end - rows.begin) * s.out_width; }
};

InputGradient::InputGradient(const GradientTable& table, const ConvShape& shape, const Rounding& rounding,
                             const float* grad, const uint64_t* kernel_words, const InputSlope& slope, float* out)
    : table_(table), shape_(shape), rounding_(rounding), grad_(grad), kernel_words_(kernel_words), slope_(slope),
      out_(out) {
  const ConvShape& s = shape_;
  segments_ = divide_up(s.filters, kMaximumSigns);
  units_ = divide_up(s.channels, kUnitOutputs);
  int64_t chunks = 0;
  for (int64_t i = 0; i < segments_; ++i) chunks += segment_chunks(i);
  row_bytes_ = chunks * table_.chunk_table_bytes[rounding_.planes];
  tap_index_bytes_ = units_ * chunks * table_.chunk_index_bytes;

  const auto fits = [&](int64_t images, int64_t rows) {
    return images * most_tables(rows) * row_bytes_ <= kCacheBytes && images * rows * s.width <= kBlockPixels;
  };
  block_rows_ = block_images_ = 1;
  while (block_rows_ < s.height && fits(1, block_rows_ + 1)) ++block_rows_;
  blocks_y_ = std::max<int64_t>(1, divide_up(s.height, block_rows_));
  block_rows_ = std::max<int64_t>(1, divide_up(s.height, blocks_y_));  // of equal size
  if (blocks_y_ == 1) {
    // Half the batch at most, so that two threads have work.
    while (2 * block_images_ < s.batch && fits(block_images_ + 1, block_rows_)) ++block_images_;
  }
  blocks_images_ = divide_up(s.batch, block_images_);
  index_ = std::make_unique<Scratch>(s.taps() * tap_index_bytes_);
  start_ = std::make_unique<Scratch>(s.taps() * segments_ * units_ * kUnitOutputs * sizeof(int32_t));
}

int64_t InputGradient::segment_signs(int64_t segment) const {
  return std::min(kMaximumSigns, shape_.filters - segment * kMaximumSigns);
}

int64_t InputGradient::segment_chunks(int64_t segment) const { return chunk_count(table_, segment_signs(segment)); }

const uint8_t* InputGradient::index(int64_t tap, int64_t segment) const {
  return index_->bytes() + tap * tap_index_bytes_ +
         segment * chunk_count(table_, kMaximumSigns) * units_ * table_.chunk_index_bytes;
}

const int32_t* InputGradient::start(int64_t tap, int64_t segment) const {
  return start_->as<int32_t>() + (tap * segments_ + segment) * units_ * kUnitOutputs;
}

void InputGradient::build_index(int64_t begin, int64_t end) const {
  const int64_t words = shape_.words();
  for (int64_t item = begin; item < end; ++item) {
    const int64_t word = item % words, segment = item / words % segments_, tap = item / words / segments_;
    const int64_t first = word * kBlockUnits, units = std::min(kBlockUnits, units_ - first);
    table_.build_index(
        kernel_words_ + (tap * words + word) * shape_.filters + segment * kMaximumSigns, segment_signs(segment), units,
        const_cast<uint8_t*>(index(tap, segment)) + first * segment_chunks(segment) * table_.chunk_index_bytes,
        const_cast<int32_t*>(start(tap, segment)) + first * kUnitOutputs);
  }
}

int64_t InputGradient::block_cycles() const {
  return block_images_ * block_rows_ * shape_.width * shape_.products() * shape_.filters / 64 + 10000;
}

// Output pixels that a block of so many rows of one image reads, at most.
int64_t InputGradient::most_tables(int64_t rows) const {
  int64_t most = 0;
  for (int64_t item = 0; item * rows < shape_.height; ++item) {
    most = std::max(most, Block(shape_, 1, rows, item, divide_up(shape_.height, rows)).image_tables(shape_));
  }
  return most;
}

void InputGradient::multiply(int64_t begin, int64_t end) const {
  const ConvShape& s = shape_;
  const int64_t tables = block_images_ * most_tables(block_rows_);
  const int64_t bytes = tables * (row_bytes_ + segments_ * 4) + scratch_numbers(1) * 4 + 256 +
                        block_images_ * block_rows_ * s.width * kWordBits * 4;
  Scratch scratch(bytes);
  for (int64_t item = begin; item < end; ++item) {
    multiply_block(Block(s, block_images_, block_rows_, item, blocks_y_), scratch);
  }
}

// Tables by segment: [segment][pixel of the block's output rows][chunk].
void InputGradient::build_tables(const Block& block, uint8_t* tables, float* scales, int32_t* numbers) const {
  const ConvShape& s = shape_;
  for (int64_t segment = 0; segment < segments_; ++segment) {
    const int64_t bytes = segment_chunks(segment) * table_.chunk_table_bytes[rounding_.planes];
    for (int64_t image = block.image_begin; image < block.image_end; ++image) {
      const int64_t first = (image * s.out_height + block.rows.begin) * s.out_width;
      for (int64_t i = 0; i < block.image_tables(s); ++i, tables += bytes) {
        const int64_t at = (first + i) * s.filters + segment * kMaximumSigns;
        table_.build_row(grad_ + at, segment_signs(segment), rounding_, static_cast<uint32_t>(at), numbers, tables,
                         scales++);
      }
    }
  }
}

void InputGradient::multiply_block(const Block& block, Scratch& scratch) const {
  const ConvShape& s = shape_;
  const int64_t tables = block.images() * block.image_tables(s), pixels = block.images() * block.image_pixels(s);
  uint8_t* table = scratch.bytes();
  float* sums = scratch.as<float>(divide_up(tables * row_bytes_, 64) * 64);
  float* scales = sums + pixels * kWordBits;
  int32_t* numbers = reinterpret_cast<int32_t*>(scales + tables * segments_);
  build_tables(block, table, scales, numbers);

  Pairs pairs;
  for (int64_t tap = 0; tap < s.taps(); ++tap) {
    pairs.tap_begin.push_back(static_cast<int64_t>(pairs.sources.size()));
    const int64_t ky = tap / s.kernel_width * s.dilation_height - s.pad_top;
    const int64_t kx = tap % s.kernel_width * s.dilation_width - s.pad_left;
    // Input columns ox * stride + kx within the image.
    const int64_t ox_begin = kx >= 0 ? 0 : divide_up(-kx, s.stride_width);
    const int64_t ox_end = s.width - kx <= 0 ? 0 : std::min(s.out_width, (s.width - 1 - kx) / s.stride_width + 1);
    for (int64_t image = 0; image < block.images(); ++image) {
      for (int64_t oy = block.rows.begin; oy < block.rows.end; ++oy) {
        const int64_t y = oy * s.stride_height + ky;
        if (y < block.y_begin || y >= block.y_end) continue;
        const int64_t source = image * block.image_tables(s) + (oy - block.rows.begin) * s.out_width;
        const int64_t target = image * block.image_pixels(s) + (y - block.y_begin) * s.width + kx;
        for (int64_t ox = ox_begin; ox < ox_end; ++ox) {
          pairs.sources.push_back(static_cast<int32_t>(source + ox));
          pairs.targets.push_back(static_cast<int32_t>(target + ox * s.stride_width));
        }
      }
    }
  }
  pairs.tap_begin.push_back(static_cast<int64_t>(pairs.sources.size()));

  for (int64_t first = 0; first < units_; first += kBlockUnits) {
    const int64_t units = std::min(kBlockUnits, units_ - first);
    std::fill_n(sums, pixels * kWordBits, 0.0f);
    for (int64_t tap = 0; tap < s.taps(); ++tap) {
      const int64_t begin = pairs.tap_begin[tap], count = pairs.tap_begin[tap + 1] - begin;
      const uint8_t* segment_table = table;
      for (int64_t segment = 0; segment < segments_ && count > 0; ++segment) {
        const int64_t chunks = segment_chunks(segment);
        table_.accumulate(rounding_.planes, segment_table, scales + segment * tables, pairs.sources.data() + begin,
                          pairs.targets.data() + begin, count, chunks,
                          index(tap, segment) + first * chunks * table_.chunk_index_bytes,
                          start(tap, segment) + first * kUnitOutputs, units, sums, kWordBits);
        segment_table += tables * chunks * table_.chunk_table_bytes[rounding_.planes];
      }
    }
    store(block, first / kBlockUnits, sums);
  }
}

// The sums of one word of channels, times the estimator's derivative.
void InputGradient::store(const Block& block, int64_t word, const float* sums) const {
  const ConvShape& s = shape_;
  const int64_t channel = word * kWordBits;
  const int64_t channels = std::min(kWordBits, s.channels - channel);
  for (int64_t image = block.image_begin; image < block.image_end; ++image) {
    const int64_t first = (image * s.height + block.y_begin) * s.width;
    for (int64_t i = 0; i < block.image_pixels(s); ++i, sums += kWordBits) {
      const int64_t at = (first + i) * s.channels + channel;
      if (slope_.mask != nullptr) {
        table_.apply_mask(sums, slope_.mask + (first + i) * s.words() + word, channels, out_ + at);
        continue;
      }
      table_.apply_approx(sums, slope_.x + at, channels, out_ + at);
    }
  }
}

}  // namespace bnn
