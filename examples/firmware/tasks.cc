#include "examples/firmware/tasks.h"

#include <cstddef>

#include "platform/atomic.h"
#include "platform/thread.h"
#include "ports/cortex_m/boards/board.h"
#include "ports/cortex_m/port.h"
#include "ports/cortex_m/scheduler.h"

namespace {

using ouro::platform::clock_ns;

constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint32_t kPeriod = 5;  // milliseconds: 200 Hz
constexpr unsigned kSampleLine = 0;
constexpr std::uint32_t kSampleUrgency = 0x80;

constexpr unsigned kVectors = 32;
alignas(kVectors * 4) std::uint32_t g_vectors[kVectors];

constexpr std::size_t kStackBytes = 1024;
[[gnu::section(".noinit")]] alignas(8) unsigned char g_control_stack[kStackBytes];

struct Run {
    Run(Memory& its_memory, std::uint32_t its_updates, Histogram& its_histogram)
        : memory(its_memory),
          station(make_station(its_memory)),
          updates(its_updates),
          histogram(its_histogram) {}

    Memory& memory;
    const Ref<Station> station;
    const std::uint32_t updates;
    Histogram& histogram;
    ouro::platform::Event due;
    std::uint32_t milliseconds = 0;                 ///< the interrupt's own
    volatile std::uint32_t releases = 0;            ///< of the control task, by the interrupt
    volatile std::uint64_t released_ns = 0;         ///< the last one
    ouro::platform::atomic<std::uint32_t> done{0};  ///< updates
    std::int32_t actuator = 0;
};
constinit Run* volatile g_run = nullptr;
constinit volatile bool g_interrupts = false;

/// The port's tick, and ours behind it.
void every_millisecond() {
    SysTick_Handler();
    if (g_interrupts) ouro::board::trigger(kSampleLine);
}

/// The sensors' interrupt, less urgent than the tick.
void take_sample(void* argument) {
    Run& run = *static_cast<Run*>(argument);
    const std::uint32_t now = ++run.milliseconds;
    sample(run.station, now);
    if (now % kPeriod != 0) return;
    run.released_ns = clock_ns() / kMillisecond * kMillisecond;  // ticks come at whole milliseconds
    run.releases = run.releases + 1;
    run.due.set();
}

/// What the program's loop does until it has something to do: steps of the collector, if it is to.
void idle(Memory& memory, std::uint64_t ns) {
    ouro::platform::Event never;
    const std::uint64_t end = clock_ns() + ns;
    while (clock_ns() < end) {
        if (!memory.step()) never.wait(kMillisecond);
    }
}

void control_task(void* argument) {
    Run& run = *static_cast<Run*>(argument);
    std::uint32_t releases = 0;
    for (std::uint32_t number = 0; number * kSensors < run.updates; ++number) {
        run.due.wait(ouro::platform::kForever);
        const std::uint64_t due = run.released_ns;
        run.histogram.miss(run.releases - releases - 1);
        releases = run.releases;
        run.actuator = control_step(run.memory, run.station, number);
        run.histogram.add(clock_ns() - due);
        run.done.store((number + 1) * kSensors, std::memory_order_seq_cst);
    }
}

}  // namespace

void Histogram::add(std::uint64_t ns) {
    const auto us = static_cast<std::uint32_t>(ns / 1000);
    unsigned bucket = 0;
    while (bucket + 1 < kBuckets && us >= kLimits[bucket]) ++bucket;
    ++counts_[bucket];
    if (us > longest_us_) longest_us_ = us;
}

void start_timer() {
    constexpr std::uintptr_t kVectorTable = 0xE000'ED08;
    constexpr unsigned kTick = 15;
    auto& table = ouro::port::machine::word_at(kVectorTable);
    for (unsigned i = 0; i < kVectors; ++i)
        g_vectors[i] = ouro::port::machine::word_at(table + i * sizeof g_vectors[0]);
    g_vectors[kTick] = reinterpret_cast<std::uintptr_t>(every_millisecond);
    table = reinterpret_cast<std::uintptr_t>(g_vectors);
    ouro::port::scheduler::start(1);
}

void set_interrupt_work(void (*work)(void*), void* argument) {
    g_interrupts = false;
    if (work == nullptr) return;
    ouro::board::set_interrupt(kSampleLine, kSampleUrgency, work, argument);
    g_interrupts = true;
}

void run_tasks(Memory& memory, std::uint32_t updates, Histogram& histogram,
               std::uint32_t report_updates, void (*report)(Memory&, std::uint32_t)) {
    Run run(memory, updates, histogram);
    g_run = &run;
    set_interrupt_work(take_sample, &run);
    ouro::platform::Thread control;
    control.start(control_task, &run,
                  {.stack = g_control_stack, .stack_bytes = kStackBytes, .priority = 2});
    std::uint32_t reported = 0;
    std::int32_t sum = 0;
    for (std::uint32_t done = 0; done < updates; done = updates_done()) {
        idle(memory, 37 * kMillisecond);
        for (unsigned i = 0; i < 3; ++i) sum += look(run.station);
        if (done / report_updates != reported) {
            reported = done / report_updates;
            report(memory, reported * report_updates);
        }
    }
    control.join();
    set_interrupt_work(nullptr, nullptr);
    report(memory, updates);
    g_run = nullptr;
}

std::uint32_t updates_done() {
    return g_run == nullptr ? 0 : g_run->done.load(std::memory_order_seq_cst);
}
