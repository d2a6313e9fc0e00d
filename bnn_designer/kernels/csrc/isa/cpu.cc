#include "isa/cpu.h"

#if defined(__x86_64__) || defined(__i386__)

#include <cpuid.h>

namespace bnn {
namespace {

// Registers the operating system saves at a task switch (XCR0): bits 1, 2 are xmm and ymm; 5, 6, 7 the masks and zmm.
constexpr uint64_t kNone = 0, kYmm = 0x06, kZmm = 0xe6;

uint64_t saved_registers() {
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return 0;
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return static_cast<uint64_t>(high) << 32 | low;
}

// Where cpuid tells of a feature.
enum Word { kLeaf1Ecx, kLeaf7Ebx, kLeaf7Ecx, kWords };
struct Place {
  Features feature;
  Word word;
  uint32_t bit;
  uint64_t registers;
};
constexpr Place kPlaces[] = {
    {kPopcnt, kLeaf1Ecx, bit_POPCNT, kNone},
    {kFma, kLeaf1Ecx, bit_FMA, kYmm},
    {kAvx2, kLeaf7Ebx, bit_AVX2, kYmm},
    {kAvx512F, kLeaf7Ebx, bit_AVX512F, kZmm},
    {kAvx512Dq, kLeaf7Ebx, bit_AVX512DQ, kZmm},
    {kAvx512Bw, kLeaf7Ebx, bit_AVX512BW, kZmm},
    {kAvx512Vl, kLeaf7Ebx, bit_AVX512VL, kZmm},
    {kAvx512Vpopcntdq, kLeaf7Ecx, bit_AVX512VPOPCNTDQ, kZmm},
    {kAvx512Vbmi, kLeaf7Ecx, bit_AVX512VBMI, kZmm},
    {kAvx512Vnni, kLeaf7Ecx, bit_AVX512VNNI, kZmm},
};

Features found() {
  uint32_t words[kWords] = {}, a, b, c, d;
  if (__get_cpuid(1, &a, &b, &c, &d)) words[kLeaf1Ecx] = c;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) words[kLeaf7Ebx] = b, words[kLeaf7Ecx] = c;
  const uint64_t saved = saved_registers();
  Features features = 0;
  for (const Place& place : kPlaces) {
    const bool there = (words[place.word] & place.bit) != 0 && (saved & place.registers) == place.registers;
    if (there) features |= place.feature;
  }
  return features;
}

}  // namespace

Features cpu_features() {
  static const Features features = found();
  return features;
}

}  // namespace bnn

#else

namespace bnn {

Features cpu_features() { return 0; }  // every 64-bit ARM processor has NEON, and nothing more is asked of one

}  // namespace bnn

#endif
