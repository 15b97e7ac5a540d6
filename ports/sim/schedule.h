// A schedule as data: the decisions that were not the obvious ones. What replay needs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ouro::port::sim {

/// One decision. It belongs to a thread's own `step`-th decision point, not to a moment of the
/// whole execution, so that it keeps its meaning when other decisions are left out.
struct Decision {
    enum Kind : char {
        to_thread = '>',  ///< thread `value` goes on
        old_store = '~',  ///< the load returns the store `value` places before the newest
        interrupt = '!'   ///< the interrupt happens now
    };
    std::uint8_t thread;
    Kind kind;
    std::uint8_t value;
    std::uint32_t step;

    bool operator==(const Decision&) const = default;
};

/// Everything that is not in it goes the obvious way: the running thread goes on, the first thread
/// that can follows one that cannot, loads return the newest store.
using Schedule = std::vector<Decision>;

/// "1:37>2,2:51~1": thread 1 gives way to thread 2 before its 37th step, ... "-" when empty.
std::string to_text(const Schedule& schedule);

/// The reverse of to_text(); nothing when the text is none of its results.
std::optional<Schedule> from_text(std::string_view text);

}  // namespace ouro::port::sim
