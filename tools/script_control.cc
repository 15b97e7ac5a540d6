// The statements about the collector.
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tools/script_world.h"

namespace ouro::tools {

bool ScriptWorld::perform_on_collector(const Statement& statement) {
    Collector& collector = heap_.collector();
    switch (statement.verb) {
        case ScriptVerb::kCollect: collect(statement); return true;
        case ScriptVerb::kEnable:
        case ScriptVerb::kDisable:
        case ScriptVerb::kThreshold: set_automatic(statement); return true;
        case ScriptVerb::kSettle: collector.settle(); return true;
        case ScriptVerb::kChurn: return churn(statement.number);
        case ScriptVerb::kFreeze: collector.freeze(); return true;
        case ScriptVerb::kUnfreeze: collector.unfreeze(); return true;
        case ScriptVerb::kSaveAll: collector.set_save_all(statement.on); return true;
        case ScriptVerb::kTake: return take(statement);
        case ScriptVerb::kEmpty: collector.clear_garbage(); return true;
        default:  // kCallbacks
            collector.remove_callback(collector_ran, this);
            if (statement.on) collector.add_callback(collector_ran, this);
            return true;
    }
}

/// There are no generations: a collection of any is a full one.
void ScriptWorld::collect(const Statement& statement) {
    if (parallel_.get()) collected_.set(true);
    const CollectResult done = heap_.collect();
    const std::string generation = statement.words.empty() ? "" : " " + statement.words[0];
    result(absl::StrCat("collect", generation, " -> ", done.unreachable));
}

void ScriptWorld::set_automatic(const Statement& statement) {
    Collector& collector = heap_.collector();
    const bool off = statement.verb == ScriptVerb::kDisable ||
                     (statement.verb == ScriptVerb::kThreshold && statement.number == 0);
    const bool may_wait = off && context_ == nullptr && !parallel_.get();
    if (may_wait && object_count() > 0) collector.settle();
    if (statement.verb == ScriptVerb::kEnable) {
        collector.enable();
    } else if (statement.verb == ScriptVerb::kDisable) {
        collector.disable();
    } else {
        collector.set_threshold(static_cast<std::uint32_t>(statement.number));
    }
    // What an automatic collection has begun belongs before this statement, as in Python.
    while (may_wait && collector.collecting()) std::this_thread::yield();
    if (statement.verb == ScriptVerb::kDisable) {
        const std::lock_guard guard(base_lock_);
        base_ = totals();
    }
}

bool ScriptWorld::churn(std::uint64_t count) {
    std::vector<Ref<ScriptFiller>> fillers;
    for (std::uint64_t i = 0; i < count; ++i) {
        auto made = try_make<ScriptFiller>(heap_.heap());
        if (!made) return fail(made.error());
        fillers.push_back(std::move(made).value());
    }
    return true;
}

/// Moves an object from the garbage list to a handle. Where there is none of that label, the script
/// is wrong, and the actions of an event fail.
bool ScriptWorld::take(const Statement& statement) {
    struct Search {
        std::uint32_t label;
        Ref<Object> found;
    } search{statement.names[1], {}};
    heap_.collector().garbage(
        [](void* self, const Ref<Object>& object) {
            auto& at = *static_cast<Search*>(self);
            if (!at.found && script_label(object) == at.label) at.found = object;
        },
        &search);
    if (!search.found || !heap_.collector().take_garbage(search.found)) {
        return give_up(statement,
                       absl::StrCat("'", program_.names[search.label], "' is not in list"));
    }
    tables_.bind(statement.names[0], std::move(search.found));
    return true;
}

ScriptWorld::Totals ScriptWorld::totals() {
    const CollectorStatistics figures = heap_.collector().statistics();
    return {figures.collections + figures.automatic, figures.collected, figures.uncollectable};
}

}  // namespace ouro::tools
