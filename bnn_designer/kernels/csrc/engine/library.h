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
struct Memory;

// A layer that the library has made, and what each item of the group is of it.
struct LibraryConv {
  struct Item {
    int64_t part;         // which kind of part
    int64_t first_float;  // of the image, where the part's windows begin
  };

  std::unique_ptr<void, void (*)(void*)> layer;
  const FloatLibrary* library;
  std::vector<Item> items;
};

// By measurement (docs/engine.md): but for dense layers, whose filters the own loop splits among threads, and for short
// sums over windows inside the image, which it reads in place.
bool library_is_faster(const Geometry& g);

// Has the library make the group's convolution, and cuts the output into items by its shape alone: as the sums of a
// part may be ordered by the part's size, results would else depend on the threads. False where the engine's own loop
// is to run: windows wholly outside of the image, too many kinds of parts, or a shape that the library
// has no kernel for.
bool prepare_library_conv(const FloatLibrary& library, int threads, Group& group);

// Makes a block, which is one item; false if the library reports an error.
bool run_library_conv(const Memory& memory, const Group& group, const Block& block, int thread, uint8_t* work,
                      float* out);

}  // namespace bnn
