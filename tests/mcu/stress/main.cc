// Goal: two mutators, interrupt handlers and the collector, preempted between any two instructions,
// leave the heap as a plain model says. Method: random graph surgery from a seed, in rounds; after
// each the threads rest and everything is compared: who can be reached, every count, every call of
// user code, weak references, ids, the heap's own figures, verify().
//
// The desktop's stress (stress/) does the same with more kinds, more threads and a model of its
// own; this one fits into 16 KiB of memory. The seed decides operations and schedule.
#include <cstdint>
#include <new>

#include "platform/thread.h"
#include "ports/cortex_m/boards/board.h"
#include "tests/conformance/suite.h"
#include "tests/mcu/seeded.h"
#include "tests/mcu/stress/world.h"

namespace ouro::stress {

namespace {

constexpr unsigned kRounds = OURO_STRESS_ROUNDS;
constexpr unsigned kOperations = 100;  // by a worker in a round

alignas(8) std::byte g_region[OURO_STRESS_REGION];
constexpr std::size_t kStackBytes = 1792;
[[gnu::section(".noinit")]] alignas(8) unsigned char g_collector_stack[kStackBytes];
[[gnu::section(".noinit")]] alignas(8) unsigned char g_worker_stack[kStackBytes];
alignas(World) std::byte g_world[sizeof(World)];

ManagedHeapConfig config(Random& random) {
    constexpr std::uint32_t kCascades[] = {0, 0, 1, 10};
    constexpr std::uint32_t kSteps[] = {4, 16, 64};
    constexpr std::uint64_t kDelays[] = {0, 50'000, 2'000'000};
    ManagedHeapConfig config;
    config.heap.cascade_objects_max = random.one_of(kCascades);
    config.collector.step_units = random.one_of(kSteps);
    config.collector.delay_ns = random.one_of(kDelays);
    config.collector.threshold_pages = random.between(1, 4);
    config.collector.user_code_by_drain = random.one_in(4);
    // As urgent as the mutators, who never rest: preemption is to come between all three.
    config.collector.thread = {.stack = g_collector_stack,
                               .stack_bytes = kStackBytes,
                               .priority = 1,
                               .core = OURO_STRESS_COLLECTOR_CORE};
    return config;
}

void work_in_thread(void* worker) { static_cast<Worker*>(worker)->work(kOperations); }

void run_round(World& world, Random& random) {
    world.resurrecting = random.one_in(2);
    world.shared = body_of(world.workers[0].any());
    platform::Thread other;
    const bool started = other.start(work_in_thread, &world.workers[1],
                                     {.stack = g_worker_stack,
                                      .stack_bytes = kStackBytes,
                                      .priority = 1,
                                      .core = port::kCores - 1});
    OURO_CONFORMS(started, "the second mutator starts");
    testing::interrupt_anywhere(World::interrupt, nullptr);
    world.workers[0].work(kOperations);
    other.join();
    testing::interrupt_anywhere(nullptr, nullptr);
}

/// Stores of references to variable objects are left to the threads.
bool is_fixed(const Ref<Object>& object) {
    return is_object(object.bits()) && mark_at(object.bits()).kind() != Kind::wide;
}

void print_figures(const World& world) {
    const Tally& tally = world.tally;
    const struct {
        const char* name;
        std::uint32_t value;
    } figures[] = {
        {"operations", tally.operations.load(std::memory_order_seq_cst)},
        {"objects made", tally.made.load(std::memory_order_seq_cst)},
        {"finalizers", tally.finalized.load(std::memory_order_seq_cst)},
        {"destructors", tally.destroyed.load(std::memory_order_seq_cst)},
        {"resurrections", world.revivals.load(std::memory_order_seq_cst)},
        {"times out of memory", tally.out_of_memory.load(std::memory_order_seq_cst)},
        {"weak references locked", tally.locks_won.load(std::memory_order_seq_cst)},
        {"weak references dead", tally.locks_lost.load(std::memory_order_seq_cst)},
        {"ids alive", tally.ids_alive.load(std::memory_order_seq_cst)},
        {"ids dead", tally.ids_dead.load(std::memory_order_seq_cst)},
        {"interrupts that used the heap", tally.interrupts.load(std::memory_order_seq_cst)},
        {"objects collected",
         static_cast<std::uint32_t>(world.heap->statistics().reclaimed_by_collector)},
        {"automatic collections",
         static_cast<std::uint32_t>(world.heap->collector().statistics().automatic)},
        {"most survivors", world.survivors_max},
        {"weak references judged", world.weak_checks},
    };
    for (const auto& figure : figures) {
        board::print("stress: ");
        board::print(figure.name);
        board::print(" ");
        board::print_number(figure.value);
        board::print("\n");
    }
}

}  // namespace

World::World(ManagedHeap& its_heap, std::uint32_t seed)
    : heap(&its_heap), workers{{*this, Random(seed).stream(1)}, {*this, Random(seed).stream(2)}} {
    g_current = this;
    for (Ref<Object>& hub : hubs) {
        hub = try_make_wide(its_heap, kHubFields);
        OURO_CONFORMS(static_cast<bool>(hub), "there is memory for the hubs");
    }
}

void World::check(const Ref<Object>& object, const char* sentence) {
    OURO_CONFORMS(!is_object(object.bits()) || mark_at(object.bits()).intact(), sentence);
}

void World::drop_all() {
    for (Worker& worker : workers) {
        for (Ref<Object>& handle : worker.pocket) handle.reset();
        for (Worker::WeakRecord& record : worker.weaks) record.weak.reset();
    }
    shared.reset();
    for (Ref<Object>& hub : hubs) hub.reset();
}

void World::interrupt(void*) {
    World& world = current();
    const std::uint32_t n = world.tally.interrupts.fetch_add(1, std::memory_order_seq_cst);
    Field<Object>& slot = world.hub_slot(n * 7);
    switch (n % 64) {
        case 0: world.check(slot.take(), "what a handler takes lives"); break;
        case 1: {
            Ref<Object> moved = slot.load();
            if (is_fixed(moved)) world.hub_slot(n * 5) = std::move(moved);
            break;
        }
        case 2: {
            const Ref<Object> object = slot.load();
            if (!is_fixed(object)) break;
            for (Field<Object>& field : slots_at(object.bits())) field = object;
            break;
        }
        case 3: {
            const Ref<Body> locked = world.shared.lock();
            if (locked) slot = Ref<Object>(locked);
            break;
        }
        default: world.check(slot.load(), "what a handler loads lives");
    }
}

void stress(std::uint32_t seed) {
    Random random = Random(seed).stream(0);
    ManagedHeap heap(g_region, config(random));
    const std::size_t free_bytes = heap.statistics().free_bytes;
    World& world = *new (g_world) World(heap, seed);
    Collector& collector = heap.collector();
    for (unsigned round = 0; round < kRounds; ++round) {
        run_round(world, random);
        collector.stop();
        world.judge();
        OURO_CONFORMS(collector.start(), "the collector starts again");
    }
    collector.stop();
    // Finalizers find a grave in the hubs to the last: until nobody is there to go there.
    while (heap.statistics().live_objects > kHubs) {
        for (std::uint32_t i = 0; i < kHubs * kHubFields; ++i) world.hub_slot(i) = nullptr;
        for (Worker& worker : world.workers)
            for (Ref<Object>& handle : worker.pocket) handle.reset();
        heap.collect();
        while (collector.drain(1000)) {
        }
    }
    world.judge();
    world.drop_all();
    heap.collect();
    OURO_CONFORMS(heap.statistics().live_objects == 0, "nothing is left");
    OURO_CONFORMS(shadow_count() == 0, "everybody's destructor was called");
    OURO_CONFORMS(heap.statistics().free_bytes == free_bytes, "memory is as free as at first");
    OURO_CONFORMS(!collector.verify(), "the heap is in order at the end");
    print_figures(world);
    world.~World();
}

}  // namespace ouro::stress

int main() {
    using namespace ouro;
    const std::uint32_t seed = board::argument(1);
    board::print("stress on ");
    board::print(board::kName);
    board::print(", seed ");
    board::print_number(seed);
    board::print("\n");
    testing::start_everywhere();
    stress::stress(seed);
    testing::print_schedule();
    return 0;
}
