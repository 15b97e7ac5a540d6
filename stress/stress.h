// ouro stress: random graph surgery by many threads, compared with a shadow model at every rest.
//
// One run makes a heap, lets threads work on it in rounds, stops them after each round, and
// compares the heap with the shadow (stress/README.md says what is compared). The seed decides
// everything but the schedule, which is the machine's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>

namespace ouro::stress {

/// Faults that a test plants into the stress's own bookkeeping, to see that they are reported.
enum class PlantedFault : std::uint8_t {
    none,
    destroyed_twice,  ///< a destructor seems to run twice
    destroyed_never,  ///< a destructor's run is not recorded
    finalized_twice,  ///< a finalizer seems to run twice
    finalized_never,  ///< a finalizer's run is not recorded
    count_off,        ///< the survey misses one reference
    object_lost,      ///< the survey misses one object with all it refers to
    extra_handle,     ///< a handle that the survey does not know: an object never reclaimed
    weak_dead,        ///< a weak reference to a living object seems dead
    weak_alive,       ///< a weak reference to a dead object seems alive
    canary,           ///< a byte of an object changes
};

struct StressOptions {
    unsigned threads = 4;
    double seconds = 10;
    std::uint64_t seed = 0;
    std::size_t region_bytes = std::size_t{16} << 20;
    bool json = false;

    PlantedFault planted = PlantedFault::none;
};

inline constexpr unsigned kThreadsMax = 64;

/// Exit statuses.
inline constexpr int kOk = 0;
inline constexpr int kViolation = 1;
inline constexpr int kUsage = 2;

/// Runs the stress: the seed first, then the figures on `out`, evidence of violations on `err`.
/// Returns:    kOk, kViolation, or kUsage iff the region is too small for a heap and some objects.
/// Threads:    one run at a time in a process. After a violation the heap and its memory are left
///             as they are, so that nothing else happens to the evidence.
int run_stress(const StressOptions& options, std::ostream& out, std::ostream& err);

/// Reads --threads, --seconds, --seed, --region, --json (and the form --flag=value).
/// Returns:    "" or what is wrong; `help` is set when help was asked for.
std::string parse_options(std::span<char* const> arguments, StressOptions& options, bool& help);

/// `ouro stress ARGUMENT...`: parse_options(), then run_stress() on the standard streams.
/// Takes:      the arguments after the command's name.
int stress_command(std::span<char* const> arguments);

inline constexpr char kStressSummary[] =
    "random graph surgery by many threads, compared with a shadow model";

}  // namespace ouro::stress
