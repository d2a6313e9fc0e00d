// Tells the processor that a thread only waits, which leaves more of it to the core's other thread.
#pragma once

namespace bnn {

inline void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

}  // namespace bnn
