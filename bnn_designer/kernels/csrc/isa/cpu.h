// What a processor can do beyond the least of its kind, and what the compiler was told that it can.
#pragma once

#include <cstdint>

namespace bnn {

using Features = uint32_t;  // a sum of these
constexpr Features kPopcnt = 1 << 0, kFma = 1 << 1, kAvx2 = 1 << 2, kAvx512F = 1 << 3, kAvx512Dq = 1 << 4,
                   kAvx512Bw = 1 << 5, kAvx512Vl = 1 << 6, kAvx512Vpopcntdq = 1 << 7, kAvx512Vbmi = 1 << 8,
                   kAvx512Vnni = 1 << 9;

// Those of this processor whose registers the operating system saves, too.
Features cpu_features();

namespace {

// What this file's -m flags let the compiler use. So flags and demands cannot differ.
constexpr Features kCompiledFor = 0
#ifdef __POPCNT__
                                  | kPopcnt
#endif
#ifdef __FMA__
                                  | kFma
#endif
#ifdef __AVX2__
                                  | kAvx2
#endif
#ifdef __AVX512F__
                                  | kAvx512F
#endif
#ifdef __AVX512DQ__
                                  | kAvx512Dq
#endif
#ifdef __AVX512BW__
                                  | kAvx512Bw
#endif
#ifdef __AVX512VL__
                                  | kAvx512Vl
#endif
#ifdef __AVX512VPOPCNTDQ__
                                  | kAvx512Vpopcntdq
#endif
#ifdef __AVX512VBMI__
                                  | kAvx512Vbmi
#endif
#ifdef __AVX512VNNI__
                                  | kAvx512Vnni
#endif
    ;

}  // namespace
}  // namespace bnn
