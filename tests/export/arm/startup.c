// Starts a program on an emulated Cortex-M: vectors, memory, the FPU where there is one, files by semihosting.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

extern uint32_t data_begin[], data_end[], data_from[], bss_begin[], bss_end[], stack_top[];

int main(void);
void initialise_monitor_handles(void);
void _exit(int status);

void reset(void) {
  memcpy(data_begin, data_from, (size_t)((char *)data_end - (char *)data_begin));
  memset(bss_begin, 0, (size_t)((char *)bss_end - (char *)bss_begin));
#ifdef __ARM_FP
  *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20;  // CPACR: coprocessors 10 and 11 for all
  __asm volatile("dsb\n isb");
#endif
  initialise_monitor_handles();
  const int status = main();
  fflush(NULL);
  _exit(status);
}

// Any fault stops the emulator by a lockup, which ends it with an error.
__attribute__((section(".vectors"), used)) static void *const vectors[16] = {stack_top, (void *)reset};
