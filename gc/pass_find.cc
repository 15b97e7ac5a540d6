// A pass: gathering the candidates and exploring what they reach.
#include "gc/pass.h"

#include "heap/reference_count.h"
#include "platform/context.h"
#include "platform/mutant.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

// ---- gather

/// The next page with candidates, its bits in gather_bits_, unless the step is over. False when all
/// have been taken.
/// Model: models/candidates.pml
bool Pass::next_source() {
    if (called_off_) return put_back_source();
    if (!may_look()) return true;
    spend(1);
    platform::LoadWindow window;  // what is found on a page is a header until its marks are seen to
    gather_gone_ = heap_.blocks().headers_gone();
    gather_page_ = taken_pages_.take(heap_.blocks());
    if (gather_page_ == kNoPage && take_again_) {
        take_again_ = false;
        taken_pages_ = heap_.candidates().take_pages();
        return true;
    }
    if (gather_page_ == kNoPage && unlisted_source_ < heap_.blocks().page_count()) {
        // A page that is about to be listed comes again, and may have more candidates by then.
        gather_page_ = unlisted_source_++;
    }
    if (gather_page_ != kNoPage) {
        CellBits members;
        std::uint32_t looks = 0;
        gather_bits_ = heap_.candidates().take(gather_page_, members, looks);
        spend(2 * looks / kLooks);
        put_back_evidence(members);
        return true;
    }
    if (!gathering_deferred_ && options_.include_deferred)
        deferred_source_.take_all(heap_.blocks(), deferred_);
    gathering_deferred_ = true;
    gather_page_ = deferred_source_.take(heap_.blocks());
    if (gather_page_ == kNoPage) return false;
    gather_bits_ = marked(Mark::deferred, gather_page_);
    heap_.blocks().clear(Mark::deferred, gather_page_, gather_bits_);
    return true;
}

/// One page back on the list that it was taken from. False when none is left.
bool Pass::put_back_source() {
    spend(1);
    gather_bits_ = {};
    unlisted_source_ = kNoPage;
    gather_page_ = taken_pages_.take(heap_.blocks());
    if (gather_page_ != kNoPage) {
        heap_.report_page_again(gather_page_);
        return true;
    }
    take_again_ = false;
    gather_page_ = deferred_source_.take(heap_.blocks());
    if (gather_page_ == kNoPage) return false;
    deferred_.add(heap_.blocks(), gather_page_);
    return true;
}

void Pass::put_back_taken() {
    OURO_ASSERT(idle(), "candidates are put back while a pass asks them");
    for (;;) {
        const PageIndex page = taken_pages_.take(heap_.blocks());
        if (page == kNoPage) return;
        heap_.report_page_again(page);
    }
}

/// A report about a member that was claimed before its page was gathered is no new root. If the
/// member is as first read, the report is older, and done with; if not, it goes back (rule 10).
/// Model: models/candidates.pml
void Pass::put_back_evidence(CellBits members) {
    if (!members.any()) return;
    gather_bits_.remove(members);
    for (std::uint32_t cell = members.take_first(); cell < kCellsMax; cell = members.take_first()) {
        Header* header = header_at({gather_page_, cell});
        if (!header->load_word().unchanged() && !OURO_MUTANT(evidence_dropped))
            heap_.report_again(header->payload());
        spend(1);
    }
}

/// Has the pass so many members that it decides about them?
bool Pass::is_full() const {
    const bool enough = is_filled_ || result_.examined >= options_.members_max;
    return options_.members_max != 0 && enough && !gathering_deferred_ && !called_off_;
}

void Pass::step_gather() {
    if (gather_page_ == kNoPage || !gather_bits_.any()) {
        const bool enough = is_full() && (has_more() || !options_.include_deferred);
        if (enough || !next_source()) {
            result_.asked_deferred = gathering_deferred_ && options_.include_deferred &&
                                     !options_.only_postponed && !called_off_;
            rewind();
            phase_ = Phase::edges;
        }
        return;
    }
    if constexpr (kHasSmallSets) {
        if (takes_small_sets()) return gather_small();
    }
    spend(2);
    gather_member();
}

