// Checks that keep a group's accesses inside of the memory that it was given.
#pragma once

#include <cstdint>

#include "engine/group.h"

namespace bnn {

struct Room {
  int64_t arena_bytes, image_floats, result_floats;
};

// Throws std::invalid_argument with the reason.
void check_group(const Group& group, const Room& room);

}  // namespace bnn
