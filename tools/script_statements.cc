// The statements about objects, and those that shape the script.
#include <algorithm>
#include <barrier>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/script_world.h"

namespace ouro::tools {

namespace {

/// An object of type T behind a reference to anything.
template <class T>
Result<Ref<Object>> as_object(Result<Ref<T>> made) {
    if (!made) return made.error();
    return Ref<Object>(std::move(made).value());
}

}  // namespace

bool ScriptWorld::run(const std::vector<Statement>& block) {
    for (const Statement& statement : block) {
        if (!perform(statement) || error_.get() != 0) return false;
    }
    return true;
}

bool ScriptWorld::perform(const Statement& statement) {
    switch (statement.verb) {
        case ScriptVerb::kNew:
        case ScriptVerb::kWeak:
        case ScriptVerb::kAssign:
        case ScriptVerb::kClear:
        case ScriptVerb::kDrop: return perform_on_objects(statement);
        case ScriptVerb::kCount:
        case ScriptVerb::kTracked:
        case ScriptVerb::kFinalized:
        case ScriptVerb::kListed:
        case ScriptVerb::kReferents:
        case ScriptVerb::kReferrers:
        case ScriptVerb::kWeaks:
        case ScriptVerb::kState:
        case ScriptVerb::kSame:
        case ScriptVerb::kObjects:
        case ScriptVerb::kIsEnabled:
        case ScriptVerb::kGarbage:
        case ScriptVerb::kFrozen:
        case ScriptVerb::kStatistics: return ask(statement);
        case ScriptVerb::kOn:
        case ScriptVerb::kSay:
        case ScriptVerb::kRaise:
        case ScriptVerb::kRepeat:
        case ScriptVerb::kMode:
        case ScriptVerb::kUnordered:
        case ScriptVerb::kOrder:
        case ScriptVerb::kPar:
        case ScriptVerb::kThread:
        case ScriptVerb::kLeakCheck:
        case ScriptVerb::kEnd: return perform_on_script(statement);
        default: return perform_on_collector(statement);
    }
}

// ---- objects

bool ScriptWorld::perform_on_objects(const Statement& statement) {
    switch (statement.verb) {
        case ScriptVerb::kNew: return make_objects(statement);
        case ScriptVerb::kWeak: return make_weak(statement);
        case ScriptVerb::kAssign: assign(statement); return true;
        case ScriptVerb::kClear: clear(statement); return true;
        default:
            for (const std::uint32_t name : statement.names) tables_.bind(name, {});
            return true;
    }
}

Result<Ref<Object>> ScriptWorld::make_object(ScriptKind kind, std::uint32_t label) {
    const Trailing trailing{program_.slot_count, 0};
    ScriptObserver& observer = *this;
    switch (kind) {
        case ScriptKind::kNode:
            return as_object(
                try_make_variable<ScriptNode>(heap_.heap(), trailing, observer, label));
        case ScriptKind::kFinalNode:
            return as_object(
                try_make_variable<ScriptFinalNode>(heap_.heap(), trailing, observer, label));
        case ScriptKind::kAtomic: break;
    }
    return as_object(try_make<ScriptAtom>(heap_.heap(), observer, label));
}

/// A new object gets its label's address and its handle.
void ScriptWorld::finish_object(std::uint32_t label, Ref<Object> object) {
    tables_.set_latest(label, id(object));
    tables_.bind(label, std::move(object));
}

bool ScriptWorld::make_objects(const Statement& statement) {
    for (const std::uint32_t label : statement.names) {
        auto made = make_object(statement.kind, label);
        if (!made) return fail(made.error());
        finish_object(label, std::move(made).value());
    }
    return true;
}

bool ScriptWorld::make_weak(const Statement& statement) {
    const std::uint32_t label = statement.names[0];
    Ref<Object> target = value(statement.operands[0]);
    if (!as_script_node(target)) {
        result(absl::StrCat("weak ", program_.names[label], " -> error"));
        return true;
    }
    ScriptObserver& observer = *this;
    auto made = try_make<ScriptWeak>(heap_.heap(), target, statement.on, observer, label);
    if (!made) return fail(made.error());
    target.reset();
    finish_object(label, std::move(made).value());
    return true;
}

void ScriptWorld::assign(const Statement& statement) {
    const Operand& place = statement.operands[0];
    if (place.slots.empty()) {
        tables_.bind(place.name, value(statement.operands[1]));
        return;
    }
    Ref<ScriptNode> owner = as_script_node(at_path(place, place.slots.size() - 1));
    if (!owner) return;
    // Nothing of this statement shows in a count when the old object dies.
    const Ref<Object> old = owner->slot(place.slots.back()).exchange(value(statement.operands[1]));
    owner.reset();
}

void ScriptWorld::clear(const Statement& statement) {
    for (const Operand& place : statement.operands) {
        Ref<ScriptNode> owner = as_script_node(at_path(place, place.slots.size() - 1));
        if (!owner || place.slots.back() == kNoScriptSlot) continue;
        const Ref<Object> old = owner->slot(place.slots.back()).take();
        owner.reset();
    }
}

// ---- the script

bool ScriptWorld::perform_on_script(const Statement& statement) {
    switch (statement.verb) {
        case ScriptVerb::kOn:
            tables_.set_actions(statement.event, statement.names.empty() ? 0 : statement.names[0],
                                &statement);
            return true;
        case ScriptVerb::kSay: result(absl::StrJoin(statement.words, " ")); return true;
        case ScriptVerb::kRaise: return false;
        case ScriptVerb::kRepeat:
            for (std::uint64_t i = 0; i < statement.number; ++i) {
                if (!run(statement.body)) return false;
            }
            return true;
        case ScriptVerb::kUnordered: return run_unordered(statement);
        case ScriptVerb::kOrder:
            result(absl::StrCat("order ", absl::StrJoin(statement.words, " "), " -> ",
                                output_.came_in_order(statement.words) ? "yes" : "no"));
            return true;
        case ScriptVerb::kPar: return run_threads(statement);
        case ScriptVerb::kThread: return run(statement.body);
        case ScriptVerb::kLeakCheck: return check_leaks();
        default:  // mode has been seen to
            return true;
    }
}

bool ScriptWorld::run_unordered(const Statement& statement) {
    const bool mine = output_.hold();
    const bool done = run(statement.body);
    if (mine) output_.let_go();
    return done;
}

bool ScriptWorld::run_threads(const Statement& statement) {
    const bool mine = output_.hold();
    collected_.set(false);
    parallel_.set(true);
    {
        std::barrier start(static_cast<std::ptrdiff_t>(statement.body.size()));
        std::vector<std::jthread> threads;
        for (const Statement& thread : statement.body) {
            threads.emplace_back([this, &start, &thread] {
                start.arrive_and_wait();
                run(thread.body);
            });
        }
    }
    parallel_.set(false);
    if (collected_.get()) heap_.collect();
    if (mine) output_.let_go();
    return true;
}

bool ScriptWorld::check_leaks() {
    tables_.forget_actions();
    Collector& collector = heap_.collector();
    collector.remove_callback(collector_ran, this);
    collector.set_save_all(false);
    collector.unfreeze();
    const bool mine = output_.hold();
    collector.clear_garbage();
    std::vector<std::uint32_t> names(program_.names.size());
    for (std::uint32_t i = 0; i < names.size(); ++i) names[i] = i;
    std::ranges::sort(names, {}, [&](std::uint32_t i) { return program_.names[i]; });
    for (const std::uint32_t name : names) tables_.bind(name, {});
    heap_.collect();
    heap_.collect();
    if (mine) output_.let_go();
    result(absl::StrCat("leaks -> ", object_count()));
    return true;
}

}  // namespace ouro::tools
