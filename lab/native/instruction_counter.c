/* Counts the instructions that an emulated program executes, by class.

   A plugin for QEMU's code generator (plugin interface 1, QEMU 7.2), declared here by hand so
   that neither QEMU's headers nor glib are needed to build it.

   QEMU translates a program block by block. For each block this adds one inlined addition to the
   block's counter, and remembers how many instructions of each class the block has: the classes'
   counts are sums over blocks, exact and cheap. The program marks a place by a system call that
   does not exist (MARK), whose first argument is written down with the counts since the mark
   before it.

   With clock=on the program's clocks tell instructions in place of time, one a microsecond, so
   that a profiler in the program gives its ops' instructions. This QEMU has no vDSO: every reading
   of a clock is a system call, and what it wrote is overwritten. */

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define MARK 5000
#define CLOCK_GETTIME 113 /* on AArch64 */
#define INSTRUCTION 1000ull
#define SECOND 1000000000ull
#define BUCKETS (1u << 18)

typedef uint64_t qemu_plugin_id_t;
typedef struct qemu_info_t qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;

enum { QEMU_PLUGIN_INLINE_ADD_U64 = 0 };

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *);
void qemu_plugin_register_vcpu_tb_trans_cb(
    qemu_plugin_id_t, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, int, void *, uint64_t);
void qemu_plugin_register_vcpu_syscall_cb(
    qemu_plugin_id_t,
    void (*)(qemu_plugin_id_t, unsigned, int64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
             uint64_t, uint64_t, uint64_t));
void qemu_plugin_register_vcpu_syscall_ret_cb(
    qemu_plugin_id_t, void (*)(qemu_plugin_id_t, unsigned, int64_t, int64_t));
void qemu_plugin_register_atexit_cb(
    qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void *), void *);

EXPORT int qemu_plugin_version = 1;

enum class { ALL, FMA, FP16, BF16, DOT, MATRIX, WIDENING, VECTOR, SVE, MEMORY, CLASSES };

static const char *const names[CLASSES] = {
    "all",      "fp32-fma", "fp16-fma",     "bf16-fma", "dot-product",
    "matrix",   "widening", "other-vector", "sve",      "load-store",
};

struct block {
    struct block *next;
    uint64_t address;
    uint64_t executed, executed_at_mark;
    uint32_t instructions[CLASSES];
    uint32_t first, length;
};

static struct block *blocks[BUCKETS];
static FILE *out;

/* Whether clocks tell instructions, and then those so far, exactly where there is one thread; where
   the program's memory begins in QEMU's; and the address at which the time being read is wanted. */
static bool clock_counts;
static uint64_t counted;
static char *memory;
static _Thread_local uint64_t wanted;

/* Encodings of one class: an instruction fits where its masked bits are the value. */
struct encoding {
    uint32_t mask, value;
    enum class class;
};

/* From the Arm Architecture Reference Manual (DDI 0487), C4.1.96 "Data Processing -- Scalar
   Floating-Point and Advanced SIMD". Left free are Q (bit 30), the registers, the halves that an
   instruction takes, and U (bit 29) and size where a group's signed, unsigned or wider forms count
   alike. */
static const struct encoding encodings[] = {
    {0xbfa0fc00, 0x0e20cc00, FMA},      /* FMLA, single and double */
    {0xbf80f400, 0x0f801000, FMA},      /* FMLA by element */
    {0xbfe0fc00, 0x0e400c00, FP16},     /* FMLA, half */
    {0xbfc0f400, 0x0f001000, FP16},     /* FMLA by element, half */
    {0xbfe0fc00, 0x0e20ec00, FP16},     /* FMLAL: half into single */
    {0xbfe0fc00, 0x2e20cc00, FP16},     /* FMLAL2 */
    {0xbfc0f400, 0x0f800000, FP16},     /* FMLAL by element */
    {0xbfc0f400, 0x2f808000, FP16},     /* FMLAL2 by element */
    {0xbfe0fc00, 0x2e40fc00, BF16},     /* BFDOT */
    {0xbfc0f400, 0x0f40f000, BF16},     /* BFDOT by element */
    {0xbfe0fc00, 0x2ec0fc00, BF16},     /* BFMLALB, BFMLALT */
    {0xbfc0f400, 0x0fc0f000, BF16},     /* BFMLALB, BFMLALT by element */
    {0xffe0fc00, 0x6e40ec00, BF16},     /* BFMMLA */
    {0x9fe0fc00, 0x0e809400, DOT},      /* SDOT, UDOT */
    {0x9fc0f400, 0x0f80e000, DOT},      /* SDOT, UDOT by element */
    {0xbfe0fc00, 0x0e809c00, DOT},      /* USDOT */
    {0xbf40f400, 0x0f00f000, DOT},      /* USDOT, SUDOT by element */
    {0xdfe0fc00, 0x4e80a400, MATRIX},   /* SMMLA, UMMLA */
    {0xffe0fc00, 0x4e80ac00, MATRIX},   /* USMMLA */
    {0x9f20dc00, 0x0e208000, WIDENING}, /* SMLAL, SMLSL and unsigned */
    {0x9f20fc00, 0x0e20c000, WIDENING}, /* SMULL, UMULL */
    {0x9f00f400, 0x0f002000, WIDENING}, /* SMLAL, UMLAL by element */
    {0x9f00f400, 0x0f00a000, WIDENING}, /* SMULL, UMULL by element */
};

