#include "stress/watchdog.h"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "platform/thread.h"
#include "stress/stress.h"

namespace ouro::stress {

namespace {

constexpr std::uint64_t kLimitNs = 150'000'000'000;

constexpr int kSignals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
struct sigaction g_before[std::size(kSignals)];
bool g_installed[std::size(kSignals)];
Evidence* g_evidence = nullptr;

// Prints with means that a signal handler may not use: the program ends here in any case, and if
// the printing hangs, the alarm ends it.
void on_signal(int number) {
    for (const int each : kSignals) signal(each, SIG_DFL);
    signal(SIGALRM, SIG_DFL);
    alarm(20);
    Evidence* evidence = g_evidence;
    g_evidence = nullptr;
    if (evidence != nullptr) {
        evidence->violation(absl::StrCat("the program was stopped by signal ", number));
        evidence->dump();
    }
    std::_Exit(kViolation);
}

}  // namespace

Watchdog::Watchdog(Evidence& evidence)
    : evidence_(evidence), since_ns_(platform::clock_ns()), thread_([this] { watch(); }) {}

Watchdog::~Watchdog() {
    {
        std::lock_guard<std::mutex> lock(mutex_);
        ended_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Watchdog::progress(const char* phase) {
    std::lock_guard<std::mutex> lock(mutex_);
    phase_ = phase;
    since_ns_ = platform::clock_ns();
}

void Watchdog::watch() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!ended_) {
        changed_.wait_for(lock, std::chrono::milliseconds(500));
        if (platform::clock_ns() - since_ns_ < kLimitNs) continue;
        evidence_.violation(
            absl::StrCat("no progress for ", kLimitNs / 1'000'000'000, " s in: ", phase_));
        evidence_.dump();
        std::_Exit(kViolation);
    }
}

AbortReport::AbortReport(Evidence& evidence) {
    g_evidence = &evidence;
    for (std::size_t i = 0; i < std::size(kSignals); ++i) {
        sigaction(kSignals[i], nullptr, &g_before[i]);
        g_installed[i] = g_before[i].sa_handler == SIG_DFL;  // else a sanitizer wants it
        if (!g_installed[i]) continue;
        struct sigaction ours = {};
        ours.sa_handler = on_signal;
        sigaction(kSignals[i], &ours, nullptr);
    }
}

AbortReport::~AbortReport() {
    for (std::size_t i = 0; i < std::size(kSignals); ++i) {
        if (g_installed[i]) sigaction(kSignals[i], &g_before[i], nullptr);
    }
    g_evidence = nullptr;
}

}  // namespace ouro::stress
