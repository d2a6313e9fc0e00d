// Which instruction sets this library holds, which of them this processor has, and which one runs.
#pragma once

#include <string>

#include "kernel_table.h"

namespace bnn {

struct Implementation {
  const KernelTable& (*table)();
  bool (*supported)();
};

// Best first; portable is last and always there.
extern const Implementation kImplementations[];
extern const int kImplementationCount;

// The table to run: the one BNN_KERNELS names, else the best this processor has. Decided once, at the first call.
// Null if BNN_KERNELS names none that can run here; choice_error() then says why and how to mend it.
const KernelTable* chosen_table();
const std::string& choice_error();

// The named table if it is built and this processor can run it, else null.
const KernelTable* find_table(const std::string& name);

}  // namespace bnn
