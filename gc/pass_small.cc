// A pass: small groups, from the first claim to the end, in one step. See gc/small_set.h.
#include <utility>

#include "gc/drop_field.h"
#include "gc/pass.h"
#include "heap/reference_count.h"
#include "platform/compiler.h"
#include "platform/mutant.h"

namespace ouro {

using platform::memory_order_acquire;

// ---- one group

/// The candidate, which may enter a set, is the root of a group or, where it is not fit for one,
/// of the set. False: its word was changed, once more. In a load window.
bool Pass::begin_group(SmallSet& small, Header* header, LinkedWord& look, Member member) {
    const TypeIndex type = header->load_info().type();
    if (!claim_word(look)) return false;
    if (!heap_.types().shape(type).has_few_plain_fields()) {
        enter_set(header, member);
        start_root(header, member);
        return true;
    }
    small.add(header, member, heap_.types().at(type));
    small_verdict_ = explore_group(small) ? judge_group(small) : Verdict::too_large;
    return true;
}

/// Claims what the root reaches. False: it is more than a group may be, or does not fit.
bool Pass::explore_group(SmallSet& small) {
    // The root, which is claimed, pins its page.
    const PageIndex page = small[small.group()].cell.page;
    const BlockAllocator::Places places = heap_.blocks().places(page);
    for (std::uint32_t at = small.group(); at < small.count(); ++at) {
        const SmallSet::Member& member = small[at];
        spend(3 * member.field_count + 3);
        for (std::uint32_t field = 0; field < member.field_count;) {
            switch (claim_for_group(small, page, places, member.field(field))) {
                case Claim::done: ++field; break;
                case Claim::again: break;
                case Claim::unfit: return false;
            }
        }
    }
    return true;
}

/// As claim_target(), for a group.
/// Model: models/validation.pml
OURO_ALWAYS_INLINE Pass::Claim Pass::claim_for_group(SmallSet& small, PageIndex page,
                                                     const BlockAllocator::Places& places,
                                                     FieldSlot& slot) {
    // order: acquire; pairs with the exchange that stored it.
    const std::uintptr_t value = slot.load(memory_order_acquire);
    if (!detail::is_object(value)) return Claim::done;
    Header* header = header_of(detail::object_of(value));
    if (OURO_UNLIKELY(!heap_.blocks().contains(header))) return Claim::done;  // held from outside
    const std::uint32_t known = small.find(header);
    if (known < small.count()) {
        if (OURO_MUTANT(group_judged_early)) ++small[known].edges;
        return Claim::done;
    }
    LinkedWord look(header);
    const WordValue word = look.value();
    // order: acquire; the field still counts it after its word was read.
    if (slot.load(memory_order_acquire) != value && !OURO_MUTANT(group_judged_early))
        return Claim::again;
    const InfoValue info = header->load_info();
    if (info.member()) return Claim::unfit;  // S5
    if (word.has(WordValue::kClaimed | WordValue::kPostponed) || word.count() == 0)
        return Claim::done;
    if (!may_enter_set(header)) return Claim::done;
    const bool fits = heap_.types().shape(info.type()).has_few_plain_fields() &&
                      small.group_count() < group_max();
    if (!fits) return Claim::unfit;
    if (!claim_word(look)) return Claim::again;
    const Member member = cell_near(page, places, header);
    if (member.page == page) gather_bits_.clear(member.index);  // it is no further root
    if (has(Mark::deferred, member)) clear(Mark::deferred, member);
    small.add(header, member, heap_.types().at(info.type()));
    if (OURO_MUTANT(group_judged_early)) ++small[small.count() - 1].edges;
    return Claim::done;
}

/// No more of a root's objects than are followed from any.
std::uint32_t Pass::group_max() const {
    const std::uint32_t limit = options_.objects_per_root;
    return limit != 0 && limit < SmallSet::kGroupMax ? limit : SmallSet::kGroupMax;
}

/// Calls visit(place) for the members of the last group that one of it refers to.
template <class Visit>
OURO_ALWAYS_INLINE void Pass::for_group_targets(SmallSet& small, const SmallSet::Member& member,
                                                Visit&& visit) {
    for (std::uint32_t field = 0; field < member.field_count; ++field) {
        const FieldSlot& slot = member.field(field);
        // order: acquire; DESIGN rule 19 (edges), as in step_edges().
        const std::uintptr_t value = slot.load(memory_order_acquire);
        if (!detail::is_object(value)) continue;
        Header* header = header_of(detail::object_of(value));
        if (OURO_UNLIKELY(!heap_.blocks().contains(header))) continue;
        const std::uint32_t target = small.find(header);
        if (target < small.count() && target >= small.group()) visit(target);
    }
}

/// Trial deletion in the last group, all of which is claimed. In a load window.
/// Model: models/validation.pml
Pass::Verdict Pass::judge_group(SmallSet& small) {
    const std::uint32_t group = small.group();
    for (std::uint32_t at = group; at < small.count() && !OURO_MUTANT(group_judged_early); ++at)
        for_group_targets(small, small[at], [&](std::uint32_t target) { ++small[target].edges; });
    std::uint32_t alive = 0;
    for (std::uint32_t at = group; at < small.count(); ++at) {
        const WordValue word = small[at].header->load_word();
        if (!shows_no_life(word) || word.count() != small[at].edges) alive |= 1u << (at - group);
    }
    if (alive == 0) return Verdict::garbage;
    for (std::uint32_t rest = alive; rest != 0;) {
        const std::uint32_t at = group + static_cast<std::uint32_t>(__builtin_ctz(rest));
        rest &= rest - 1;
        spend(small[at].field_count + 1);
        for_group_targets(small, small[at], [&](std::uint32_t target) {
            const std::uint32_t bit = 1u << (target - group);
            rest |= bit & ~alive;
            alive |= bit;
        });
    }
    const std::uint32_t all = (1u << small.group_count()) - 1;
    return alive == all || OURO_MUTANT(group_of_others_lost) ? Verdict::alive : Verdict::divided;
}

/// Outside of load windows: what has died meanwhile gives its memory back.
void Pass::see_to_group(SmallSet& small) {
    switch (std::exchange(small_verdict_, Verdict::garbage)) {
        case Verdict::garbage: result_.examined += small.group_count(); return;
        case Verdict::alive: let_group_go(small); break;
        case Verdict::divided: group_enters_set(small, false); break;
        case Verdict::too_large: group_enters_set(small, true); break;
    }
    small.remove_group();
}

/// All of it lives. Its root waits when it is reported again (G4).
void Pass::let_group_go(SmallSet& small) {
    set_asked(small[small.group()].header);
    for (std::uint32_t at = small.group(); at < small.count(); ++at)
        unclaim(small[at].header, small[at].cell);
    result_.examined += small.group_count();
    small_alive_ += small.group_count();
}

/// It is decided about as a part of the set. `explore`: it may reach more.
void Pass::group_enters_set(SmallSet& small, bool explore) {
    const SmallSet::Member& root = small[small.group()];
    for (std::uint32_t at = small.group(); at < small.count(); ++at)
        enter_set(small[at].header, small[at].cell);
    if (!explore) {
        set_asked(root.header);
        return;
    }
    start_root(root.header, root.cell);
    root_claims_ = small.group_count();
    for (std::uint32_t at = small.group() + 1; at < small.count(); ++at) add_todo(small[at].cell);
}

// ---- all groups

/// Condemns all of them and ends them, or lets all go again, as candidates.
/// Model: models/guards.pml
void Pass::decide_small(SmallSet& small) {
    if (small.count() == 0) return;
    Decision& decision = heap_.decision();
    decision.open();
    for (const SmallSet::Member& member : small) {
        if (condemn_word(member.header)) continue;
        decision.abort();
        break;
    }
    const bool borrowed = heap_.guards().any_place(
        [&small](std::uintptr_t address) { return small.is_member(address); });
    if (borrowed && !OURO_MUTANT(group_borrowed_committed)) decision.abort();
    if (decision.commit()) {
        end_small(small);
        return;
    }
    result_.let_some_go = true;
    for (const SmallSet::Member& member : small) {
        spend(2);
        if (!OURO_MUTANT(group_forgotten)) heap_.report_again(member.header->payload());
        unclaim(member.header, member.cell);
    }
}

/// Rule 16, as dispose() and step_free(): references inside go silently, others by decrement, and
/// memory goes back when no member names another any more.
void Pass::end_small(SmallSet& small) {
    const auto is_inner = [this, &small](std::uintptr_t value) {
        const Header* header = header_of(detail::object_of(value));
        return heap_.blocks().contains(header) && small.find(header) < small.count();
    };
    for (const SmallSet::Member& member : small) {
        spend(member.field_count + 4);
        for (std::uint32_t field = 0; field < member.field_count; ++field)
            note_freed(drop_field(heap_, member.field(field), false, is_inner));
    }
    PageIndex page = kNoPage;
    CellBits dead;
    const auto give_back = [&] {
        if (page != kNoPage) note_freed(heap_.give_back_dead(page, dead));
    };
    for (const SmallSet::Member& member : small) {
        make_dead(member.header, 0);
        if (member.cell.page != page) {
            give_back();
            page = member.cell.page;
            dead = {};
        }
        dead.set(member.cell.index);
    }
    give_back();
    result_.collected += small.count();
}

}  // namespace ouro