/// Is nothing asked of the pass that needs its set whole, no guard open (S6), and the step long
/// enough? And do not many more live than end? What lives is claimed again for every candidate that
/// leads to it, where a set is claimed once.
bool Pass::takes_small_sets() {
    constexpr std::size_t kAliveMost = 256;
    return small_sets_ && !gathering_deferred_ && !options_.only_postponed && !options_.save_all &&
           !options_.rehearsal && whole_budget_ >= SmallSet::kUnitsMost &&
           small_alive_ <= result_.collected + kAliveMost && !heap_.guards().are_open();
}

/// The candidates of the page at hand, as far as the step goes, or until one of them reaches more
/// than a small group: that has entered the set and is explored next.
void Pass::gather_small() {
    if (budget_ < SmallSet::kUnitsMost) {
        budget_ = 0;
        return;
    }
    SmallSet small;
    do {
        spend(2);
        small.begin_group();
        gather_candidate([this, &small](Header* header, LinkedWord& look, Member member) {
            return begin_group(small, header, look, member);
        });
        see_to_group(small);
    } while (gather_bits_.any() && phase_ == Phase::gather && small.has_room() &&
             budget_ >= SmallSet::kUnitsMost);
    decide_small(small);
}

// Model: models/candidates.pml
void Pass::gather_member() {
    gather_candidate([this](Header* header, LinkedWord& look, Member member) {
        if (!claim(header, look, member)) return false;
        start_root(header, member);
        return true;
    });
}

/// Calls begin(header, look, member), in a load window, if the next candidate of the page at hand
/// is to be a root, and again when it returns false: the word was changed, or a swap failed without
/// a reason.
template <class Begin>
void Pass::gather_candidate(Begin&& begin) {
    platform::LoadWindow window;  // the page may be dissolved by now; not while we look
    const Member member{gather_page_, gather_bits_.next(0)};
    std::uint32_t looks = 0;
    const bool is_header =
        heap_.blocks().is_still_header(member, gather_bits_, gather_gone_, looks);
    gather_bits_.clear(member.index);
    spend(looks / kLooks);
    if (!is_header) return;
    Header* header = header_at(member);
    while (!gather_by_word(header, member, begin)) spend(1);
}

/// False: once more.
template <class Begin>
OURO_ALWAYS_INLINE bool Pass::gather_by_word(Header* header, Member member, Begin&& begin) {
    LinkedWord look(header);  // not older than the report
    const WordValue word = look.value();
    if (word.count() == 0 && !word.has(WordValue::kPostponed)) return true;  // reported late
    const InfoValue info = header->load_info();
    if (word.has(WordValue::kPostponed) && take_over_postponed(header, look)) return true;
    if (options_.only_postponed || word.has(WordValue::kPostponed)) {
        const bool held = word.has(WordValue::kPostponed) && word.has(WordValue::kHeld);
        if (held && !OURO_MUTANT(awaited_not_counted)) ++result_.awaited;
        heap_.report_again(header->payload());
        return true;
    }
    if (info.member()) {
        // Reached from another root, or a root that was given up: then it must stay deferred.
        if (options_.objects_per_root != 0 && gathering_deferred_) defer_member(member);
        return true;
    }
    // Claimed by the batch, which reports what it lets go alive, after dropping the claim.
    if (word.has(WordValue::kClaimed)) return true;
    if (info.constructing() && !OURO_MUTANT(unfinished_enters_set)) {
        heap_.report_again(header->payload());  // not now: ask again
        return true;
    }
    if (!may_enter_set(header)) {
        if (info.frozen() && !word.marked()) silence(look);
        return true;
    }
    if (!options_.include_deferred && header->level() > 0) {
        defer(header, member);
        return true;
    }
    return begin(header, look, member);
}

/// What the object, which has entered the set, refers to is explored next.
void Pass::start_root(Header* header, Member member) {
    set(Mark::todo, member);
    start_work(member);
    root_ = member;
    root_claims_ = 1;
    set_root_limit(header, header->level());
    phase_ = Phase::explore;
}

/// The postponed reference becomes one that this pass holds until the caller settles it, so that it
/// is found once. False: no room, or the word changed; it is asked again.
/// Model: models/postponed.pml
bool Pass::take_over_postponed(Header* header, LinkedWord& look) {
    const WordValue word = look.value();
    if (postponed_count_ == kPostponedMax || word.has(WordValue::kHeld)) return false;
    // With count 0 there is no reference to hold: the entry itself owns the end.
    const WordValue held = word.without(WordValue::kPostponed | WordValue::kClean)
                               .with(word.count() == 0 ? 0 : WordValue::kHeld);
    // order: acq_rel; the reference changes hands.
    if (!look.swap(held, memory_order_acq_rel)) return false;
    postponed_[postponed_count_++] = header->payload();
    return true;
}

