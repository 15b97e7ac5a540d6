#include "tools/script_world.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace ouro::tools {

namespace {

/// Where Python puts an end off too (its trashcan), so that what the actions of events tell of each
/// other is the same.
constexpr std::uint32_t kNestingMax = 50;

/// "fin a", "gc start".
std::string event_text(ScriptEvent event, absl::string_view label) {
    switch (event) {
        case ScriptEvent::kFinalizer: return absl::StrCat("fin ", label);
        case ScriptEvent::kCallback: return absl::StrCat("cb ", label);
        case ScriptEvent::kStart: return "gc start";
        case ScriptEvent::kStop: break;
    }
    return "gc stop";
}

/// "fin a" as `order` has it: "fin:a".
std::string in_order(std::string event) {
    event[event.find(' ')] = ':';
    return event;
}

}  // namespace

thread_local ScriptContext* ScriptWorld::context_ = nullptr;

absl::StatusOr<std::unique_ptr<ScriptWorld>> ScriptWorld::create(const ScriptProgram& program,
                                                                 std::size_t region_bytes,
                                                                 std::ostream& out) {
    auto region = MappedRegion::create(region_bytes);
    if (!region.ok()) return region.status();
    ManagedHeapConfig config;
    config.heap.legacy_finalizers = program.legacy;
    config.heap.nesting_max = kNestingMax;
    auto heap = ManagedHeap::create(region->bytes(), config);
    if (!heap) return absl::ResourceExhaustedError(to_string(heap.error()));
    return std::unique_ptr<ScriptWorld>(
        new ScriptWorld(program, *std::move(region), std::move(heap).value(), out));
}

ScriptWorld::~ScriptWorld() { end(); }

absl::Status ScriptWorld::run() {
    for (const Statement& statement : program_.statements) {
        line_.set(statement.line);
        if (statement.verb != ScriptVerb::kOrder) output_.forget_order();
        perform(statement);
        if (error_.get() == 0) {
            const std::lock_guard guard(wrong_lock_);
            if (!wrong_.empty()) return absl::InvalidArgumentError(wrong_);
            continue;
        }
        const auto error = static_cast<Error>(error_.get());
        return absl::ResourceExhaustedError(absl::StrCat(line_.get(), ": ", to_string(error)));
    }
    return absl::OkStatus();
}

void ScriptWorld::end() {
    if (ended_.exchange(true)) return;
    output_.mute();
    Collector& collector = heap_.collector();
    collector.remove_callback(collector_ran, this);
    collector.set_save_all(false);
    for (std::uint32_t name = 0; name < program_.names.size(); ++name) tables_.bind(name, {});
    collector.unfreeze();
    collector.clear_garbage();
    collector.collect();
    // What a legacy collection keeps ends by count when no slot holds anything any more.
    std::vector<Ref<Object>> left;
    collector.get_objects(
        [](void* self, const Ref<Object>& object) {
            static_cast<std::vector<Ref<Object>>*>(self)->push_back(object);
        },
        &left);
    for (const Ref<Object>& object : left) {
        const Ref<ScriptNode> node = as_script_node(object);
        for (std::uint32_t i = 0; node && i < program_.slot_count; ++i) node->slot(i) = nullptr;
    }
    collector.clear_garbage();
}

bool ScriptWorld::fail(Error error) {
    error_.set(static_cast<std::uint8_t>(error));
    return false;
}

/// The statement cannot be carried out: the actions that it belongs to fail, or the whole script.
bool ScriptWorld::give_up(const Statement& statement, std::string reason) {
    if (context_ != nullptr) {
        context_->reason = std::move(reason);
        return false;
    }
    const std::lock_guard guard(wrong_lock_);
    if (wrong_.empty()) wrong_ = absl::StrCat(statement.line, ": ", reason);
    return false;
}

// ---- events and output

void ScriptWorld::result(absl::string_view line) {
    if (context_ != nullptr) {
        output_.print_of_event(absl::StrCat(context_->event, ": ", line));
    } else if (!parallel_.get()) {
        output_.print(line);
    }
}

void ScriptWorld::happen(ScriptEvent event, std::uint32_t label, ScriptNode* self) {
    happen(event, label, self, "");
}

void ScriptWorld::happen(ScriptEvent event, std::uint32_t label, ScriptNode* self,
                         absl::string_view counts) {
    if (ended_.get()) return;
    const bool of_object = event == ScriptEvent::kFinalizer || event == ScriptEvent::kCallback;
    const std::string text = event_text(event, of_object ? program_.names[label] : "");
    output_.announce(absl::StrCat(text, counts), in_order(text));
    const ScriptStatement* actions = tables_.actions(event, label);
    if (actions == nullptr) return;
    ScriptContext context{text, self, context_};
    context_ = &context;
    const bool done = run(actions->body);
    context_ = context.outer;
    if (done || error_.get() != 0) return;
    output_.print_of_event(absl::StrCat("error ", context.reason.empty() ? text : context.reason));
}

void ScriptWorld::collector_ran(void* self, const CollectInfo& info) {
    auto& world = *static_cast<ScriptWorld*>(self);
    if (info.phase == CollectPhase::start) {
        world.happen(ScriptEvent::kStart, 0, nullptr, "");
    } else {
        world.happen(ScriptEvent::kStop, 0, nullptr,
                     absl::StrCat(" ", info.collected, " ", info.uncollectable));
    }
}

// ---- operands

Ref<Object> ScriptWorld::shared_value(const Operand& operand) {
    if (operand.base == Operand::Base::kInteger) {
        auto integer = try_integer(heap_.heap(), operand.integer);
        if (integer) return std::move(integer).value();
        fail(integer.error());
    } else if (operand.base == Operand::Base::kText) {
        auto text = try_intern(heap_.heap(), operand.text);
        if (text) return std::move(text).value();
        fail(text.error());
    }
    return none();
}

/// What the first `slots` slots of the path lead to.
Ref<Object> ScriptWorld::at_path(const Operand& operand, std::size_t slots) {
    Ref<Object> found;
    if (operand.base == Operand::Base::kName) {
        found = tables_.handle(operand.name);
    } else if (context_ != nullptr && context_->self != nullptr) {
        found = self(context_->self);
    }
    for (std::size_t i = 0; i < slots && found; ++i) {
        const Ref<ScriptNode> node = as_script_node(found);
        const std::uint32_t slot = operand.slots[i];
        found = node && slot != kNoScriptSlot ? node->slot(slot).load() : nullptr;
    }
    return found ? found : none();
}

/// The value of a source. Addresses have none.
Ref<Object> ScriptWorld::value(const Operand& operand) {
    Ref<Object> found;
    switch (operand.base) {
        case Operand::Base::kName:
        case Operand::Base::kSelf: found = at_path(operand, operand.slots.size()); break;
        case Operand::Base::kAddress: return none();
        default: found = shared_value(operand); break;
    }
    for (std::uint32_t i = 0; i < operand.stars; ++i) {
        const Ref<ScriptWeak> weak = cast<ScriptWeak>(found);
        found = weak ? weak->lock() : none();
        if (!found) found = none();
    }
    return found;
}

ScriptWorld::Found ScriptWorld::find(const Operand& operand) {
    if (operand.base == Operand::Base::kAddress) {
        const std::optional<Id> latest = tables_.latest(operand.name);
        if (!latest || !is_alive(*latest)) return {Found::Kind::kDead, {}};
        return {Found::Kind::kObject, *latest};
    }
    const Ref<Object> found = value(operand);
    if (!script_label(found)) return {Found::Kind::kOther, {}};
    return {Found::Kind::kObject, id(found)};
}

}  // namespace ouro::tools
