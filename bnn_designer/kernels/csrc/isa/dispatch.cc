// Chooses one of the instruction sets in this library. The builder names them, best first, as it compiled them:
// -DBNN_SETS="SET(avx512)SET(avx2)SET(portable)".
#include <cstdlib>
#include <cstring>
#include <string>

#include "isa/implementation.h"

namespace bnn {

#define SET(name) extern const Implementation name##_implementation;
BNN_SETS
#undef SET

#define SET(name) &name##_implementation,
const Implementation* const kImplementations[] = {BNN_SETS};
#undef SET
const int kImplementationCount = sizeof(kImplementations) / sizeof(kImplementations[0]);

bool Implementation::supported() const { return (needs & ~cpu_features()) == 0; }

namespace {

struct Choice {
  const Implementation* implementation = nullptr;
  std::string error;
};

std::string runnable_names() {
  std::string names;
  for (const Implementation* each : kImplementations) {
    if (each->supported()) names += (names.empty() ? "" : ", ") + std::string(each->name);
  }
  return names;
}

Choice choose() {
  Choice choice;
  const char* forced = std::getenv("BNN_KERNELS");
  if (forced != nullptr && *forced != '\0') {
    choice.implementation = find_implementation(forced);
    if (choice.implementation == nullptr) {
      choice.error = "BNN_KERNELS asks for '" + std::string(forced) +
                     "', which this library or this processor does not have. Unset BNN_KERNELS, or set it to one of: " +
                     runnable_names() + ".";
    }
    return choice;
  }
  for (const Implementation* each : kImplementations) {
    if (choice.implementation == nullptr && each->supported()) choice.implementation = each;
  }
  return choice;
}

const Choice& choice() {
  static const Choice made = choose();
  return made;
}

}  // namespace

const Implementation* chosen_implementation() { return choice().implementation; }

const char* choice_error() { return choice().error.c_str(); }

const Implementation* find_implementation(const char* name) {
  for (const Implementation* each : kImplementations) {
    if (each->supported() && std::strcmp(name, each->name) == 0) return each;
  }
  return nullptr;
}

}  // namespace bnn
