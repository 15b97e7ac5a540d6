// What a run does, drawn from its seed: the heap's configuration, the mix of objects, of finalizers
// and, round by round, of operations.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gc/managed_heap.h"
#include "stress/kinds.h"
#include "stress/random.h"
#include "stress/stress.h"

namespace ouro::stress {

/// Draws numbers with given weights.
class Lottery {
public:
    void add(std::uint32_t weight) {
        total_ += weight;
        ends_.push_back(total_);
    }
    /// The index of a weight, by its share. At least one weight is not 0.
    std::uint32_t draw(Random& random) const;

private:
    std::vector<std::uint32_t> ends_;
    std::uint32_t total_ = 0;
};

/// How much user code the objects of a run have.
enum class UserCode : std::uint8_t {
    none,         ///< no destructors, no finalizers
    destructors,  ///< no finalizers
    finalizers,   ///< finalizers that do not resurrect
    all,
};

struct Plan {
    ManagedHeapConfig config;
    UserCode user_code = UserCode::all;
    Lottery kinds;
    Lottery behaviours;
    std::uint32_t live_max = 0;       ///< threads drop rather than build above this
    std::uint32_t structure_max = 0;  ///< most objects of one structure
    std::uint32_t wide_fields_max = 0;
    std::uint32_t wide_bytes_max = 0;
    std::uint32_t pocket = 0;  ///< handles of one thread
    std::uint32_t hubs = 0;    ///< objects that all threads write to
    std::uint32_t hub_fields = 0;
    std::uint32_t round_ms = 0;

    Plan(const StressOptions& options, Random random);
    /// One line for the report.
    std::string describe() const;
};

}  // namespace ouro::stress
