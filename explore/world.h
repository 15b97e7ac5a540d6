// The world of a scenario: one small heap, the handles that its threads own, and what happened.
//
// It is static and holds no memory of its own, so that putting back its bytes and the region's puts
// back the moment before an execution.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "explore/cell.h"
#include "ouro/ouro.h"

namespace ouro::explore {

inline constexpr std::size_t kRegionBytes = 48 * 1024;
inline constexpr unsigned kHandlesMax = 6;
inline constexpr unsigned kWeaksMax = 3;

/// Thrown where a thread's program comes to its end early: no memory, or so the run wants it.
/// Caught at the top of threads, finalizers and destructors.
struct ThreadEnds {};

/// Handles of one type. A handle has one thread as its owner; others may look through a handle that
/// nobody changes.
template <class T>
struct Handles {
    Ref<T> ref[kHandlesMax];
    Weak<T> weak[kWeaksMax];
    std::uint64_t weak_id[kWeaksMax];  ///< number of the object that it was made for, 0 = none
};

template <>
struct Handles<Bare> {
    Ref<Bare> ref[kHandlesMax];
};

/// How often the callback of a weak reference runs, by the end of an execution.
enum class Calls : std::uint8_t { never, once, at_most_once };

struct World {
    std::optional<ManagedHeap> heap;
    Handles<Plain> plain;
    Handles<Finalized> finalized;
    Handles<Destroyed> destroyed;
    Handles<Wide> wide;
    Handles<Roomy> roomy;
    Handles<Escaping> escaping;
    Ref<Watcher> watchers[kWeaksMax];
    Handles<Bare> bare;

    std::uint64_t next_id;
    std::uint8_t finalizers[kIdsMax];   ///< runs of each object's finalizer
    std::uint8_t destructors[kIdsMax];  ///< and of its destructor
    std::uint8_t callbacks[kIdsMax];    ///< calls of each weak reference that calls back
    Calls calls[kIdsMax];               ///< and how often it may be called
    bool must_finalize[kIdsMax];        ///< objects that have one
    bool must_destroy[kIdsMax];
    UserCode on_finalize;      ///< what finalizers do beside
    UserCode on_destroy;       ///< and destructors
    bool keeps_garbage;        ///< the scenario's end is not collected (it has shut down)
    bool may_run_out;          ///< memory may really be used up
    std::uint32_t operations;  ///< of the threads' programs so far
    std::uint32_t end_at;      ///< the operation at which its thread ends; 0 = none

    /// Throws ThreadEnds when a planted fault has refused the memory.
    template <class T>
    Ref<T> make() {
        operate();
        const std::uint64_t id = take_id();
        auto made = try_make<T>(heap->heap(), id);
        if (!made) refused(made.error());
        must_finalize[id] = std::is_same_v<T, Finalized>;
        must_destroy[id] = std::is_same_v<T, Destroyed>;
        return std::move(made).value();
    }
    /// A weak reference to `target` that calls back as often as said.
    template <class T>
    Ref<Watcher> make_watcher(const Ref<T>& target, Calls times) {
        operate();
        const std::uint64_t id = take_id();
        auto made = try_make<Watcher>(heap->heap(), id, target);
        if (!made) refused(made.error());
        calls[id] = times;
        return std::move(made).value();
    }
    std::uint64_t take_id();
    /// One operation of a thread's program begins: the thread may end here.
    void operate();
    [[noreturn]] static void refused(Error error);
    /// Points weak reference `index` of that type to `ref`.
    template <class T>
    void watch(Handles<T>& handles, unsigned index, const Ref<T>& ref) {
        handles.weak[index] = ref;
        handles.weak_id[index] = ref->id;
    }
    CollectResult collect() {
        operate();
        return heap->collect();
    }
};

/// The one world of the process.
World& world();

/// Fails the execution with a violation.
[[noreturn]] void violated(const char* what, const void* object);

/// Uses an object as a program would: reads its number, which must be one that was given.
template <class T>
std::uint64_t use(const Ref<T>& ref) {
    if (!ref) return 0;
    world().operate();
    platform::plain_read(&ref->id, sizeof ref->id);
    if (ref->id == 0 || ref->id >= kIdsMax) violated("an object was overwritten", ref.get());
    return ref->id;
}

/// Makes the world: a heap that collects when asked, empty handles.
void make_world(const ManagedHeapConfig& config);
/// Keeps the world's bytes, and puts them back.
void save_world();
void restore_world();
/// Is the address in the world's region?
/// Takes what memory there is, all of it reachable from the first handle of wide objects.
void fill_memory(World& w);
bool in_region(const void* address);

using ThreadFunction = void (*)(World&);
/// Calls a part of a program, which may end early.
template <class F>
void run_program(F&& program) {
    try {
        program();
    } catch (const ThreadEnds&) {
    }
}

/// Runs the functions, each on a thread of its own, and waits for all.
void run_threads(ThreadFunction first, ThreadFunction second, ThreadFunction third = nullptr);

}  // namespace ouro::explore
