// Shows a program a processor without AVX-512, AVX-VNNI and AMX: ONNX Runtime and .NET then choose what they run where AVX2 is all there is,
// so that a machine that has more can test and measure it too.
//
//   gcc -O2 -shared -fPIC -o /tmp/only_avx2.so tools/only_avx2.c
//   LD_PRELOAD=/tmp/only_avx2.so COMMAND
//
// Linux on x64, where the processor can trap CPUID (cpuid_fault in /proc/cpuinfo; Intel's since 2012, also as virtual machines). The kernel then
// raises SIGSEGV for each CPUID; the handler here runs the instruction and takes bits out of its answer. All other faults are the program's own.
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <cpuid.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef ARCH_SET_CPUID
#define ARCH_SET_CPUID 0x1012
#endif

typedef int (*sigaction_function)(int, const struct sigaction *, struct sigaction *);

static struct sigaction next; // the program's own handler

static int trap(int enabled) { return (int)syscall(SYS_arch_prctl, ARCH_SET_CPUID, enabled ? 0 : 1); }

static void hide(unsigned leaf, unsigned subleaf, unsigned *eax, unsigned *ebx, unsigned *ecx, unsigned *edx)
{
    if (leaf == 7 && subleaf == 0) {
        *ebx &= ~(1u << 16 | 1u << 17 | 1u << 21 | 1u << 26 | 1u << 27 | 1u << 28 | 1u << 30 | 1u << 31); // AVX-512
        *ecx &= ~(1u << 1 | 1u << 6 | 1u << 11 | 1u << 12 | 1u << 14);                                    // VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ
        *edx &= ~(1u << 2 | 1u << 3 | 1u << 8 | 1u << 22 | 1u << 23 | 1u << 24 | 1u << 25);               // 4VNNIW, 4FMAPS, VP2INTERSECT, AMX, FP16
    } else if (leaf == 7 && subleaf == 1) {
        *eax &= ~(1u << 4 | 1u << 5 | 1u << 21 | 1u << 23); // AVX-VNNI, AVX512-BF16, AMX-FP16, AVX-IFMA
        *edx &= ~(1u << 4 | 1u << 5 | 1u << 8 | 1u << 10 | 1u << 19); // AVX-VNNI-INT8, NE-CONVERT, AMX-COMPLEX, AVX-VNNI-INT16, AVX10
    } else if (leaf == 0x1d || leaf == 0x1e || leaf == 0x24) {
        *eax = *ebx = *ecx = *edx = 0; // tiles, AVX10
    }
}

static void handle(int signal, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const unsigned char *code = (const unsigned char *)registers[REG_RIP];
    if (info->si_code == SI_KERNEL && code[0] == 0x0f && code[1] == 0xa2) {
        unsigned leaf = (unsigned)registers[REG_RAX], subleaf = (unsigned)registers[REG_RCX], eax, ebx, ecx, edx;
        trap(0);
        __cpuid_count(leaf, subleaf, eax, ebx, ecx, edx);
        trap(1);
        hide(leaf, subleaf, &eax, &ebx, &ecx, &edx);
        registers[REG_RAX] = eax;
        registers[REG_RBX] = ebx;
        registers[REG_RCX] = ecx;
        registers[REG_RDX] = edx;
        registers[REG_RIP] += 2;
    } else if (next.sa_flags & SA_SIGINFO) {
        next.sa_sigaction(signal, info, context);
    } else if (next.sa_handler != SIG_DFL && next.sa_handler != SIG_IGN) {
        next.sa_handler(signal);
    } else {
        abort();
    }
}

static sigaction_function libc_sigaction(void) { return (sigaction_function)dlsym(RTLD_NEXT, "sigaction"); }

int sigaction(int signal, const struct sigaction *action, struct sigaction *old)
{
    if (signal != SIGSEGV) {
        return libc_sigaction()(signal, action, old);
    }

    if (old != NULL) {
        *old = next;
    }

    if (action != NULL) {
        next = *action;
    }

    return 0;
}

__attribute__((constructor)) static void start(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    if (libc_sigaction()(SIGSEGV, &action, NULL) != 0 || trap(1) != 0) {
        perror("CPUID cannot be trapped");
        exit(1);
    }
}
