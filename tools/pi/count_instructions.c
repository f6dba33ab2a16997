/* A TCG plugin for QEMU 7.2: counts guest instructions between marks.
 *
 * A mark is the system call getpriority(PRIO_PROCESS, MARK), which any program can make and which changes nothing. At
 * each mark the number of instructions executed so far is written as a line to the file that out=PATH names.
 * `benchmark --count_instructions` builds and loads it; the declarations are those of QEMU's plugin interface, version 1.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { GETPRIORITY = 141, PRIO_PROCESS = 0, MARK = 0x7ca11ed, ADD_U64 = 0 };

struct qemu_plugin_tb;
typedef uint64_t qemu_plugin_id_t;
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
extern void qemu_plugin_register_vcpu_tb_trans_cb(
    qemu_plugin_id_t id, void (*callback)(qemu_plugin_id_t, struct qemu_plugin_tb *));
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, int operation, void *counter, uint64_t);
extern void qemu_plugin_register_vcpu_syscall_cb(
    qemu_plugin_id_t id, void (*callback)(qemu_plugin_id_t, unsigned, int64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                                          uint64_t, uint64_t, uint64_t, uint64_t));

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

static uint64_t executed;
static int output = -1;

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
  (void)id;
  qemu_plugin_register_vcpu_tb_exec_inline(block, ADD_U64, &executed, qemu_plugin_tb_n_insns(block));
}

static void called(qemu_plugin_id_t id, unsigned cpu, int64_t number, uint64_t which, uint64_t who, uint64_t a3,
                   uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8) {
  (void)id, (void)cpu, (void)a3, (void)a4, (void)a5, (void)a6, (void)a7, (void)a8;
  if (number == GETPRIORITY && which == PRIO_PROCESS && who == MARK) {
    dprintf(output, "%" PRIu64 "\n", executed);
  }
}

__attribute__((visibility("default"))) int qemu_plugin_install(
    qemu_plugin_id_t id, const void *information, int count, char **arguments) {
  (void)information;
  for (int index = 0; index < count; index++) {
    if (strncmp(arguments[index], "out=", 4) == 0) {
      output = open(arguments[index] + 4, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
  }
  if (output < 0) {
    return 1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_vcpu_syscall_cb(id, called);
  return 0;
}
