// A plugin of qemu-user that counts the instructions a program runs, and says the number when it ends. QEMU's header is
// in no package of Debian's; these are the parts of its interface (version 1) that are needed.
#include <cstdint>
#include <cstdio>

extern "C" {
struct qemu_plugin_tb;
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*translated)(uint64_t, qemu_plugin_tb*));
uint64_t qemu_plugin_tb_n_insns(const qemu_plugin_tb* block);
void qemu_plugin_register_vcpu_tb_exec_inline(qemu_plugin_tb* block, int operation, void* number, uint64_t amount);
void qemu_plugin_register_atexit_cb(uint64_t id, void (*ended)(uint64_t, void*), void* data);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

__attribute__((visibility("default"))) int qemu_plugin_install(uint64_t id, const void*, int, char**) {
  static uint64_t run = 0;
  constexpr int kAdd = 0;
  qemu_plugin_register_vcpu_tb_trans_cb(id, [](uint64_t, qemu_plugin_tb* block) {
    qemu_plugin_register_vcpu_tb_exec_inline(block, kAdd, &run, qemu_plugin_tb_n_insns(block));
  });
  qemu_plugin_register_atexit_cb(
      id, [](uint64_t, void*) { std::fprintf(stderr, "instructions: %llu\n", static_cast<unsigned long long>(run)); },
      nullptr);
  return 0;
}
}
