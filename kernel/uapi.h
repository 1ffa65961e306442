/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * uapi.h - what the debugger and the module lstar.ko say to each other through /dev/lstar.
 *
 * Shared by kernel and user space; fixed-size types only, no pointers but as __u64, no holes.
 * Everything in it that comes from user space is untrusted.
 */
#ifndef LSTAR_UAPI_H
#define LSTAR_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define LSM_DEVICE "/dev/lstar"
#define LSM_ABI_VERSION 1

/*
 * One session at a time: a second open(2) fails with EBUSY. Closing the descriptor, however that
 * comes about, disarms all events and frees what the session had loaded. CAP_SYS_ADMIN is asked
 * for at open(2) and again at every call.
 *
 * Every ioctl that can be refused for a reason that errno cannot tell fills this text.
 */
#define LSM_WHY 160

struct lsm_info {
	__u32 version; /* LSM_ABI_VERSION */
	__u32 ncpus; /* CPU numbers are below this */
	__u32 online; /* CPUs that the hypervisor runs under now */
	__u32 ring_bytes; /* of the data of one CPU's ring */
	__u32 nglobals; /* slots */
	__u32 entered; /* 1: the hypervisor is there */
	char backend[16]; /* "svm" */
	__u64 memory; /* bytes of one CPU's own memory, its ring included */
};

/* ENTER, LEAVE: slip the hypervisor under the running kernel; take it away again. */
struct lsm_enter {
	char why[LSM_WHY];
};

/* Events ------------------------------------------------------------------------------------- */

#define LSM_ANY (~0ULL)
#define LSM_ABI_ANY (~0u)
#define LSM_MAX_EVENTS 1024
#define LSM_MAX_CODE 4096 /* bytes of custom code */
#define LSM_MAX_BUFFER (1u << 20)
#define LSM_MAX_BUDGET (1u << 24)
#define LSM_MAX_IMAGE (4u << 20) /* bytes of a compiled script */
#define LSM_MAX_MEMORY (64u << 20) /* kernel memory that a session's events and maps may take */

#define LSM_EV_ENABLED 1u
#define LSM_EV_SC 2u /* short-circuit by default */
#define LSM_EV_BY_RIP 4u /* !syscall2, !sysret2: decide by RIP, read no memory */
#define LSM_EV_ENTRY 8u /* !entryhook: fires at the kernel's entry point, not at SYSCALL */
#define LSM_EV_BATCH 16u /* imm no: no need to wake the reader for each message */
#define LSM_EV_OUTPUTS 32u /* what it prints is for no terminal, whatever LSM_IOC_COLUMNS said */

/*
 * One event. Image: a compiled script, verified by the module itself (0: none). Code: bytes of
 * machine code (0: none), run by the host without privileges, on a copy of the registers.
 */
struct lsm_event {
	__u32 id; /* chosen by the debugger, unique in the session */
	__u32 kind; /* enum eng_kind */
	__u32 stages; /* ENG_STAGE_* */
	__u32 flags; /* LSM_EV_* */
	__u32 abi; /* enum abi_id or LSM_ABI_ANY */
	__u32 image_size;
	__u64 nr, pid, core; /* or LSM_ANY */
	__u64 image;
	__u64 condition, code;
	__u32 condition_size, code_size;
	__u64 buffer_size;
	char why[LSM_WHY];
};

enum lsm_ctl_op { LSM_CTL_ENABLE, LSM_CTL_DISABLE, LSM_CTL_CLEAR };
#define LSM_ALL (~0u)

struct lsm_ctl {
	__u32 op; /* enum lsm_ctl_op */
	__u32 id; /* or LSM_ALL */
};

/* Counters of an event, summed over the CPUs. */
struct lsm_counters {
	__u32 id;
	__u32 enabled;
	__u64 fired, condition_false, faults, dropped;
};

/*
 * EVAL: run statements once, on the CPU of the caller, in its process, with the registers that it
 * has in the kernel. Messages go to that CPU's ring (event LSM_NO_EVENT).
 */
