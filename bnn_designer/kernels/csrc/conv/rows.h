// The rows of a convolution's product: where the words of each output pixel's window lie.
#pragma once

#include <cstdint>

#include "conv/conv.h"
#include "conv/layout.h"

namespace bnn {

// How a row of the product is cut into pieces: a line of the window in one, if its taps lie side by side; of a grouped
// convolution, whose channels have to be shifted into place, all of it.
struct Pieces {
  int64_t count, words;
  int64_t a_line;  // pieces of a line of the window
  int64_t taps;    // of a line's piece

  explicit Pieces(const ConvShape& s)
      : a_line(s.dilation_width == 1 ? 1 : s.kernel_width), taps(s.kernel_width / a_line) {
    count = s.groups > 1 ? 1 : s.kernel_height * a_line;
    words = s.row_words() / count;
  }
};

// Which taps of one axis lie inside the image, begin <= tap < end.
struct Inside {
  int64_t begin, end;
  bool operator==(const Inside& other) const { return begin == other.begin && end == other.end; }
};

// Of a window that starts at `start`.
Inside taps_inside(int64_t start, int64_t size, int64_t kernel, int64_t dilation);

// What is found of a block of rows.
struct FoundRows {
  uint64_t* copied;              // [rows, row_words], of pieces that do not lie in the image as they are needed
  const uint64_t** at;           // [rows, pieces]
  const int32_t** corrections;   // [rows]
};

// Finds `count` rows of one group from output pixel `first` on, with the corrections of that group's filters.
void find_rows(const ConvShape& shape, const Pieces& pieces, int64_t group, int64_t first, int64_t count,
               const uint64_t* packed, const EdgeCorrections* corrections, const FoundRows& rows);

}  // namespace bnn
