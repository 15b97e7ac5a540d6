// The memory model: per location the stores that happened, and which of them a load may return.
//
// M1  Stores of a location are numbered in the order of execution; that is their modification
//     order.
// M2  A load returns a store that no later one hides. A later store hides when the loading thread
//     has seen it, or somebody whose seeing happens before the load has (coherence).
// M3  A read-modify-write reads the newest store and continues its release sequence.
// M4  A seq_cst load does not read past the newest seq_cst store of its location.
// M5  Plain writes (annotated, and the constructors of atomics) must be ordered, by happens-before,
//     with every other access to their location; freed memory may not be accessed at all.
//
// The newest value always stands in the atomic itself, so memory can be read and written without
// the model before and after an execution. Nothing is allocated: tables are reused from one
// execution to the next. Idea: per-store "first seen" times as in Relacy (D. Vyukov).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "ports/sim/clock.h"

namespace ouro::port::sim {

/// How many stores of a location can be told apart; older ones cannot be read any more.
inline constexpr unsigned kHistoryMax = 8;

/// One store to a location.
struct Store {
    std::uint64_t value;
    VectorClock message;              ///< what an acquiring reader learns
    std::uint32_t seen[kThreadsMax];  ///< when each thread first saw it; ~0 = not yet
};

/// Everything about one address. Plain accesses are kept per four bytes.
struct Location {
    std::uintptr_t address;
    std::uint32_t execution;              ///< of which execution; others' content means nothing
    std::uint32_t newest;                 ///< number of the newest store, from 1
    std::uint32_t newest_ordered;         ///< of the newest seq_cst store, 0 = none
    std::uint32_t accessed[kThreadsMax];  ///< time of each thread's last access
    std::uint32_t written;                ///< time of the last plain write, 0 = before the start
    std::uint8_t writer;                  ///< thread of the last plain write
    bool freed;                           ///< declared unusable
    bool unread;                          ///< the first store's value is to be taken from memory
    Store stores[kHistoryMax];            ///< number n stands at n % kHistoryMax

    Store& store(std::uint32_t number) { return stores[number % kHistoryMax]; }
};

/// What is wrong with an access; `what` null = nothing.
struct Race {
    const char* what = nullptr;
};

/// The stores that a load may return: numbers oldest to newest, none of them hidden.
struct Readable {
    Location* location;
    std::uint32_t oldest;
    std::uint32_t newest;
};

class Memory {
public:
    /// Forgets everything: what memory holds now was there before all threads.
    void begin_execution();

    /// The location of an atomic, checked for races with plain writes.
    Location& atomic_at(ThreadView& view, const void* at, unsigned bytes, Race& race);
    /// What a load of that location may return.
    Readable readable(ThreadView& view, Location& location, std::memory_order order);
    /// Performs the load of store `number`.
    std::uint64_t load(ThreadView& view, Location& location, std::uint32_t number,
                       std::memory_order order);
    /// The value that a read-modify-write finds.
    std::uint64_t newest(Location& location) { return location.store(location.newest).value; }
    /// Performs a store; `continues`: it is the second half of a read-modify-write.
    void store(ThreadView& view, Location& location, std::uint64_t value, std::memory_order order,
               bool continues);
    void fence(ThreadView& view, std::memory_order order);

    /// The constructor of an atomic: a plain write that ends whatever the location was before.
    void construct(ThreadView& view, const void* at, unsigned bytes, Race& race);
    void plain_read(ThreadView& view, const void* at, std::size_t bytes, Race& race);
    void plain_write(ThreadView& view, const void* at, std::size_t bytes, Race& race);
    /// The range changes hands: a plain write of all of it; unusable until usable() if `freed`.
    void hand_over(ThreadView& view, const void* at, std::size_t bytes, bool freed, Race& race);

private:
    static constexpr unsigned kLocationsMax = 1u << 13;
    static constexpr unsigned kBucketsMax = 1u << 14;

    Location* find(std::uintptr_t address);
    Location& find_or_add(std::uintptr_t address);
    void check_write(ThreadView& view, Location& location, Race& race);
    void check_read(ThreadView& view, Location& location, Race& race);

    struct Bucket {
        std::uintptr_t address;
        std::uint32_t execution;
        std::uint32_t location;
    };

    std::uint32_t execution_ = 0;
    std::uint32_t used_ = 0;
    VectorClock fences_;  ///< what the seq_cst fences so far have published
    Bucket buckets_[kBucketsMax] = {};
    Location locations_[kLocationsMax] = {};
};

}  // namespace ouro::port::sim
