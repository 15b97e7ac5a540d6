// Linked into the coverage build's programs: what a process ran counts also when it ends by
// _exit() or abort(), as the children of death tests, forks and searches do.
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

extern "C" void __gcov_dump();

namespace {

void dump_and_abort(int signal) {
    __gcov_dump();
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

const auto g_installed = std::signal(SIGABRT, dump_and_abort);

}  // namespace

/// These take the place of the C library's.
extern "C" void _exit(int status) {
    __gcov_dump();
    for (;;) syscall(SYS_exit_group, status);
}
extern "C" void _Exit(int status) noexcept { _exit(status); }
