#include "ports/sim/memory.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace ouro::port::sim {

namespace {

constexpr std::uint32_t kNever = ~std::uint32_t{0};
constexpr std::size_t kEagerBytes = 1024;  // ranges up to this are known granule by granule

bool acquires(std::memory_order order) {
    return order == std::memory_order_acquire || order == std::memory_order_acq_rel ||
           order == std::memory_order_seq_cst || order == std::memory_order_consume;
}

bool releases(std::memory_order order) {
    return order == std::memory_order_release || order == std::memory_order_acq_rel ||
           order == std::memory_order_seq_cst;
}

std::uint64_t value_in_place(const void* at, unsigned bytes) {
    std::uint64_t value = 0;
    std::memcpy(&value, at, bytes);
    return value;
}

// The location begins anew with one store that everybody knows, or its writer alone.
void restart(Location& location, bool known_to_all) {
    location.newest = 1;
    location.newest_ordered = 0;
    location.unread = true;
    Store& first = location.store(1);
    first.message = {};
    for (std::uint32_t& seen : first.seen) seen = known_to_all ? 0 : kNever;
}

}  // namespace

void Memory::begin_execution() {
    ++execution_;
    used_ = 0;
    fences_ = {};
}

Location* Memory::find(std::uintptr_t address) {
    for (std::uintptr_t i = (address >> 2) * 0x9e37'79b9u >> 5;; ++i) {
        Bucket& bucket = buckets_[i % kBucketsMax];
        if (bucket.execution != execution_) return nullptr;
        if (bucket.address == address) return &locations_[bucket.location];
    }
}

Location& Memory::find_or_add(std::uintptr_t address) {
    std::uintptr_t i = (address >> 2) * 0x9e37'79b9u >> 5;
    for (;; ++i) {
        Bucket& bucket = buckets_[i % kBucketsMax];
        if (bucket.execution != execution_) break;
        if (bucket.address == address) return locations_[bucket.location];
    }
    if (used_ == kLocationsMax) {
        std::fputs("ouro: fatal: an execution touches more than 8192 locations\n", stderr);
        std::abort();
    }
    buckets_[i % kBucketsMax] = {address, execution_, used_};
    Location& location = locations_[used_++];
    location.address = address;
    location.execution = execution_;
    std::memset(location.accessed, 0, sizeof location.accessed);
    location.written = 0;
    location.writer = 0;
    location.freed = false;
    restart(location, true);
    return location;
}

// ---- races

void Memory::check_read(ThreadView& view, Location& location, Race& race) {
    if (location.freed) {
        race.what = "access to memory that was given back";
    } else if (!view.clock.covers(location.writer, location.written)) {
        race.what = "race: access not ordered after the plain write of another thread";
    }
    location.accessed[view.id] = view.clock.at[view.id];
}

void Memory::check_write(ThreadView& view, Location& location, Race& race) {
    for (unsigned u = 0; u < kThreadsMax; ++u) {
        if (!view.clock.covers(u, location.accessed[u]))
            race.what = "race: plain write not ordered after another thread's access";
    }
    if (!view.clock.covers(location.writer, location.written))
        race.what = "race: plain write not ordered after the plain write of another thread";
    location.writer = static_cast<std::uint8_t>(view.id);
    location.written = view.clock.at[view.id];
    location.accessed[view.id] = view.clock.at[view.id];
}

void Memory::plain_read(ThreadView& view, const void* at, std::size_t bytes, Race& race) {
    const auto begin = reinterpret_cast<std::uintptr_t>(at) & ~std::uintptr_t{3};
    const auto end = reinterpret_cast<std::uintptr_t>(at) + bytes;
    for (std::uintptr_t granule = begin; granule < end; granule += 4)
        check_read(view, find_or_add(granule), race);
}

void Memory::plain_write(ThreadView& view, const void* at, std::size_t bytes, Race& race) {
    const auto begin = reinterpret_cast<std::uintptr_t>(at) & ~std::uintptr_t{3};
    const auto end = reinterpret_cast<std::uintptr_t>(at) + bytes;
    for (std::uintptr_t granule = begin; granule < end; granule += 4) {
        Location& location = find_or_add(granule);
        if (location.freed) race.what = "write to memory that was given back";
        check_write(view, location, race);
    }
}

void Memory::hand_over(ThreadView& view, const void* at, std::size_t bytes, bool freed,
                       Race& race) {
    const auto begin = reinterpret_cast<std::uintptr_t>(at);
    for (std::uintptr_t word = begin; word < begin + bytes; word += 4) {
        const bool eager = bytes <= kEagerBytes && word % 8 == 0;
        Location* location = eager ? &find_or_add(word) : find(word);
        if (location == nullptr) continue;
        check_write(view, *location, race);
        location->freed = freed;
        restart(*location, false);
        location->store(1).seen[view.id] = view.clock.at[view.id];
    }
}

void Memory::construct(ThreadView& view, const void* at, unsigned bytes, Race& race) {
    Location& location = find_or_add(reinterpret_cast<std::uintptr_t>(at));
    if (location.freed) race.what = "construction in memory that was given back";
    check_write(view, location, race);
    restart(location, false);
    location.unread = false;
    location.store(1).value = value_in_place(at, bytes);
    location.store(1).seen[view.id] = view.clock.at[view.id];
}

// ---- atomics

Location& Memory::atomic_at(ThreadView& view, const void* at, unsigned bytes, Race& race) {
    Location& location = find_or_add(reinterpret_cast<std::uintptr_t>(at));
    check_read(view, location, race);
    if (location.unread) {
        location.unread = false;
        location.store(1).value = value_in_place(at, bytes);
    }
    return location;
}

Readable Memory::readable(ThreadView& view, Location& location, std::memory_order order) {
    const std::uint32_t newest = location.newest;
    std::uint32_t oldest = newest < kHistoryMax ? 1 : newest - kHistoryMax + 1;
    if (order == std::memory_order_seq_cst && location.newest_ordered > oldest)
        oldest = location.newest_ordered;
    for (std::uint32_t number = newest; number > oldest; --number) {
        const Store& store = location.store(number);
        bool known = false;
        for (unsigned u = 0; u < kThreadsMax; ++u) known |= store.seen[u] <= view.clock.at[u];
        if (known) return {&location, number, newest};
    }
    return {&location, oldest, newest};
}

std::uint64_t Memory::load(ThreadView& view, Location& location, std::uint32_t number,
                           std::memory_order order) {
    Store& store = location.store(number);
    if (store.seen[view.id] == kNever) store.seen[view.id] = view.clock.at[view.id];
    if (acquires(order)) {
        view.clock.join(store.message);
    } else {
        view.acquired.join(store.message);
    }
    return store.value;
}

void Memory::store(ThreadView& view, Location& location, std::uint64_t value,
                   std::memory_order order, bool continues) {
    VectorClock message = releases(order) ? view.clock : view.released;
    if (continues) message.join(location.store(location.newest).message);
    Store& store = location.store(++location.newest);
    store.value = value;
    store.message = message;
    for (std::uint32_t& seen : store.seen) seen = kNever;
    store.seen[view.id] = view.clock.at[view.id];
    if (order == std::memory_order_seq_cst) location.newest_ordered = location.newest;
}

void Memory::fence(ThreadView& view, std::memory_order order) {
    if (acquires(order)) view.clock.join(view.acquired);
    if (order == std::memory_order_seq_cst) {
        view.clock.join(fences_);
        fences_ = view.clock;
    }
    if (releases(order)) view.released = view.clock;
}

}  // namespace ouro::port::sim
