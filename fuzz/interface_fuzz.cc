// Fuzz target: three threads use the public interface on the simulation port. The bytes are their
// programs and the schedule; the explorer's shadow model judges. An input replays bit for bit.
//
//   byte 0  bits 0..1 what finalizers do, bits 2..4 allocation that is refused (0 = none),
//           bit 5 short steps of the collector's passes are asked for
//   byte 1  operations per thread
//   then two bytes an operation, thread by thread, then the schedule (fuzz/byte_strategy.h)
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "explore/mutants.h"
#include "explore/shadow.h"
#include "explore/world.h"
#include "faults/allocation.h"
#include "fuzz/byte_strategy.h"
#include "ports/sim/engine.h"

namespace ouro::explore {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr unsigned kThreads = 3;
constexpr std::uint64_t kObjects = 56;  // of kIdsMax, the prepared ones and watchers included

struct Input {
    unsigned finalizers = 0;
    faults::AllocationFault fault;
    Bytes programs[kThreads];
    Bytes schedule;
};
Input g_input;

Input read_input(Bytes bytes) {
    Input input;
    input.finalizers = bytes[0] & 3;
    if ((bytes[0] >> 2 & 7) != 0)
        input.fault = {faults::Refuse::request, static_cast<unsigned>(bytes[0] >> 2 & 7)};
    const std::size_t operations = bytes[1] % 24;
    Bytes rest = bytes.subspan(2);
    for (Bytes& program : input.programs) {
        program = rest.first(std::min(rest.size() / 2, operations) * 2);
        rest = rest.subspan(program.size());
    }
    input.schedule = rest;
    return input;
}

bool room_for_objects() { return world().next_id + kThreads < kObjects; }

/// What thread `own` does with one operation on the objects of type T. ref[0] is the shared
/// container, ref[own] the thread's handle, weak[own - 1] its weak reference.
template <class T>
void operate_on(World& w, Handles<T>& handles, unsigned own, unsigned what) {
    const Ref<T>& shared = handles.ref[0];
    Ref<T>& mine = handles.ref[own];
    switch (what) {
        case 0:
            if (room_for_objects()) mine = w.make<T>();
            return;
        case 1: mine.reset(); return;
        case 2: mine = shared->left.load(); return;
        case 3: shared->left = mine; return;
        case 4: shared->left = std::move(mine); return;
        case 5: mine = shared->left.take(); return;
        case 6: mine = shared->right.exchange(std::move(mine)); return;
        case 7: mine = handles.weak[own - 1].lock(); return;
        case 8: shared->right = nullptr; return;
        default: break;
    }
    if (!mine) return;
    use(mine);
    switch (what) {
        case 9: mine->left = mine; return;
        case 10: mine->right = shared->left.load(); return;
        case 11: mine = mine->left.load(); return;
        case 12: w.watch(handles, own - 1, mine); return;
        case 13: mine->any = w.plain.ref[own]; return;
        case 14: mine->any = w.finalized.ref[own]; return;
        case 15: mine->left = nullptr; return;
        case 16: mine->left = std::move(mine); return;
        case 17:
            if (room_for_objects()) w.watchers[own - 1] = w.make_watcher(mine, Calls::at_most_once);
            return;
        case 18: mine->any = w.watchers[own - 1]; return;
        default: mine->right = nullptr; return;
    }
}

void operate_on_heap(World& w, unsigned own, unsigned what) {
    Collector& collector = w.heap->collector();
    switch (what % 8) {
        case 0: w.collect(); return;
        case 1: collector.step(1 + what); return;
        case 2: collector.drain(1 + what % 3); return;
        case 3: w.watchers[own - 1].reset(); return;
        case 4: {
            auto made = try_make<Wide>(w.heap->heap(), kIdsMax - 1);
            if (made) (*made)->left = *made;
            return;
        }
        case 5: collector.freeze(); return;
        case 6: collector.unfreeze(); return;
        default: collector.rehearse(); return;
    }
}

void run_bytes(World& w, unsigned own) {
    const Bytes program = g_input.programs[own - 1];
    for (std::size_t i = 0; i + 1 < program.size(); i += 2) {
        const unsigned what = program[i] % 20;
        switch (program[i + 1] % 8) {
            case 0: operate_on_heap(w, own, program[i]); break;
            case 1: operate_on(w, w.destroyed, own, what); break;
            case 2:
            case 3:
            case 4: operate_on(w, w.finalized, own, what); break;
            default: operate_on(w, w.plain, own, what); break;
        }
    }
}
template <unsigned kOwn>
void run_thread_bytes(World& w) {
    run_bytes(w, kOwn);
}

void finalize_as_told(void* object, std::uint64_t) {
    auto* cell = static_cast<Finalized*>(object);
    World& w = world();
    if (g_input.finalizers == 1) w.finalized.ref[0]->left = self(cell);
    if (g_input.finalizers == 2 && room_for_objects()) {
        const Ref<Plain> made = w.make<Plain>();
        made->left = made;
        w.collect();
    }
    if (g_input.finalizers == 3) {
        const Ref<Finalized> own = self(cell);
        cell->left = nullptr;
        cell->any = nullptr;
    }
}

void run_all(void*) {
    World& w = world();
    faults::arm(g_input.fault);
    run_threads(run_thread_bytes<1>, run_thread_bytes<2>, run_thread_bytes<3>);
    faults::disarm();
    w.heap->collector().unfreeze();
    // A finalizer may put its object in the place of another one, which is garbage then, once each.
    for (int round = 0; round < 8; ++round) w.collect();
}

void prepare() {
    ManagedHeapConfig config;
    config.heap.types_max = 16;
    config.heap.field_offsets_max = 32;
    config.heap.intern_buckets = 1;
    config.collector.background = false;
    make_world(config);
    World& w = world();
    w.plain.ref[0] = w.make<Plain>();
    w.finalized.ref[0] = w.make<Finalized>();
    w.destroyed.ref[0] = w.make<Destroyed>();
    w.on_finalize = finalize_as_told;
    w.may_run_out = true;  // what is frozen is not collected
    save_world();
}

void step_seen(void*) {
    if (const Finding finding = check_handles(); finding.what != nullptr)
        violated(finding.what, finding.object);
}
void memory_freed(void*, const void* at, std::size_t) {
    if (!in_region(at)) return;
    if (const Finding finding = check_freed(at); finding.what != nullptr)
        violated(finding.what, finding.object);
}

void stop(const char* what) {
    std::fprintf(stderr, "fuzz: %s\n", what);
    std::abort();
}

void run_once(Bytes bytes) {
    static const bool prepared = (prepare(), true);
    static_cast<void>(prepared);
    g_input = read_input(bytes);
    restore_world();
    port::sim::engine().observe({nullptr, nullptr, &step_seen, &memory_freed});
    fuzz::ByteStrategy strategy(g_input.schedule);
    const port::sim::Outcome outcome = port::sim::engine().run(strategy, &run_all, nullptr);
    faults::disarm();
    if (outcome.violation != nullptr) stop(outcome.violation);
    if (const Finding finding = check_end(); finding.what != nullptr) stop(finding.what);
}

}  // namespace
}  // namespace ouro::explore

/// OURO_MUTANT in the environment plants a defect that must be found (./dev mutants --list).
extern "C" int LLVMFuzzerInitialize(int*, char***) {
    const char* name = std::getenv("OURO_MUTANT");
    if (name == nullptr) return 0;
    const ouro::explore::MutantInfo* mutant = ouro::explore::find_mutant(name);
    if (mutant == nullptr) ouro::explore::stop("there is no such mutant");
    ouro::platform::g_mutant = mutant->mutant;
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    ouro::explore::run_once({data, size});
    return 0;
}
