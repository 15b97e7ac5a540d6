#include "stress/figures.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace ouro::stress {

void Tally::add(const Tally& other) {
    operations += other.operations;
    if (other.longest_ns > longest_ns) {
        longest_ns = other.longest_ns;
        longest_name = other.longest_name;
    }
    longest_collect_ns = std::max(longest_collect_ns, other.longest_collect_ns);
    for (std::size_t i = 0; i < made.size(); ++i) made[i] += other.made[i];
    out_of_memory += other.out_of_memory;
    locks_won += other.locks_won;
    locks_lost += other.locks_lost;
    ids_alive += other.ids_alive;
    ids_dead += other.ids_dead;
    handed_over += other.handed_over;
    destructors += other.destructors;
    resurrections += other.resurrections;
    collect_calls += other.collect_calls;
    collected += other.collected;
    threads += other.threads;
}

std::string to_text(const Figures& f) {
    const Tally& t = f.tally;
    std::string text;
    const double rate = f.seconds > 0 ? static_cast<double>(t.operations) / f.seconds : 0;
    absl::StrAppendFormat(&text, "operations          %d in %.1f s, %.0f per second, %d rounds\n",
                          t.operations, f.seconds, rate, f.rounds);
    absl::StrAppendFormat(&text, "objects made        %d\n", f.heap.objects_made);
    absl::StrAppendFormat(&text, "reclaimed           %d by count, %d by the collector\n",
                          f.heap.reclaimed_by_count, f.heap.reclaimed_by_collector);
    absl::StrAppendFormat(&text, "finalizers          %d, resurrections %d\n",
                          f.heap.finalizers_run, t.resurrections);
    absl::StrAppendFormat(&text,
                          "longest operation   %.1f us (%s); collection or listing %.1f us\n",
                          static_cast<double>(t.longest_ns) / 1e3, t.longest_name,
                          static_cast<double>(t.longest_collect_ns) / 1e3);
    absl::StrAppendFormat(&text, "high-water mark     %d of %d bytes, %d objects in a survey\n",
                          f.heap.used_bytes_max, f.heap.region_bytes, f.survived_max);
    absl::StrAppendFormat(&text,
                          "collector           %d passes, %d aborted, %d requested, "
                          "%d automatic, longest step %.1f us\n",
                          f.collector.passes, f.collector.aborted, f.collector.collections,
                          f.collector.automatic,
                          static_cast<double>(f.collector.longest_step_ns) / 1e3);
    absl::StrAppendFormat(&text, "out of memory       %d times, %d emergency collections\n",
                          t.out_of_memory, f.heap.emergency_collections);
    absl::StrAppendFormat(&text, "weak references     %d locks won, %d lost\n", t.locks_won,
                          t.locks_lost);
    absl::StrAppendFormat(&text, "ids                 %d alive, %d dead\n", t.ids_alive,
                          t.ids_dead);
    absl::StrAppendFormat(&text, "threads             %d, short-lived %d, handles handed over %d\n",
                          f.threads, t.threads, t.handed_over);
    absl::StrAppendFormat(&text, "violations          %d\n", f.violations);
    return text;
}

std::string to_json(const Figures& f) {
    const Tally& t = f.tally;
    std::string made;
    for (std::size_t i = 0; i < kKinds; ++i)
        absl::StrAppend(&made, i == 0 ? "" : ", ", "\"", kKindInfos[i].name, "\": ", t.made[i]);
    return absl::StrCat(
        "{\"seed\": ", f.seed, ", \"ok\": ", f.ok ? "true" : "false", ", \"threads\": ", f.threads,
        ", \"rounds\": ", f.rounds, ", \"seconds\": ", absl::StrFormat("%.3f", f.seconds),
        ", \"operations\": ", t.operations, ", \"objects_made\": ", f.heap.objects_made,
        ", \"made\": {", made, "}, \"reclaimed_by_count\": ", f.heap.reclaimed_by_count,
        ", \"reclaimed_by_collector\": ", f.heap.reclaimed_by_collector,
        ", \"finalizers\": ", f.heap.finalizers_run, ", \"resurrections\": ", t.resurrections,
        ", \"longest_operation_ns\": ", t.longest_ns, ", \"longest_operation\": \"", t.longest_name,
        "\", \"longest_collection_ns\": ", t.longest_collect_ns,
        ", \"longest_step_ns\": ", f.collector.longest_step_ns,
        ", \"high_water_bytes\": ", f.heap.used_bytes_max,
        ", \"region_bytes\": ", f.heap.region_bytes, ", \"objects_surveyed_max\": ", f.survived_max,
        ", \"passes\": ", f.collector.passes, ", \"passes_aborted\": ", f.collector.aborted,
        ", \"collections\": ", f.collector.collections,
        ", \"collections_automatic\": ", f.collector.automatic,
        ", \"out_of_memory\": ", t.out_of_memory,
        ", \"emergency_collections\": ", f.heap.emergency_collections,
        ", \"weak_locks_won\": ", t.locks_won, ", \"weak_locks_lost\": ", t.locks_lost,
        ", \"ids_alive\": ", t.ids_alive, ", \"ids_dead\": ", t.ids_dead,
        ", \"handed_over\": ", t.handed_over, ", \"short_lived_threads\": ", t.threads,
        ", \"violations\": ", f.violations, "}");
}

}  // namespace ouro::stress
