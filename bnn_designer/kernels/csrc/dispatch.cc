#include "dispatch.h"

#include <cstdint>
#include <cstdlib>

#if defined(BNN_HAVE_AVX2) || defined(BNN_HAVE_AVX512)
#include <cpuid.h>
#endif

namespace bnn {
namespace {

#if defined(BNN_HAVE_AVX2) || defined(BNN_HAVE_AVX512)
// Registers the operating system saves at a task switch (XCR0): bits 1, 2 are xmm and ymm; 5, 6, 7 the masks and zmm.
uint64_t saved_registers() {
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return 0;
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return static_cast<uint64_t>(high) << 32 | low;
}

bool has(uint64_t registers, uint32_t leaf7_ebx, uint32_t leaf7_ecx) {
  uint32_t a, b, c, d;
  if ((saved_registers() & registers) != registers) return false;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_POPCNT) || !(c & bit_FMA)) return false;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  return (b & leaf7_ebx) == leaf7_ebx && (c & leaf7_ecx) == leaf7_ecx;
}
#endif

#ifdef BNN_HAVE_AVX2
bool has_avx2() { return has(0x06, bit_AVX2, 0); }
#endif

#ifdef BNN_HAVE_AVX512
bool has_avx512() {
  return has(0xe6, bit_AVX2 | bit_AVX512F | bit_AVX512DQ | bit_AVX512BW | bit_AVX512VL,
             bit_AVX512VPOPCNTDQ | bit_AVX512VBMI | bit_AVX512VNNI);
}
#endif

bool always() { return true; }

struct Choice {
  const KernelTable* table = nullptr;
  std::string error;
};

std::string runnable_names() {
  std::string names;
  for (int i = 0; i < kImplementationCount; ++i) {
    if (!kImplementations[i].supported()) continue;
    names += (names.empty() ? "" : ", ") + std::string(kImplementations[i].table().name);
  }
  return names;
}

Choice choose() {
  Choice choice;
  const char* forced = std::getenv("BNN_KERNELS");
  if (forced != nullptr && *forced != '\0') {
    choice.table = find_table(forced);
    if (choice.table == nullptr) {
      choice.error = "BNN_KERNELS asks for '" + std::string(forced) +
                     "', which this library or this processor does not have. Unset BNN_KERNELS, or set it to one of: " +
                     runnable_names() + ".";
    }
    return choice;
  }
  for (int i = 0; i < kImplementationCount && choice.table == nullptr; ++i) {
    if (kImplementations[i].supported()) choice.table = &kImplementations[i].table();
  }
  return choice;
}

const Choice& choice() {
  static const Choice made = choose();
  return made;
}

}  // namespace

const Implementation kImplementations[] = {
#ifdef BNN_HAVE_AVX512
    {avx512_table, has_avx512},
#endif
#ifdef BNN_HAVE_AVX2
    {avx2_table, has_avx2},
#endif
#ifdef BNN_HAVE_NEON
    {neon_table, always},  // every 64-bit ARM processor has it
#endif
    {portable_table, always},
};
const int kImplementationCount = sizeof(kImplementations) / sizeof(kImplementations[0]);

const KernelTable* chosen_table() { return choice().table; }

const std::string& choice_error() { return choice().error; }

const KernelTable* find_table(const std::string& name) {
  for (int i = 0; i < kImplementationCount; ++i) {
    const Implementation& candidate = kImplementations[i];
    if (candidate.supported() && name == candidate.table().name) return &candidate.table();
  }
  return nullptr;
}

}  // namespace bnn
