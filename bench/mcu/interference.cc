// The longest operation of a program while the collector works, and the collector's need of stack.
//
// The program is the most urgent thread and sleeps. A timer wakes it at instructions drawn from the
// seed, wherever the collector is by then: inside a lock, a load window, a pass. Then one operation
// is measured. No slice ends while the program runs (the next one is as long as the timer can
// count), so nothing is in the figure but the operation, its waits for locks and load windows of
// the collector, and what the collector has to do for it until it gives them back, switches and
// ticks of these waits included. An instruction takes 1.024 microseconds here: waits that end by
// the clock would take more instructions on a faster machine.
#include <new>

#include "bench/mcu/meter.h"
#include "ouro/ouro.h"
#include "platform/thread.h"
#include "ports/cortex_m/clock.h"
#include "ports/cortex_m/scheduler.h"

namespace ouro::bench {

namespace {

alignas(8) std::byte g_region[OURO_BENCH_REGION];
constexpr std::size_t kStackBytes = 4096;
constexpr std::uint32_t kPaint = 0xA5A5'A5A5;  // what the port fills stacks with
alignas(8) std::uint32_t g_stack[kStackBytes / sizeof(std::uint32_t)];
constexpr std::uint32_t kRounds = OURO_BENCH_STEPS / 16;
constexpr std::size_t kLiveMax = OURO_BENCH_OBJECTS;

struct Node : WeaklyReferable {
    Field<Node> next;
    Field<Node> other;
    std::uint32_t data = 0;
    static constexpr auto ouro_fields = fields<&Node::next, &Node::other>;
};

struct Mortal : WeaklyReferable {
    Field<Mortal> next;
    static constexpr auto ouro_fields = fields<&Mortal::next>;
    void finalize() {}
};

// ---- the schedule

std::uint32_t g_state = 1;
platform::Event g_due;
bool g_measuring = false;
bool g_program_runs = true;
std::uint32_t g_waits = 0;

std::uint32_t below(std::uint32_t limit) {
    g_state ^= g_state << 13;
    g_state ^= g_state >> 17;
    g_state ^= g_state << 5;
    return (g_state >> 16) * limit >> 16;
}

std::uint32_t slice(unsigned) {
    if (g_program_runs) return port::tick::kLongest;
    if (g_measuring) return port::tick::kSlice;  // it waits: timed waits end at ticks
    constexpr std::uint32_t kTicksPerInstruction = static_cast<std::uint32_t>(
        (std::uint64_t{1} << OURO_ICOUNT_SHIFT) * OURO_CORTEX_M_SYSTICK_HZ / 1'000'000'000);
    return (100 + below(1500)) * kTicksPerInstruction + below(kTicksPerInstruction);
}
unsigned first(unsigned) { return 0; }
bool ticked(unsigned) {
    if (!g_measuring) g_due.set();
    return true;
}
void switched(unsigned, std::uint32_t, unsigned, unsigned to) {
    g_program_runs = to == 0;
    if (g_measuring && !g_program_runs) ++g_waits;
}
constexpr port::scheduler::Policy kPolicy{slice, first, ticked, switched};

// ---- the program

ManagedHeap* g_heap = nullptr;
struct World {
    Ref<Node> hub, one, two, kept;
    Weak<Node> weak;
};
// Never destroyed: firmware has no static destructors.
alignas(World) std::byte g_world[sizeof(World)];
World& world() { return *std::launder(static_cast<World*>(static_cast<void*>(g_world))); }

template <class T>
Ref<T> make_ring(std::uint32_t length) {
    Ref<T> first_of_it = g_heap->make<T>();
    Ref<T> last = first_of_it;
    for (std::uint32_t i = 1; i < length; ++i) {
        last->next = g_heap->make<T>();
        last = last->next;
    }
    last->next = first_of_it;
    return first_of_it;
}

void* copy_release(void*) {
    const Ref<Node> copy(world().one);
    asm volatile("" ::"r"(&copy) : "memory");
    return nullptr;
}
void* load(void*) {
    const Ref<Node> loaded = world().hub->next.load();
    asm volatile("" ::"r"(&loaded) : "memory");
    return nullptr;
}
void* store(void*) {
    world().hub->next = world().two;
    return nullptr;
}
void* exchange(void*) {
    world().kept = world().hub->next.exchange(std::move(world().kept));
    return nullptr;
}
void* make(void*) {
    world().kept = g_heap->make<Node>();
    return nullptr;
}
void* end(void*) {
    world().kept.reset();
    return nullptr;
}
void* weak_lock(void*) {
    const Ref<Node> locked = world().weak.lock();
    asm volatile("" ::"r"(&locked) : "memory");
    return nullptr;
}
void* weak_make(void*) {
    world().weak = world().one;
    return nullptr;
}
void* weak_reset(void*) {
    world().weak.reset();
    return nullptr;
}

struct Case {
    const char* name;
    Operation operation;
    void (*prepare)();
    Distribution figures = {};
    std::uint32_t waited = 0;
};

Case g_cases[] = {
    {"copy_release", copy_release, [] {}},
    {"load", load, [] { world().hub->next = world().one; }},
    {"store", store, [] { world().hub->next = world().one; }},
    {"exchange", exchange, [] { world().kept = world().two; }},
    {"make", make, [] { world().kept.reset(); }},
    {"end", end, [] { world().kept = g_heap->make<Node>(); }},
    {"weak_lock", weak_lock, [] { world().weak = world().one; }},
    {"weak_make", weak_make, [] { world().weak.reset(); }},
    {"weak_reset", weak_reset, [] { world().weak = world().one; }},
};

/// More for the collector, unless it is behind: then memory would run out, another matter.
void leave_garbage(std::uint32_t round) {
    if (g_heap->statistics().live_objects > kLiveMax) return;
    make_ring<Node>(3 + round % 5)->other = world().one;
    if (round % 16 == 0) make_ring<Mortal>(3).reset();
    if (round % 64 == 0) {
        world().two = world().one;
        world().one = make_ring<Node>(20);
    }
}

void run(Meter& meter) {
    for (std::uint32_t round = 0; round < kRounds; ++round) {
        leave_garbage(round);
        for (Case& one : g_cases) {
            one.prepare();
            g_due.wait(platform::kForever);
            g_measuring = true;
            const std::uint32_t waits = g_waits;
            one.figures.add(meter(one.operation));
            if (g_waits != waits) ++one.waited;
            g_measuring = false;
        }
    }
}

void print() {
    for (const Case& one : g_cases) {
        const struct {
            const char* name;
            std::uint32_t value;
        } lines[] = {{".worst", one.figures.max()},
                     {".average_tenths", one.figures.average_tenths()},
                     {".waited", one.waited}};
        for (const auto& line : lines) {
            board::print("beside_collector.");
            board::print(one.name);
            report(line.name, line.value);
        }
    }
    std::uint32_t unused = 0;
    while (unused < kStackBytes / sizeof kPaint && g_stack[unused] == kPaint) ++unused;
    report("collector.stack_used", kStackBytes - unused * sizeof kPaint);
    report("collector.automatic", g_heap->collector().statistics().automatic);
    report("collector.emergencies", g_heap->statistics().emergency_collections);
    report("collector.used_bytes_max", g_heap->statistics().used_bytes_max);
    report("collector.collected", g_heap->collector().statistics().collected);
}

}  // namespace
}  // namespace ouro::bench

int main() {
    using namespace ouro;
    using namespace ouro::bench;
    g_state = board::argument(1) * 2654435761u + 1;
    port::scheduler::start(2, &kPolicy);
    ManagedHeapConfig config;
    config.collector.thread = {.stack = g_stack, .stack_bytes = kStackBytes, .priority = 0};
    ManagedHeap heap(g_region, config);
    g_heap = &heap;
    new (g_world) World;
    world().hub = heap.make<Node>();
    world().one = make_ring<Node>(20);
    world().two = make_ring<Node>(10);
    Meter meter;
    run(meter);
    print();
    world().~World();
    return 0;
}