struct lsm_eval {
	__u64 image;
	__u32 image_size;
	__u32 error; /* out: enum eng_error */
	__u32 pc, line; /* out: of the fault */
	__u64 value[2]; /* out: of the fault */
	__u64 result; /* out: what function 0 returned */
	char why[LSM_WHY];
};

struct lsm_budget {
	__u64 budget; /* instructions of one run, at most LSM_MAX_BUDGET */
};

/* How wide the terminal is that shows what scripts print; 0: there is none. */
struct lsm_columns {
	__u32 columns;
};

/* Do events fire at the system calls of the process that asks this? They do until it says no. */
struct lsm_self {
	__u32 seen;
};

/* Maps: MAP_ADD makes an empty one of that shape; both by the session's number of the map. */
struct lsm_map {
	__u32 number;
	__u32 entries;
	__u8 keys, kind; /* as in struct eng_map_desc */
	__u16 buckets;
	__u32 used; /* out, MAP_INFO */
	__s64 min;
	__u64 step;
	__u64 refused; /* out, MAP_INFO */
};

/* The machine -------------------------------------------------------------------------------- */

/* READ, WRITE: memory as the process @pid sees it (0: the kernel's own page tables). */
struct lsm_mem {
	__u64 addr, buf, len;
	__u64 done; /* out: bytes copied, short at the first byte that is not there */
	__u32 pid;
	__u32 physical; /* 1: @addr is a physical address; RAM only */
};

#define LSM_MAX_LEVELS 5
struct lsm_translate {
	__u64 addr;
	__u32 pid; /* 0: kernel */
	__u32 levels; /* out: how many entries were read, from the top */
	__u64 entry_pa[LSM_MAX_LEVELS]; /* out: where each entry stands */
	__u64 entry[LSM_MAX_LEVELS]; /* out: its value */
	__u64 pa; /* out: LSM_ANY when not present */
	__u64 page; /* out: size of the page */
};

struct lsm_msr {
	__u32 cpu; /* or LSM_ALL, for writing: every CPU */
	__u32 msr;
	__u64 value;
	__u32 write;
	__u32 failed; /* out: the processor raised #GP */
};

/* What left the guest, and what came of it. By name in user space, from this one list. */
/* clang-format off */
#define LSM_EXIT_TABLE(X)                                                    \
	X(SYSCALL, "syscall", "SYSCALL emulated")                            \
	X(SYSRET, "sysret", "SYSRET emulated")                               \
	X(UD, "ud", "other #UD, handed to the kernel")                       \
	X(RETRY, "retry", "page of the instruction not present, tried again") \
	X(MSR, "msr", "RDMSR or WRMSR of a register that is hidden or far out") \
	X(CPUID, "cpuid", "CPUID")                                           \
	X(HYPERCALL, "hypercall", "VMMCALL of the module")                   \
	X(SVM, "svm", "other virtualisation instruction")        \
	X(NMI, "nmi", "NMI that met the host")                               \
	X(ENTRY, "entry", "entry hook")                                      \
	X(DR, "dr", "MOV of a debug register, while the entry hook is set")  \
	X(GP, "gp", "#GP, handed to the kernel")                             \
	X(OTHER, "other", "anything else")
/* clang-format on */
enum lsm_exit {
#define X(id, name, help) LSM_EXIT_##id,
	LSM_EXIT_TABLE(X)
#undef X
		LSM_NEXITS
};

/* The entry hook of a CPU: it needs debug registers that the guest does not use. */
#define LSM_HOOK_SET 1u
#define LSM_HOOK_BLIND 2u /* all four are the guest's: no call is seen */
#define LSM_HOOK_BLIND_32 4u /* three are: no 32-bit call is seen */
#define LSM_HOOK_WAS_BLIND 8u /* one of the two, since it was set */

struct lsm_cpu_stats {
	__u32 cpu;
	__u32 entered; /* out: the hypervisor is under this CPU */
	__u32 armed; /* out: SYSCALL and SYSRET are intercepted on it */
	__u32 hook; /* out: LSM_HOOK_* */
	__u64 exits[16]; /* out: by enum lsm_exit */
	__u64 fired; /* out: events */
	__u64 messages, dropped; /* out: of its ring */
	__u64 returns_other; /* out: returns of calls that went by another way than SYSRET; see docs */
};

