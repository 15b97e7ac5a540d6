#include "tools/script_tables.h"

#include <algorithm>
#include <utility>

namespace ouro::tools {

Ref<Object> ScriptTables::handle(std::uint32_t name) {
    const std::lock_guard guard(lock_);
    return handles_[name];
}

void ScriptTables::bind(std::uint32_t name, Ref<Object> object) {
    const std::lock_guard guard(lock_);
    handles_[name].swap(object);  // the parameter, and with it the old object, outlives the lock
}

std::optional<Id> ScriptTables::latest(std::uint32_t label) {
    const std::lock_guard guard(lock_);
    return latest_[label];
}

void ScriptTables::set_latest(std::uint32_t label, const Id& id) {
    const std::lock_guard guard(lock_);
    latest_[label] = id;
}

const ScriptStatement* ScriptTables::actions(ScriptEvent event, std::uint32_t label) {
    const std::lock_guard guard(lock_);
    return actions_[static_cast<std::size_t>(event)][label];
}

void ScriptTables::set_actions(ScriptEvent event, std::uint32_t label,
                               const ScriptStatement* actions) {
    const std::lock_guard guard(lock_);
    actions_[static_cast<std::size_t>(event)][label] = actions;
}

void ScriptTables::forget_actions() {
    const std::lock_guard guard(lock_);
    for (auto& actions : actions_) std::ranges::fill(actions, nullptr);
}

}  // namespace ouro::tools
