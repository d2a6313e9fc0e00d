// The kernel's gradient. The sum over output pixels goes line by line: a line is one output row of several images, so
// that all horizontal shifts of an input row serve all output rows above and below it. Tables stand for 16 filters of a
// line, indices for one input row, one horizontal shift, 64 channels.
#include <algorithm>

#include "gradient/gradient.h"

namespace bnn {
namespace {

constexpr int64_t kFilters = 16;          // of a block: the rows build_rows() makes at once
constexpr int64_t kLinePixels = 640;      // longest line: its tables of two filters stay in the L1 cache
constexpr int64_t kBlockBytes = 320 * 1024;    // of one filter block's tables in a window: L2 cache
constexpr int64_t kWindowBytes = 8 << 20;      // of all tables in a window: L3 cache
constexpr int64_t kTile = kFilters * kWordBits;
constexpr int32_t kInOrder[kFilters] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

// Images whose rows make one line: the fewest steps in all, where a line's start and end cost about 1.5 steps.
int64_t line_images(int64_t batch, int64_t width, int64_t chunk_signs) {
  int64_t best = 1;
  double least = 0;
  for (int64_t images = 1; images <= batch && images * width <= kLinePixels; ++images) {
    const int64_t whole = batch / images, rest = batch % images;
    const auto steps = [&](int64_t count) {
      return count == 0 ? 0.0 : static_cast<double>(divide_up(count * width, chunk_signs)) + 1.5;
    };
    const double all = static_cast<double>(whole) * steps(images) + steps(rest);
    if (images == 1 || all < least) best = images, least = all;
  }
  return best;
}

// Output columns whose tap lies within the input's width.
struct Inside {
  int64_t begin, end;
  Inside(const ConvShape& s, int64_t kernel_x) {
    const int64_t shift = kernel_x * s.dilation_width - s.pad_left;
    begin = std::min(s.out_width, shift >= 0 ? 0 : divide_up(-shift, s.stride_width));
    const int64_t last = s.width - 1 - shift;
    end = std::max(begin, last < 0 ? 0 : std::min(s.out_width, last / s.stride_width + 1));
  }
};

}  // namespace

KernelGradient::KernelGradient(const GradientTable& table, const ConvShape& shape, const Rounding& rounding,
                               const float* grad, const uint64_t* words, const float* kernel, bool approx_sign,
                               float* out)
    : table_(table), shape_(shape), rounding_(rounding), grad_(grad), words_(words), kernel_(kernel),
      approx_sign_(approx_sign), out_(out), filter_blocks_(divide_up(shape.filters, kFilters)) {
  plan();
  const ConvShape& s = shape_;
  const int64_t lines = filter_blocks_ * window_rows_, shifts = input_rows_ * s.kernel_width * s.words();
  tables_ = std::make_unique<Scratch>(lines * table_bytes(line_chunks_));
  scales_ = std::make_unique<Scratch>(lines * kFilters * 4);
  index_ = std::make_unique<Scratch>(shifts * kBlockUnits * line_chunks_ * table_.chunk_index_bytes);
  start_ = std::make_unique<Scratch>(shifts * kWordBits * 4);
  if (windows() > 1) sums_ = std::make_unique<Scratch>(multiply_items() * s.taps() * kTile * 4);
  border_ = std::make_unique<Scratch>(s.taps() * filter_blocks_ * kFilters * 4);
  std::fill_n(border_->as<float>(), s.taps() * filter_blocks_ * kFilters, 0.0f);
}

void KernelGradient::plan() {
  const ConvShape& s = shape_;
  const int64_t images = line_images(s.batch, s.out_width, table_.chunk_signs);
  const int64_t parts = std::max<int64_t>(divide_up(s.out_width, kLinePixels), 1);
  const int64_t columns = divide_up(s.out_width, parts);
  line_chunks_ = chunk_count(table_, std::min(images, s.batch) * columns);
  const int64_t block_bytes = table_bytes(line_chunks_);
  const int64_t fit = std::min(kBlockBytes / std::max<int64_t>(block_bytes, 1),
                               kWindowBytes / std::max<int64_t>(block_bytes * filter_blocks_, 1));
  const int64_t rows = std::clamp<int64_t>(fit, 1, std::max<int64_t>(s.out_height, 1));
  window_rows_ = divide_up(s.out_height, divide_up(s.out_height, rows));  // of equal size
  input_rows_ = (window_rows_ - 1) * s.stride_height + kernel_extent(s.kernel_height, s.dilation_height);
  for (int64_t image = 0; image < s.batch; image += images) {
    for (int64_t x = 0; x < s.out_width; x += columns) {
      for (int64_t y = 0; y < s.out_height; y += window_rows_) {
        windows_.push_back({image, std::min(s.batch, image + images), y, std::min(s.out_height, y + window_rows_), x,
                            std::min(s.out_width, x + columns)});
      }
    }
  }
}

int64_t KernelGradient::table_bytes(int64_t chunks) const {
  return kFilters * chunks * table_.chunk_table_bytes[rounding_.planes];
}

int64_t KernelGradient::first_input_row(const Window& window) const {
  return window.y_begin * shape_.stride_height - shape_.pad_top;
}

// What the padding adds to or takes from a sum, the same for every channel. Lines whose input row is outside the image
// are skipped below: right for zeros; with ones, their whole sum is due. Columns outside count as +1 there: right for
// ones; with zeros, their sum has to be taken back.
void KernelGradient::sum_border(int64_t begin, int64_t end) const {
  const ConvShape& s = shape_;
  std::vector<double> sums(static_cast<size_t>(s.filters));
  for (int64_t tap = begin; tap < end; ++tap) {
    std::fill(sums.begin(), sums.end(), 0.0);
    const auto add = [&](int64_t row, int64_t from, int64_t to) {
      const float* g = grad_ + (row * s.out_width + from) * s.filters;
      for (int64_t x = from; x < to; ++x, g += s.filters) {
        for (int64_t f = 0; f < s.filters; ++f) sums[f] += g[f];
      }
    };
    const Inside inside(s, tap % s.kernel_width);
    for (int64_t row = 0; row < s.batch * s.out_height; ++row) {
      const int64_t y = row % s.out_height * s.stride_height + tap / s.kernel_width * s.dilation_height - s.pad_top;
      const bool row_inside = y >= 0 && y < s.height;
      if (s.pad_value == 1 && !row_inside) add(row, 0, s.out_width);
      if (s.pad_value == 0 && row_inside) {
        add(row, 0, inside.begin);
        add(row, inside.end, s.out_width);
      }
    }
    float* out = border_->as<float>() + tap * filter_blocks_ * kFilters;
    for (int64_t f = 0; f < s.filters; ++f) out[f] = static_cast<float>(s.pad_value == 1 ? sums[f] : -sums[f]);
  }
}

// First the tables of each row and filter block, then the indices of each input row, shift and word.
int64_t KernelGradient::prepare_items(int64_t window) const {
  return windows_[window].rows() * filter_blocks_ + input_rows_ * shape_.kernel_width * shape_.words();
}

int64_t KernelGradient::prepare_cycles() const { return line_chunks_ * 200 + 500; }

int64_t KernelGradient::multiply_cycles() const {
  return shape_.taps() * window_rows_ * line_chunks_ * kTile * rounding_.planes / 16 + 1000;
}

void KernelGradient::prepare(int64_t number, int64_t begin, int64_t end) const {
  const Window& window = windows_[number];
  const int64_t tables = window.rows() * filter_blocks_, words = shape_.words();
  for (int64_t item = begin; item < end; ++item) {
    if (item < tables) {
      build_tables(window, window.y_begin + item / filter_blocks_, item % filter_blocks_);
    } else {
      const int64_t i = item - tables;
      build_index(window, i / words / shape_.kernel_width, i / words % shape_.kernel_width, i % words);
    }
  }
}

void KernelGradient::build_tables(const Window& window, int64_t y, int64_t filter_block) const {
  const ConvShape& s = shape_;
  int64_t offsets[kMaximumSigns], count = 0;
  for (int64_t image = window.image_begin; image < window.image_end; ++image) {
    int64_t at = ((image * s.out_height + y) * s.out_width + window.x_begin) * s.filters + filter_block * kFilters;
    for (int64_t x = window.x_begin; x < window.x_end; ++x, at += s.filters) offsets[count++] = at;
  }
  const int64_t filters = std::min(kFilters, s.filters - filter_block * kFilters);
  const int64_t line = filter_block * window_rows_ + y - window.y_begin;
  const Scratch numbers(scratch_numbers(kFilters) * static_cast<int64_t>(sizeof(int32_t)));
  table_.build_rows(grad_, offsets, count, filters, rounding_, numbers.as<int32_t>(),
                    tables_->bytes() + line * table_bytes(line_chunks_), scales_->as<float>() + line * kFilters);
}

void KernelGradient::build_index(const Window& window, int64_t slot, int64_t kernel_x, int64_t word) const {
  const ConvShape& s = shape_;
  const int64_t y = first_input_row(window) + slot;
  bool used = false;
  for (int64_t ky = 0; ky < s.kernel_height; ++ky) {
    const int64_t down = slot - ky * s.dilation_height;
    used |= down >= 0 && down % s.stride_height == 0 && down / s.stride_height < window.rows();
  }
  if (!used || y < 0 || y >= s.height) return;
  uint64_t line[kMaximumSigns];
  int64_t count = 0;
  const int64_t shift = kernel_x * s.dilation_width - s.pad_left;
  for (int64_t image = window.image_begin; image < window.image_end; ++image) {
    const uint64_t* row = words_ + (image * s.height + y) * s.width * s.words() + word;
    for (int64_t ox = window.x_begin; ox < window.x_end; ++ox) {
      const int64_t x = ox * s.stride_width + shift;
      line[count++] = x >= 0 && x < s.width ? row[x * s.words()] : 0;
    }
  }
  const int64_t at = (slot * s.kernel_width + kernel_x) * s.words() + word;
  const int64_t units = std::min(kBlockUnits, divide_up(s.channels, kUnitOutputs) - word * kBlockUnits);
  table_.build_index(line, count, units,
                     index_->bytes() + at * kBlockUnits * line_chunks_ * table_.chunk_index_bytes,
                     start_->as<int32_t>() + at * kWordBits);
}

void KernelGradient::multiply(int64_t number, int64_t begin, int64_t end) const {
  const ConvShape& s = shape_;
  const Window& window = windows_[number];
  const int64_t chunks = chunk_count(table_, window.pixels());
  float own[kTile];
  for (int64_t item = begin; item < end; ++item) {
    // Neighbouring items write neighbouring filters of the same channels: long runs of memory.
    const int64_t filter_block = item % filter_blocks_, word = item / filter_blocks_;
    const int64_t filters = std::min(kFilters, s.filters - filter_block * kFilters);
    const int64_t units = std::min(kBlockUnits, divide_up(s.channels, kUnitOutputs) - word * kBlockUnits);
    for (int64_t tap = 0; tap < s.taps(); ++tap) {
      float* sums = windows() > 1 ? sums_->as<float>() + (item * s.taps() + tap) * kTile : own;
      if (number == 0) std::fill_n(sums, kTile, 0.0f);
      for (int64_t row = 0; row < window.rows(); ++row) {
        const int64_t slot = row * s.stride_height + tap / s.kernel_width * s.dilation_height;
        const int64_t y = first_input_row(window) + slot;
        if (y < 0 || y >= s.height) continue;
        const int64_t line = filter_block * window_rows_ + row;
        const int64_t at = (slot * s.kernel_width + tap % s.kernel_width) * s.words() + word;
        table_.accumulate(rounding_.planes, tables_->bytes() + line * table_bytes(line_chunks_),
                          scales_->as<float>() + line * kFilters, kInOrder, kInOrder, filters, chunks,
                          index_->bytes() + at * kBlockUnits * line_chunks_ * table_.chunk_index_bytes,
                          start_->as<int32_t>() + at * kWordBits, units, sums, kWordBits);
      }
      if (number + 1 == windows()) finish(tap, filter_block, word, sums);
    }
  }
}

void KernelGradient::finish(int64_t tap, int64_t filter_block, int64_t word, const float* sums) const {
  const ConvShape& s = shape_;
  const int64_t channel = word * kWordBits, filter = filter_block * kFilters;
  const int64_t at = (tap * s.channels + channel) * s.filters + filter;
  table_.finish_kernel(sums, kWordBits, border_->as<float>() + tap * filter_blocks_ * kFilters + filter,
                       std::min(kWordBits, s.channels - channel), std::min(kFilters, s.filters - filter), kernel_ + at,
                       approx_sign_, out_ + at, s.filters);
}

}  // namespace bnn
