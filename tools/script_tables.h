// What a script knows outside the heap: its handles, the latest object of each label, and the
// actions of events.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "ouro/ouro.h"
#include "tools/script_program.h"

namespace ouro::tools {

/// Threads: any, all functions. No reference is let go with the lock held, so that what dies of it
/// finds the tables free.
class ScriptTables {
public:
    explicit ScriptTables(std::size_t names) : handles_(names), latest_(names) {
        for (auto& actions : actions_) actions.resize(names);
    }

    /// What the handle holds.
    Ref<Object> handle(std::uint32_t name);
    /// Lets it hold `object`; what it held is let go afterwards.
    void bind(std::uint32_t name, Ref<Object> object);

    /// The address of the latest object created under a label.
    std::optional<Id> latest(std::uint32_t label);
    void set_latest(std::uint32_t label, const Id& id);

    /// The actions of an event, or null. Events of the collector have label 0.
    const ScriptStatement* actions(ScriptEvent event, std::uint32_t label);
    void set_actions(ScriptEvent event, std::uint32_t label, const ScriptStatement* actions);
    void forget_actions();

private:
    std::mutex lock_;
    std::vector<Ref<Object>> handles_;
    std::vector<std::optional<Id>> latest_;
    std::array<std::vector<const ScriptStatement*>, kScriptEvents> actions_;
};

}  // namespace ouro::tools