/* Messages ----------------------------------------------------------------------------------- */

/*
 * mmap(2), shared: page 0 ... of the descriptor:
 *	LSM_MMAP_GLOBALS: nglobals slots of 8 bytes
 *	LSM_MMAP_RING(cpu): struct lsm_ring, then ring_bytes of data, a power of two
 * poll(2) says POLLIN when a ring has something; it is noticed within about 5 ms.
 */
#define LSM_MMAP_GLOBALS 0ULL
#define LSM_MMAP_RING(cpu) (((__u64)(cpu) + 1) << 32)

/*
 * The host writes records and moves head; the reader moves tail. Both only grow; offset in the
 * data is the value modulo ring_bytes. A record that does not fit is counted in dropped and never
 * written. The host reads tail, but believes it only where it cannot hurt.
 */
struct lsm_ring {
	__u64 head;
	__u64 dropped;
	__u64 pad0[6];
	__u64 tail; /* on a cache line of its own */
	__u64 pad1[503]; /* the data begins on the next page */
};

#define LSM_NO_EVENT (~0u)

enum lsm_record_kind {
	LSM_REC_SKIP, /* fills the end of the ring: take no notice */
	LSM_REC_TEXT, /* text follows */
	LSM_REC_FAULT, /* struct lsm_fault follows */
	LSM_REC_CODE, /* custom code was ended: text follows; the event is disabled */
	LSM_REC_REQUEST, /* struct lsm_request follows: for the debugger to carry out */
};

struct lsm_record {
	__u32 size; /* of all of it, a multiple of 8 */
	__u16 kind;
	__u16 stage;
	__u32 event; /* id, or LSM_NO_EVENT */
	__u32 pid, tid;
	__u32 core;
	__u64 time; /* ns, CLOCK_MONOTONIC's scale as far as the time-stamp counter tells */
	__u32 len; /* bytes that follow */
	__u32 flags; /* LSM_EV_BATCH */
	char comm[16]; /* NUL-terminated */
};

struct lsm_fault {
	__u32 code; /* enum eng_error */
	__u32 pc, line, unused;
	__u64 value[2];
};

struct lsm_request {
	__u32 what; /* enum eng_request */
	__u32 unused;
	__u64 event;
};

/* clang-format off */
#define LSM_IOC 0xb7
#define LSM_IOC_INFO      _IOR(LSM_IOC, 0, struct lsm_info)
#define LSM_IOC_ENTER     _IOWR(LSM_IOC, 1, struct lsm_enter)
#define LSM_IOC_LEAVE     _IOWR(LSM_IOC, 2, struct lsm_enter)
#define LSM_IOC_ADD       _IOWR(LSM_IOC, 3, struct lsm_event)
#define LSM_IOC_CTL       _IOW(LSM_IOC, 4, struct lsm_ctl)
#define LSM_IOC_COUNTERS  _IOWR(LSM_IOC, 5, struct lsm_counters)
#define LSM_IOC_EVAL      _IOWR(LSM_IOC, 6, struct lsm_eval)
#define LSM_IOC_BUDGET    _IOW(LSM_IOC, 7, struct lsm_budget)
#define LSM_IOC_MAP_ADD   _IOW(LSM_IOC, 8, struct lsm_map)
#define LSM_IOC_MAP_INFO  _IOWR(LSM_IOC, 9, struct lsm_map)
#define LSM_IOC_READ      _IOWR(LSM_IOC, 10, struct lsm_mem)
#define LSM_IOC_WRITE     _IOWR(LSM_IOC, 11, struct lsm_mem)
#define LSM_IOC_TRANSLATE _IOWR(LSM_IOC, 12, struct lsm_translate)
#define LSM_IOC_MSR       _IOWR(LSM_IOC, 13, struct lsm_msr)
#define LSM_IOC_STATS     _IOWR(LSM_IOC, 14, struct lsm_cpu_stats)
#define LSM_IOC_COLUMNS   _IOW(LSM_IOC, 15, struct lsm_columns)
#define LSM_IOC_SELF      _IOW(LSM_IOC, 16, struct lsm_self)
/* clang-format on */

#endif
