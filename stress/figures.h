// Figures of a run: what the threads count for themselves, added up at the end.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "gc/collector.h"
#include "heap/statistics.h"
#include "stress/kinds.h"

namespace ouro::stress {

/// Counted by one thread for itself.
struct Tally {
    std::uint64_t operations = 0;
    std::uint64_t longest_ns = 0;  ///< of the operations that have a bound of their own
    const char* longest_name = "none";
    std::uint64_t longest_collect_ns = 0;  ///< of collect(), step(), drain() and whole-heap queries
    std::array<std::uint64_t, kKinds> made{};
    std::uint64_t out_of_memory = 0;
    std::uint64_t locks_won = 0;  ///< weak references that gave their object
    std::uint64_t locks_lost = 0;
    std::uint64_t ids_alive = 0;  ///< queries by id that found the object
    std::uint64_t ids_dead = 0;
    std::uint64_t handed_over = 0;  ///< handles sent to another thread
    std::uint64_t destructors = 0;
    std::uint64_t resurrections = 0;
    std::uint64_t collect_calls = 0;
    std::uint64_t collected = 0;  ///< sum of what collect() returned
    std::uint64_t threads = 0;    ///< short-lived threads started

    void add(const Tally& other);
};

/// What a run reports.
struct Figures {
    std::uint64_t seed = 0;
    bool ok = false;
    unsigned threads = 0;
    unsigned rounds = 0;
    double seconds = 0;
    Tally tally;
    Statistics heap{};
    CollectorStatistics collector{};
    std::uint64_t survived_max = 0;  ///< most objects that a survey found reachable
    std::uint64_t violations = 0;
};

/// A few lines for people.
std::string to_text(const Figures& figures);
/// One JSON object.
std::string to_json(const Figures& figures);

}  // namespace ouro::stress
