// The statements that ask and change nothing.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/object_search.h"
#include "tools/script_verbs.h"
#include "tools/script_world.h"

namespace ouro::tools {

namespace {

std::string yes(bool flag) { return flag ? "yes" : "no"; }

/// Notes the labels of the script's objects that it visits.
void note_label(void* self, const Ref<Object>& object) {
    const auto label = script_label(object);
    if (label) static_cast<std::vector<std::uint32_t>*>(self)->push_back(*label);
}

/// The answer about what is no object of the script; `dead`: about what is no more.
std::string answer_without(ScriptVerb verb, bool dead) {
    if (verb == ScriptVerb::kListed) return "no";
    if (dead) return "dead";
    switch (verb) {
        case ScriptVerb::kCount: return "immortal";
        case ScriptVerb::kWeaks: return "0";
        case ScriptVerb::kReferents:
        case ScriptVerb::kReferrers: return "-";
        default: return "no";
    }
}

}  // namespace

bool ScriptWorld::ask(const Statement& statement) {
    const ScriptVerb verb = statement.verb;
    if (verb == ScriptVerb::kState) {
        for (const Operand& source : statement.operands) {
            const Ref<ScriptWeak> weak = cast<ScriptWeak>(value(source));
            const bool live = weak && !weak->expired();
            result(absl::StrCat("state ", source.text, " -> ", live ? "live" : "dead"));
        }
    } else if (verb == ScriptVerb::kSame) {
        const Operand& a = statement.operands[0];
        const Operand& b = statement.operands[1];
        result(absl::StrCat("same ", a.text, " ", b.text, " -> ", are_same(a, b)));
    } else if (statement.operands.empty()) {
        result(absl::StrCat(script_verb_word(verb), " -> ", answer_plain(verb)));
    }
    if (verb == ScriptVerb::kState || verb == ScriptVerb::kSame) return true;
    for (const Operand& operand : statement.operands) {
        const Found found = find(operand);
        const bool dead = found.kind == Found::Kind::kDead;
        const std::string reply = found.kind == Found::Kind::kObject ? answer(verb, found.id)
                                                                     : answer_without(verb, dead);
        result(absl::StrCat(script_verb_word(verb), " ", operand.text, " -> ", reply));
    }
    return true;
}

std::string ScriptWorld::are_same(const Operand& a, const Operand& b) {
    const Found x = find(a);
    const Found y = find(b);
    if (x.kind == Found::Kind::kDead || y.kind == Found::Kind::kDead) return "dead";
    if (x.kind != y.kind) return "no";
    if (x.kind == Found::Kind::kObject) return yes(x.id == y.id);
    return yes(value(a) == value(b));
}

/// The answer about an object. Its count is read by address; the other answers take a reference for
/// their time, which nothing that they ask for shows.
std::string ScriptWorld::answer(ScriptVerb verb, const Id& id) {
    if (verb == ScriptVerb::kCount) {
        auto count = refcount(id);
        return count ? absl::StrCat(*count) : answer_without(verb, true);
    }
    if (verb == ScriptVerb::kListed) return yes(is_listed(id));
    auto resolved = resolve(id);
    if (!resolved) return answer_without(verb, true);
    const Ref<Object> object = std::move(resolved).value();
    Collector& collector = heap_.collector();
    std::vector<std::uint32_t> noted;
    switch (verb) {
        case ScriptVerb::kTracked: return yes(collector.is_tracked(object));
        case ScriptVerb::kFinalized: return yes(collector.is_finalized(object));
        case ScriptVerb::kWeaks: return absl::StrCat(weak_count(object));
        case ScriptVerb::kReferents:
            collector.referents(object, note_label, &noted);
            return labels(std::move(noted));
        default: collector.referrers(object, note_label, &noted); return labels(std::move(noted));
    }
}

std::string ScriptWorld::answer_plain(ScriptVerb verb) {
    switch (verb) {
        case ScriptVerb::kIsEnabled: return yes(heap_.collector().is_enabled());
        case ScriptVerb::kObjects: return absl::StrCat(object_count());
        case ScriptVerb::kFrozen: return absl::StrCat(heap_.collector().freeze_count());
        case ScriptVerb::kGarbage: return garbage_labels();
        default: break;
    }
    const std::lock_guard guard(base_lock_);
    const Totals old = std::exchange(base_, totals());
    return absl::StrCat(base_[0] - old[0], " ", base_[1] - old[1], " ", base_[2] - old[2]);
}

bool ScriptWorld::is_listed(const Id& wanted) { return object_by_id(heap_.collector(), wanted); }

std::string ScriptWorld::garbage_labels() {
    std::vector<std::uint32_t> noted;
    heap_.collector().garbage(note_label, &noted);
    return labels(std::move(noted));
}

/// The labels, sorted, or "-".
std::string ScriptWorld::labels(std::vector<std::uint32_t> labels) const {
    std::ranges::sort(labels, {}, [&](std::uint32_t i) { return program_.names[i]; });
    const auto name = [&](std::string* out, std::uint32_t i) { out->append(program_.names[i]); };
    return labels.empty() ? "-" : absl::StrJoin(labels, " ", name);
}

}  // namespace ouro::tools
