#include "conv/rows.h"

#include <algorithm>

namespace bnn {
namespace {

// An output pixel, and the next one: counting is cheaper than the divisions that find the first.
struct Pixel {
  int64_t image, y, x;

  Pixel(const ConvShape& s, int64_t index)
      : image(index / (s.out_height * s.out_width)),
        y(index / s.out_width % s.out_height),
        x(index % s.out_width) {}

  // So many pixels further, at most to the end of the line.
  void move(const ConvShape& s, int64_t count) {
    x += count;
    if (x < s.out_width) return;
    x = 0;
    if (++y < s.out_height) return;
    y = 0, ++image;
  }
};

// Where the kernel's window of one output pixel lies in the input.
struct Window {
  int64_t image, top, left;

  Window(const ConvShape& s, const Pixel& pixel)
      : image(pixel.image),
        top(pixel.y * s.stride_height - s.pad_top),
        left(pixel.x * s.stride_width - s.pad_left) {}

  // How many windows of the line from this one on, that of output column x, hang over neither side of the image.
  int64_t within_sides(const ConvShape& s, int64_t x) const {
    const int64_t room = s.width - kernel_extent(s.kernel_width, s.dilation_width) - left;
    return left < 0 || room < 0 ? 0 : std::min(room / s.stride_width + 1, s.out_width - x);
  }
};

// Where the channels of a group stand in the words of a pixel.
struct GroupWords {
  int64_t first, words;  // the first of them, and how many the group takes when it stands alone
  int shift;             // bits of other groups below the first channel
  bool spills;           // the last bits stand in one word more
  uint64_t last_mask;    // of the last word the group takes

  GroupWords(const ConvShape& s, int64_t group)
      : first(group * s.group_channels() / kWordBits),
        words(s.group_words()),
        shift(static_cast<int>(group * s.group_channels() % kWordBits)),
        spills(shift + s.group_channels() > words * kWordBits),
        last_mask(s.group_channels() % kWordBits == 0 ? ~uint64_t{0}
                                                      : (uint64_t{1} << (s.group_channels() % kWordBits)) - 1) {}
};

uint64_t* copy_words(const uint64_t* from, int64_t count, uint64_t* to) {
  for (int64_t i = 0; i < count; ++i) to[i] = from[i];
  return to + count;
}

uint64_t* copy_group(const GroupWords& group, const uint64_t* pixel, uint64_t* to) {
  const uint64_t* from = pixel + group.first;
  for (int64_t i = 0; i < group.words; ++i) {
    to[i] = from[i] >> group.shift;
    const bool more = i + 1 < group.words || group.spills;
    if (group.shift > 0 && more) to[i] |= from[i + 1] << (kWordBits - group.shift);
  }
  to[group.words - 1] &= group.last_mask;
  return to + group.words;
}

// Outside the image words are zero, which are +1 in every channel: right for pad value 1, and taken back by
// EdgeCorrections for pad value 0.

// Taps side by side from pixel x on of a line of the image, which begin or end outside of it, at `to`.
void copy_taps(const ConvShape& s, const uint64_t* line, int64_t x, int64_t taps, uint64_t* to) {
  const int64_t begin = std::min(taps, std::max<int64_t>(0, -x)), end = std::clamp(s.width - x, begin, taps);
  to = std::fill_n(to, begin * s.words(), uint64_t{0});
  to = copy_words(line + (x + begin) * s.words(), (end - begin) * s.words(), to);
  std::fill_n(to, (taps - end) * s.words(), uint64_t{0});
}

// Where the pieces of one row begin: in the image, or in `row`, where those are copied that hang over its edge.
void find_pieces(const ConvShape& s, const Pieces& pieces, const uint64_t* image, const Window& window, uint64_t* row,
                 const uint64_t** at) {
  for (int64_t ky = 0; ky < s.kernel_height; ++ky) {
    const int64_t y = window.top + ky * s.dilation_height;
    const bool there = y >= 0 && y < s.height;
    for (int64_t i = 0; i < pieces.a_line; ++i, row += pieces.words) {
      const int64_t x = window.left + i * s.dilation_width;
      if (there && x >= 0 && x + pieces.taps <= s.width) {
        *at++ = image + (y * s.width + x) * s.words();
        continue;
      }
      if (there) {
        copy_taps(s, image + y * s.width * s.words(), x, pieces.taps, row);
      } else {
        std::fill_n(row, pieces.words, uint64_t{0});
      }
      *at++ = row;
    }
  }
}

// The channels of a group in all taps of a window, at `row`.
void copy_group_row(const ConvShape& s, const GroupWords& group, const uint64_t* image, const Window& window,
                    uint64_t* row) {
  for (int64_t ky = 0; ky < s.kernel_height; ++ky) {
    for (int64_t kx = 0; kx < s.kernel_width; ++kx) {
      const int64_t y = window.top + ky * s.dilation_height, x = window.left + kx * s.dilation_width;
      const bool outside = y < 0 || y >= s.height || x < 0 || x >= s.width;
      row = outside ? std::fill_n(row, group.words, uint64_t{0})
                    : copy_group(group, image + (y * s.width + x) * s.words(), row);
    }
  }
}

}  // namespace

Inside taps_inside(int64_t start, int64_t size, int64_t kernel, int64_t dilation) {
  const int64_t begin = start < 0 ? std::min(kernel, (-start + dilation - 1) / dilation) : 0;
  const int64_t end = start < size ? std::min(kernel, (size - start - 1) / dilation + 1) : 0;
  return {begin, std::max(begin, end)};
}

void find_rows(const ConvShape& s, const Pieces& pieces, int64_t group, int64_t first, int64_t count,
               const uint64_t* packed, const EdgeCorrections* corrections, const FoundRows& rows) {
  const GroupWords words(s, group);
  Pixel pixel(s, first);
  for (int64_t i = 0; i < count;) {
    const Window window(s, pixel);
    const uint64_t* image = packed + window.image * s.height * s.width * s.words();
    uint64_t* row = rows.copied + i * s.row_words();
    const uint64_t** at = rows.at + i * pieces.count;
    int64_t alike = 1;  // rows from this one on whose pieces lie as this one's, each a stride further
    if (s.groups > 1) {
      copy_group_row(s, words, image, window, row);
      *at = row;
    } else {
      find_pieces(s, pieces, image, window, row, at);
      alike = std::clamp(window.within_sides(s, pixel.x), int64_t{1}, count - i);
      const Inside lines = taps_inside(window.top, s.height, s.kernel_height, s.dilation_height);
      for (int64_t p = 0; p < pieces.count; ++p) {
        const int64_t ky = p / pieces.a_line;
        const int64_t step = ky >= lines.begin && ky < lines.end ? s.stride_width * s.words() : 0;  // zeros stay
        for (int64_t j = 1; j < alike; ++j) at[j * pieces.count + p] = at[p] + j * step;
      }
    }
    if (corrections != nullptr) {
      const int32_t* correction = corrections->at(pixel.y, pixel.x);
      if (correction != nullptr) correction += group * s.group_filters();
      std::fill_n(rows.corrections + i, alike, correction);
    }
    pixel.move(s, alike);
    i += alike;
  }
}

}  // namespace bnn
