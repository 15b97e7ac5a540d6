#include "explore/worker.h"

#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

namespace ouro::explore {

namespace {

struct Summary {
    std::uint64_t schedules, steps, points, hits, waits, states;
    Hostility hostility;
    std::uint32_t violated, complete, more_states, violation_bytes, schedule_bytes, trace_bytes;
};

double now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// A bad access inside an execution is a violation; the engine leaves the fiber for good. What spins
// in memory without a step is never switched away: the clock finds the same execution twice.
void crashed(int signal, siginfo_t* info, void*) {
    static std::uint64_t execution_seen = 0;
    if (signal == SIGVTALRM) {
        const std::uint64_t execution = port::sim::engine().executions();
        if (std::exchange(execution_seen, execution) != execution) return;
        if (port::sim::g_running) violated("a loop without a step does not end", nullptr);
    }
    if (port::sim::g_running)
        violated(signal == SIGSEGV ? "invalid memory access" : "crash", info->si_addr);
    static constexpr char kText[] = "explore: crash outside an execution\n";
    [[maybe_unused]] const ssize_t n = write(2, kText, sizeof kText - 1);
    _exit(3);
}

}  // namespace

void catch_crashes() {
    static char stack[64 * 1024];
    stack_t alternate{};
    alternate.ss_sp = stack;
    alternate.ss_size = sizeof stack;
    sigaltstack(&alternate, nullptr);
    struct sigaction action{};
    action.sa_sigaction = &crashed;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigaction(SIGSEGV, &action, nullptr);
    sigaction(SIGBUS, &action, nullptr);
    sigaction(SIGFPE, &action, nullptr);
    sigaction(SIGVTALRM, &action, nullptr);
    const itimerval limit{{20, 0}, {20, 0}};
    setitimer(ITIMER_VIRTUAL, &limit, nullptr);
}

namespace {

void write_all(int file, const void* data, std::size_t bytes) {
    const char* at = static_cast<const char*>(data);
    while (bytes > 0) {
        const ssize_t n = write(file, at, bytes);
        if (n <= 0) _exit(3);
        at += n;
        bytes -= static_cast<std::size_t>(n);
    }
}

[[noreturn]] void work(const Scenario& scenario, const Search& search, int out) {
    catch_crashes();
    Explorer explorer(scenario, search.mode == Mode::exhaustion);
    const Found found = explorer.search(search);
    std::string violation, schedule, trace;
    if (found.verdict.violation != nullptr) {
        violation = found.verdict.violation;
        schedule = port::sim::to_text(found.schedule);
        trace = explorer.trace(found.schedule);
    }
    const Summary summary{found.schedules,
                          found.steps,
                          found.points,
                          found.hits,
                          found.waits,
                          found.states,
                          found.hostility,
                          violation.empty() ? 0u : 1u,
                          found.complete ? 1u : 0u,
                          found.more_states ? 1u : 0u,
                          static_cast<std::uint32_t>(violation.size()),
                          static_cast<std::uint32_t>(schedule.size()),
                          static_cast<std::uint32_t>(trace.size())};
    write_all(out, &summary, sizeof summary);
    write_all(out, violation.data(), violation.size());
    write_all(out, schedule.data(), schedule.size());
    write_all(out, trace.data(), trace.size());
    _exit(0);
}

struct Worker {
    pid_t process;
    int in;
    std::string received;
};

Worker start(const Scenario& scenario, const Search& search, unsigned number) {
    int ends[2];
    std::fflush(nullptr);
    if (pipe(ends) != 0) return {-1, -1, {}};
    const pid_t process = fork();
    if (process == 0) {
        close(ends[0]);
        Search mine = search;
        mine.worker = number;
        work(scenario, mine, ends[1]);
    }
    close(ends[1]);
    return {process, ends[0], {}};
}

/// Takes over what a worker said; a worker that said nothing has died.
void take(Report& report, const std::string& received) {
    Summary summary{};
    if (received.size() < sizeof summary) {
        report.violated = true;
        report.violation = "the worker died outside an execution";
        return;
    }
    std::memcpy(&summary, received.data(), sizeof summary);
    report.schedules += summary.schedules;
    report.steps += summary.steps;
    report.points = std::max(report.points, summary.points);
    report.hits += summary.hits;
    report.waits += summary.waits;
    report.states = summary.states;
    report.more_states = summary.more_states != 0;
    report.complete = summary.complete != 0;
    if (summary.violated == 0 || report.violated) return;
    report.violated = true;
    report.needed = summary.schedules;
    report.hostility = summary.hostility;
    std::size_t at = sizeof summary;
    report.violation = received.substr(at, summary.violation_bytes);
    report.schedule = received.substr(at += summary.violation_bytes, summary.schedule_bytes);
    report.trace = received.substr(at += summary.schedule_bytes, summary.trace_bytes);
}

}  // namespace

Report search_in_workers(const Scenario& scenario, const Search& search) {
    Report report;
    const double begin = now();
    std::vector<Worker> workers;
    Search each = search;
    if (search.exhaustive) each.workers = 1;
    for (unsigned i = 0; i < each.workers; ++i) workers.push_back(start(scenario, each, i));
    std::size_t open = workers.size();
    while (open > 0) {
        std::vector<pollfd> waits;
        for (const Worker& worker : workers) waits.push_back({worker.in, POLLIN, 0});
        if (poll(waits.data(), waits.size(), -1) < 0) continue;
        for (std::size_t i = 0; i < waits.size(); ++i) {
            Worker& worker = workers[i];
            if (worker.in < 0 || waits[i].revents == 0) continue;
            char buffer[65536];
            const ssize_t n = read(worker.in, buffer, sizeof buffer);
            if (n > 0) {
                worker.received.append(buffer, static_cast<std::size_t>(n));
                continue;
            }
            close(worker.in);
            worker.in = -1;
            --open;
            take(report, worker.received);
            waitpid(worker.process, nullptr, 0);
            if (!report.violated) continue;
            for (Worker& other : workers) {  // their findings are not needed any more
                if (other.in < 0) continue;
                kill(other.process, SIGKILL);
                close(other.in);
                waitpid(other.process, nullptr, 0);
                other.in = -1;
            }
            open = 0;
            break;
        }
    }
    report.seconds = now() - begin;
    return report;
}

}  // namespace ouro::explore