/* The class of an A64 instruction; CLASSES where none of ours fits. The groups are those of
   DDI 0487, C4.1. */
static enum class class_of(uint32_t word)
{
    for (size_t k = 0; k < sizeof encodings / sizeof *encodings; k++)
        if ((word & encodings[k].mask) == encodings[k].value)
            return encodings[k].class;
    uint32_t group = (word >> 25) & 0xf;
    if (group == 0x2 || (group == 0x0 && (word >> 31)))
        return SVE;      /* and SME, which shares its counter */
    if ((group & 0x5) == 0x4)
        return MEMORY;
    if ((group & 0x7) == 0x7)
        return VECTOR;   /* the rest of AdvSIMD and scalar floating point */
    return CLASSES;
}

/* The counter of a block; one that is translated again keeps its own. */
static struct block *block_at(uint64_t address, uint32_t first, uint32_t length)
{
    struct block **place = &blocks[(address * 0x9e3779b97f4a7c15ull) >> 46];
    for (struct block *known = *place; known; known = known->next)
        if (known->address == address && known->first == first && known->length == length)
            return known;
    struct block *block = calloc(1, sizeof *block);
    if (!block)
        abort();
    *block = (struct block){
        .next = *place, .address = address, .first = first, .length = length};
    return *place = block;
}

static void on_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    uint32_t length = qemu_plugin_tb_n_insns(tb), words[length];
    for (uint32_t k = 0; k < length; k++)
        memcpy(&words[k], qemu_plugin_insn_data(qemu_plugin_tb_get_insn(tb, k)), 4);
    struct block *block = block_at(qemu_plugin_tb_vaddr(tb), words[0], length);
    memset(block->instructions, 0, sizeof block->instructions);
    block->instructions[ALL] = length;
    for (uint32_t k = 0; k < length; k++) {
        enum class found = class_of(words[k]);
        if (found != CLASSES)
            block->instructions[found]++;
    }
    qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &block->executed, 1);
    if (!clock_counts)
        return;
    struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, 0);
    memory = (char *)qemu_plugin_insn_haddr(insn) - qemu_plugin_insn_vaddr(insn);
    qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &counted, length);
}

/* Writes a line "LABEL CLASS=COUNT ..." of what was executed since the last mark. */
static void mark(uint64_t label)
{
    uint64_t counts[CLASSES] = {0};
    for (uint32_t k = 0; k < BUCKETS; k++)
        for (struct block *block = blocks[k]; block; block = block->next) {
            uint64_t executed = block->executed - block->executed_at_mark;
            block->executed_at_mark = block->executed;
            for (int class = 0; executed && class < CLASSES; class++)
                counts[class] += executed * block->instructions[class];
        }
    fprintf(out, "%" PRIu64, label);
    for (int class = 0; class < CLASSES; class++)
        fprintf(out, " %s=%" PRIu64, names[class], counts[class]);
    fprintf(out, "\n");
    fflush(out);
}

static void on_system_call(qemu_plugin_id_t id, unsigned cpu, int64_t number, uint64_t label,
                           uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f, uint64_t g,
                           uint64_t h)
{
    (void)id, (void)cpu, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
    if (number == MARK)
        mark(label);
    if (number == CLOCK_GETTIME)
        wanted = b;
}

/* Puts instructions in place of the time that was read. */
static void on_system_call_done(qemu_plugin_id_t id, unsigned cpu, int64_t number, int64_t result)
{
    (void)id, (void)cpu;
    if (number != CLOCK_GETTIME || result)
        return;
    uint64_t nanoseconds = counted * INSTRUCTION;
    int64_t time[2] = {nanoseconds / SECOND, nanoseconds % SECOND};
    memcpy(memory + wanted, time, sizeof time);
}

static void on_exit(qemu_plugin_id_t id, void *nothing)
{
    (void)id, (void)nothing;
    fclose(out);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    (void)info;
    for (int k = 0; k < argc; k++)
        if (!strncmp(argv[k], "out=", 4))
            out = fopen(argv[k] + 4, "w");
        else
            clock_counts |= !strcmp(argv[k], "clock=on");
    if (!out) {
        fprintf(stderr, "instruction_counter: needs out=FILE, a file that can be written\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translated);
    qemu_plugin_register_vcpu_syscall_cb(id, on_system_call);
    if (clock_counts)
        qemu_plugin_register_vcpu_syscall_ret_cb(id, on_system_call_done);
    qemu_plugin_register_atexit_cb(id, on_exit, NULL);
    return 0;
}