/// The limit grows eightfold with every time the root was asked. The next time is noted now: if the
/// root is garbage, it does not matter.
void Pass::set_root_limit(Header* header, std::uint32_t level) {
    const std::uint64_t limit = std::uint64_t{options_.objects_per_root} << (3 * level);
    const bool unlimited = limit == 0 || limit > 0x7fff'ffff || level == Header::kLevelMax;
    root_limit_ = unlimited ? ~0u : static_cast<std::uint32_t>(limit);
    set_asked(header);
}

void Pass::set_asked(Header* header) {
    const std::uint32_t level = header->level();
    if (level < Header::kLevelMax) header->set_level(level + 1);
}

/// A member that this pass may not end: asked again by a pass that asks the deferred ones.
void Pass::defer_member(Member member) {
    set(Mark::deferred, member);
    deferred_.add(heap_.blocks(), member.page);
}

/// Puts a candidate off. Decrements need not report it meanwhile: it is on a list.
/// Model: models/candidates.pml
void Pass::defer(Header* header, Member member) {
    defer_member(member);
    LinkedWord look(header);
    silence(look);
}

/// Decrements need not report the object: it is on a list, or set aside.
void Pass::silence(LinkedWord& look) {
    const WordValue word = look.value();
    // order: acq_rel; from the word that was read, so it is the same living object. A failure only
    // means that the object goes on reporting itself.
    if (word.count() != 0 && !word.has(WordValue::kClaimed))
        look.swap(word.with_mark(), memory_order_acq_rel);
}

// ---- explore

/// Claims what a field refers to, if it may enter the set. DESIGN rule 15 and 20.
/// Model: models/validation.pml
bool Pass::claim_target(FieldSlot& slot) {
    for (;;) {
        // order: acquire; pairs with the exchange that stored it.
        const std::uintptr_t value = slot.load(memory_order_acquire);
        if (!detail::is_object(value)) return false;
        Header* header = header_of(detail::object_of(value));
        if (OURO_UNLIKELY(!heap_.blocks().contains(header))) return false;  // held from outside
        LinkedWord look(header);
        const WordValue word = look.value();
        // order: acquire; the field still counts it after its word was read.
        if (!OURO_MUTANT(edges_with_words) && slot.load(memory_order_acquire) != value) continue;
        if (OURO_MUTANT(edges_with_words) && header->load_info().member()) edges_.add(header);
        if (word.has(WordValue::kClaimed | WordValue::kPostponed) || word.count() == 0)
            return false;
        if (!may_enter_set(header)) return false;
        const Member member = cell_near_work(header);
        if (!claim(header, look, member)) continue;
        if (OURO_MUTANT(edges_with_words)) edges_.add(header);
        clear(Mark::deferred, member);
        add_todo(member);
        ++root_claims_;
        return true;
    }
}

void Pass::step_explore() {
    if (root_claims_ > root_limit_) {
        stop_work();
        phase_ = Phase::give_up;
        return;
    }
    if (!next_todo()) {
        if (nothing_to_follow()) phase_ = Phase::gather;
        return;
    }
    platform::LoadWindow window;
    do {
        const Fields fields = fields_of(work_places_.header(work_.index));
        const auto explore = [this](FieldSlot& slot) -> std::uint32_t {
            if (!claim_target(slot)) return 1;
            return root_claims_ > root_limit_ ? kAllUnits : 2;
        };
        if (!follow(fields, work_field_, explore)) return;
        spend(1);
        clear(Mark::todo, work_);
        work_.page = kNoPage;
    } while (budget_ > 0 && next_on_page());
}

/// The root reaches more than the limit: what was claimed but not expanded leaves the set again,
/// and the root is asked later, with a higher limit.
void Pass::step_give_up() {
    if (!next_todo()) {
        if (!nothing_to_follow()) return;
        defer_member(root_);
        ++result_.gave_up_roots;
        phase_ = Phase::gather;
        return;
    }
    clear(Mark::todo, work_);
    Header* header = work_places_.header(work_.index);
    heap_.blocks().remove_member(header, work_);
    unclaim(header, work_);
    spend(1);
    work_.page = kNoPage;
}

}  // namespace ouro
