// A float convolution of the engine, run by a library in parts.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/float_library.h"

namespace bnn {

struct Block;
struct Geometry;
struct Group;

// A layer that the library has made, and what each item of the group is of it.
struct LibraryConv {
  struct Item {
    int64_t part;         // which kind of part
    int64_t first_float;  // of the image, where the part's windows begin
    int64_t floats;       // of the image, that they reach
  };

  std::unique_ptr<void, void (*)(void*)> layer;
  const FloatLibrary* library;
  std::vector<Item> items;
};

// By measurement (docs/engine.md): but for dense layers, whose filters the own loop splits among threads, and for short
// sums over windows inside the image, which it reads in place.
bool library_is_faster(const Geometry& g);

// Has the library make the group's convolution of a kernel [groups][taps * channels / groups, filters / groups] and
// biases, which stay in use, and cuts the output into items by its shape alone: as the sums of a part may be ordered by
// the part's size, results would else depend on the threads. False where the engine's own loop is to run: windows wholly
// outside of the image, too many kinds of parts, or a shape that the library has no kernel for.
bool prepare_library_conv(const FloatLibrary& library, int threads, const float* kernel, const float* bias,
                          Group& group);

// What a block of the group is, which is one item.
const LibraryConv::Item& library_item(const Group& group, const Block& block);

// Makes an item, whose windows begin at `image`; false if the library reports an error.
bool run_library_conv(const Group& group, const LibraryConv::Item& item, const float* image, int thread, uint8_t* work,
                      float* out);

}  // namespace bnn
