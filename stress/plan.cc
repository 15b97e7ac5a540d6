#include "stress/plan.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace ouro::stress {

namespace {

constexpr const char* kUserCodeNames[] = {"none", "destructors", "finalizers", "all"};

ManagedHeapConfig draw_config(const StressOptions& options, Random& random) {
    constexpr std::uint32_t kCascades[] = {0, 0, 0, 1, 10, 100};
    constexpr std::uint32_t kThresholds[] = {1, 16, 64};
    constexpr std::uint64_t kDelays[] = {0, 100'000, 2'000'000};
    constexpr std::uint32_t kPerRoot[] = {4, 64, 512};
    constexpr std::uint32_t kPerPass[] = {0, 1, 64, 4096};
    constexpr std::uint32_t kSteps[] = {4, 64, 4096};
    constexpr std::uint32_t kShares[] = {1, 10, 50};
    constexpr std::uint32_t kCaches[] = {0, 6, 6, 50};
    ManagedHeapConfig config;
    config.heap.cascade_objects_max = random.one_of(kCascades);
    config.heap.quarantine_bytes = random.one_in(4) ? options.region_bytes / 32 : 0;
    config.collector.background = !random.one_in(8);
    config.collector.enabled = !random.one_in(8);
    config.collector.threshold_pages = random.one_of(kThresholds);
    config.collector.delay_ns = random.one_of(kDelays);
    config.collector.objects_per_root = random.one_of(kPerRoot);
    config.collector.step_units = random.one_of(kSteps);
    config.collector.user_code_by_drain = random.one_in(4);
    config.collector.deferred_percent = random.one_of(kShares);
    Random later(options.seed);  // of its own, so that seeds keep their other choices
    config.heap.cache_percent = later.one_of(kCaches);
    config.heap.cache_after = later.one_in(2) ? 0 : 32;
    config.collector.objects_per_pass = later.one_of(kPerPass);
    return config;
}

bool is_wanted(Kind kind, UserCode user_code) {
    const KindInfo& info = info_of(kind);
    if (info.finalizer) return user_code >= UserCode::finalizers;
    if (info.destructor) return user_code >= UserCode::destructors;
    return true;
}

}  // namespace

std::uint32_t Lottery::draw(Random& random) const {
    const std::uint32_t ticket = random.below(total_);
    const auto found = std::upper_bound(ends_.begin(), ends_.end(), ticket);
    return static_cast<std::uint32_t>(found - ends_.begin());
}

Plan::Plan(const StressOptions& options, Random random) {
    config = draw_config(options, random);
    constexpr UserCode kUserCodes[] = {UserCode::none, UserCode::destructors, UserCode::finalizers,
                                       UserCode::all, UserCode::all};
    user_code = random.one_of(kUserCodes);
    for (std::size_t i = 0; i < kKinds; ++i) {
        constexpr std::uint32_t kWeights[] = {1, 2, 4, 8};
        const std::uint32_t weight = random.one_of(kWeights);
        kinds.add(is_wanted(static_cast<Kind>(i), user_code) ? weight : 0);
    }
    // In the order of Behaviour: most finalizers do something, few do something expensive.
    constexpr std::uint32_t kBehaviourWeights[kBehaviours] = {8, 6, 6, 4, 1, 3, 4, 4, 3, 6, 4};
    for (std::size_t i = 0; i < kBehaviours; ++i) {
        const bool resurrects = i >= static_cast<std::size_t>(Behaviour::resurrect);
        behaviours.add(resurrects && user_code != UserCode::all ? 0 : kBehaviourWeights[i]);
    }
    const std::size_t objects = options.region_bytes / 128;
    constexpr std::uint32_t kLiveMax[] = {2'000, 10'000, 60'000};
    live_max = static_cast<std::uint32_t>(std::min<std::size_t>(objects, random.one_of(kLiveMax)));
    // In a small region the threads meet the end of memory, not this bound.
    if (options.region_bytes <= std::size_t{4} << 20) live_max = ~0u;
    structure_max =
        random.one_in(2)
            ? 20
            : static_cast<std::uint32_t>(std::clamp<std::size_t>(objects / 16, 20, 3'000));
    wide_fields_max = random.one_in(2) ? 12 : 200;
    wide_bytes_max = static_cast<std::uint32_t>(
        std::min<std::size_t>(random.one_in(3) ? 30'000 : 300, options.region_bytes / 64));
    pocket = random.between(8, 64);
    hubs = random.between(1, 12);
    hub_fields = random.between(2, 40);
    round_ms = random.between(20, 250);
}

std::string Plan::describe() const {
    const CollectorConfig& c = config.collector;
    return absl::StrFormat(
        "user code %s, background %d, enabled %d, drain %d, cascade %d, quarantine %d, caches %d "
        "%% after %d, threshold "
        "%d, "
        "delay %d us, per root %d, per pass %d, step %d, deferred %d %%, live max %d, structure "
        "%d, hubs %d x "
        "%d, "
        "pocket %d, rounds of %d ms",
        kUserCodeNames[static_cast<std::size_t>(user_code)], c.background, c.enabled,
        c.user_code_by_drain, config.heap.cascade_objects_max, config.heap.quarantine_bytes,
        config.heap.cache_percent, config.heap.cache_after, c.threshold_pages, c.delay_ns / 1000,
        c.objects_per_root, c.objects_per_pass, c.step_units, c.deferred_percent, live_max,
        structure_max, hubs, hub_fields, pocket, round_ms);
}

}  // namespace ouro::stress
