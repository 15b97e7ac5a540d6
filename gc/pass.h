// One pass of the collector: find a set of objects, prove a part of it garbage, condemn it.
//
// Phases (rules 10 to 13, 16, 20):
//   gather    take the candidates off the pages; claim each root: clear its mark, first reading.
//             Small groups of objects are decided about here and now (gc/small_set.h)
//   explore   follow references from the root, claiming what is reached, up to a limit per root
//   adopt     instead of these two: the batch's members become the set, by a new first reading
//   edges     count, for every member, the references to it from inside the set
//   scan      a member whose word changed or whose count is not explained is alive
//   spread    so is all it reaches: they leave the set. If any left, back to edges over the rest
//   condemn   swap every member's word to condemned; a failure takes all of it back
//   commit    one decision for all of them; an upgrade of a weak reference may have aborted it
//   cut       if members live on, weak references to all of them die before the first is
//             un-condemned
//   dispose   if finalizers or callbacks of weak references are to run, all members become the
//             batch and live on until then. Else all are dead for certain: references inside go
//             silently, others by decrement; those with a destructor become the batch, their
//             references to the set cleared
//   free      the others' memory goes back, now that no reference into the set is left
//
// G1  Claimed members stay where they are: who ends one leaves its memory to the pass.
// G2  All words of the set, or group, are read (claim) before any edge of it is counted, and what
//     is condemned is a set whose own edges, counted over exactly this set, explain all its counts.
//     (Edges from members that left meanwhile explain nothing: their holder may have taken a
//     reference out of a field and not counted it yet.)
// G3  What is not in the set counts as alive. Leaving things out is therefore always safe.
// G4  Back-off: a root that was asked before and lives waits on the deferred list when it is
//     reported again, as does a root that was given up at the limit. Deferred roots are asked in
//     passes of their own (include_deferred), with a limit that grows eightfold every time.
// G6  User code never runs inside a pass: an end by decrement that needs it is postponed.
// G5  Between two steps the pass can be continued by any context that owns the pass lock.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gc/edge_counts.h"
#include "gc/small_set.h"
#include "heap/heap.h"
#include "platform/fatal.h"

namespace ouro {

/// What a pass looks at and what it may do with what it finds.
struct PassOptions {
    bool include_deferred = false;       ///< ask the deferred candidates too
    bool exclude_user_code = false;      ///< members whose end runs user code count as alive
    bool only_postponed = false;         ///< gather postponed releases, nothing else
    bool rehearsal = false;              ///< everything up to the decision, which is "no"
    bool automatic = false;              ///< nobody asked for it: disable() ends its gathering
    bool save_all = false;               ///< what would be reclaimed goes to the garbage list
    std::uint32_t objects_per_root = 0;  ///< explore limit, times 8 per level; 0 = none
    /// When it has so many members, and those that the candidates of the page at hand reach, the
    /// pass decides about them and leaves the rest of what was taken off the candidates' list to
    /// the next one (has_more()); 0 = no limit.
    std::uint32_t members_max = 0;
};

struct PassResult {
    std::size_t examined = 0;       ///< members of the set, and of small groups
    std::size_t collected = 0;      ///< tracked objects reclaimed by the pass itself
    std::size_t freed_bytes = 0;    ///< of these and of what only they referred to, about
    std::size_t batched = 0;        ///< garbage handed to the batch
    std::size_t gave_up_roots = 0;  ///< roots deferred at the limit
    std::size_t left_alone = 0;     ///< members with user code that a plain pass has met
    std::size_t awaited = 0;        ///< postponed ends of objects that another context still holds
    bool asked_deferred = false;    ///< it has come to them, of a pass that includes them
    bool aborted = false;      ///< members showed life to the last moment; all were let go again
    bool let_some_go = false;  ///< so did small groups, which are candidates again
};

class Pass {
public:
    /// `small_sets`: are small groups of objects decided about at once (gc/small_set.h)?
    Pass(Heap& heap, bool small_sets) : heap_(heap), small_sets_(small_sets) {}

    bool idle() const { return phase_ == Phase::idle; }
    /// Starts a pass over the heap's candidates. The pass is idle.
    void begin(const PassOptions& options);
    /// Starts a pass whose set is the batch: the second validation after finalizers. Or, with
    /// exclude_user_code, before them: members that no finalizer can reach end, the rest stays.
    void begin_batch(bool exclude_user_code, bool save_all);
    /// Does about `budget` units of work: a unit is one object, one reference, or a look at kLooks
    /// headers on the way to them. Looks at one page are not divided: what is not the first thing
    /// of a step and may take more than is left of its budget waits for the next one. So no step
    /// takes longer than its budget or such a look, and one object or reference. Caller owns the
    /// pass.
    void step(std::uint32_t budget);
    static constexpr std::uint32_t kLooks = 4;
    static constexpr std::uint32_t looks_for(std::uint32_t units) {
        if (units == 0) return 1;
        return units > ~0u / kLooks ? ~0u : units * kLooks;
    }

    /// The pass asks no more candidates than it has taken off their pages by now; the others go
    /// back. Caller owns the pass.
    void stop_gathering() { called_off_ = true; }
    /// A pass with members_max takes no further page, as if it had so many. Caller owns the pass.
    void fill() { is_filled_ = true; }
    /// Was the last pass over candidates told to stop gathering?
    bool was_called_off() const { return called_off_; }

    const PassOptions& options() const { return options_; }
    const PassResult& result() const { return result_; }
    bool is_batch_pass() const { return of_batch_; }
    BatchPages& batch() { return batch_; }
    /// Has the batch finalizers to run and a second validation to pass? Else its members are dead.
    bool batch_is_alive() const { return batch_alive_; }
    /// The batch was given up.
    void forget_batch() { batch_alive_ = false; }
    bool has_deferred() const { return !deferred_.empty(); }
    /// Has the last pass left candidates that it took to the next one?
    bool has_more() { return !taken_pages_.empty(heap_.blocks()); }
    /// Would a pass take what was reported since the last one began, too?
    bool takes_reported(const PassOptions& options) {
        return options.members_max == 0 || !has_more();
    }
    /// Puts them back on the list, counted. The pass is idle. Time: O(pages).
    void put_back_taken();
    /// An object whose postponed release is due, found while gathering; null when there is none.
    /// The caller settles it after giving the pass up.
    void* take_postponed() {
        return postponed_count_ == 0 ? nullptr : postponed_[--postponed_count_];
    }

    /// verify(): is this the record of a pass under way, or of none? Null or what is broken. Caller
    /// owns the pass, and has found the heap's record sound. Time: O(pages).
    const char* verify();
    bool is_of(const Heap& heap) const { return &heap_ == &heap; }

    /// Drops the claim on an object that stays or has ended; frees the memory in the latter case.
    void unclaim(Header* header, BlockAllocator::Cell cell);

private:
    /// With an even number of bits set: one that flips leaves no phase (verify()).
    enum class Phase : std::uint8_t {
        idle = 0,
        gather = 3,
        explore = 5,
        give_up = 6,
        adopt = 9,
        reset_edges = 10,
        edges = 12,
        scan = 15,
        spread = 17,
        condemn = 18,
        commit = 20,
        set_aside = 23,
        cut = 24,
        rollback = 27,
        dispose = 29,
        free = 30
    };

    // Where an object of the set is.
    using Member = BlockAllocator::Cell;

    void step_gather();
    bool is_full() const;
    void note_freed(std::size_t bytes) {
        if constexpr (BlockAllocator::kLimitsUse) result_.freed_bytes += bytes;
    }
    void gather_member();
    template <class Begin>
    void gather_candidate(Begin&& begin);
    void defer_member(Member member);
    template <class Begin>
    bool gather_by_word(Header* header, Member member, Begin&& begin);
    void start_root(Header* header, Member member);
    bool take_over_postponed(Header* header, LinkedWord& look);
    bool next_source();
    bool put_back_source();
    void put_back_evidence(CellBits members);
    void step_explore();

    enum class Claim : std::uint8_t { done, again, unfit };
    enum class Verdict : std::uint8_t { garbage, alive, divided, too_large };
    bool takes_small_sets();
    void gather_small();
    std::uint32_t group_max() const;
    bool begin_group(SmallSet& small, Header* header, LinkedWord& look, Member member);
    bool explore_group(SmallSet& small);
    Claim claim_for_group(SmallSet& small, PageIndex page, const BlockAllocator::Places& places,
                          FieldSlot& slot);
    template <class Visit>
    void for_group_targets(SmallSet& small, const SmallSet::Member& member, Visit&& visit);
    Verdict judge_group(SmallSet& small);
    void see_to_group(SmallSet& small);
    void let_group_go(SmallSet& small);
    void group_enters_set(SmallSet& small, bool explore);
    void decide_small(SmallSet& small);
    void end_small(SmallSet& small);

    void step_adopt();
    void set_root_limit(Header* header, std::uint32_t level);
    static void set_asked(Header* header);
    bool next_todo();
    bool next_on_page();
    void step_give_up();
    void step_reset_edges();
    void step_edges();
    void step_scan();
    void step_spread();
    void step_condemn();
    bool leave_borrowed();
    Header* borrowed_member(std::uintptr_t address);
    bool is_borrowed();
    void step_commit();
    void step_set_aside();
    bool set_aside_targets();
    void start_dispose();
    /// After finalizers, what goes to the garbage list survives: weak references made since stay.
    bool keeps_weak_references() const { return of_batch_ && options_.save_all; }
    void step_cut();
    void step_rollback();
    void step_dispose();
    bool dispose(Header* header);
    void start_free();
    void step_free();

    bool are_flags_sound() const;
    bool are_lists_sound();
    bool are_cursors_sound();
    bool is_place(PageIndex page) const;
    bool is_place(Member member) const { return is_place(member.page) && member.index < kCellsMax; }

    void finish_spread();
    void start_rollback();
    bool claim(Header* header, LinkedWord& look, Member member);
    /// DESIGN rule 10 and the first reading, in one: claims and clears the mark, from the word that
    /// was read. False: the word has changed, is dead, or belongs to somebody else's set.
    /// Model: models/count_word.pml
    static bool claim_word(LinkedWord& look) {
        const WordValue word = look.value();
        if (word.count() == 0 || word.has(WordValue::kClaimed)) return false;
        if (word.has(WordValue::kPostponed)) return false;  // its mark is what lists it
        // order: relaxed; first reading (DESIGN rule 19). What it must see is seen by the look at
        // the same word (acquire), and it publishes nothing but itself.
        return look.swap_first_reading(platform::memory_order_relaxed);
    }
    bool claim_target(FieldSlot& slot);
    void adopt_batch_member(Header* header, Member member);
    bool may_enter_set(const Header* header);
    /// Is nothing known of a claimed object that would keep it alive, whoever refers to it?
    static bool shows_no_life(WordValue word) {
        return word.unchanged() && word.count() != 0 && word.own_references() == 0;
    }
    bool is_explained(Header* header);
    bool condemn(Header* header);
    static bool condemn_word(Header* header);
    void enter_set(Header* header, Member member);
    void leave_set(Header* header, Member member);
    void leave_target(const FieldSlot& slot);
    void make_dead(Header* header, WordValue::Bits flags);
    void keep_for_user_code(Header* header, Member member);
    void set_aside(Header* header, Member member);
    void save(Header* header, Member member);
    void take_back_condemnation(Header* header);
    void end_member(Header* header, Member member, const TypeInfo& info);
    void defer(Header* header, Member member);
    static void silence(LinkedWord& look);

    bool may_look();
    void rewind() { rewind(set_.first(heap_.blocks())); }
    void rewind(PageIndex first);
    template <class List>
    void turn_page(Mark mark);
    template <class List>
    Header* next_of(Mark mark) {
        if (at_cell_ == kCellsMax) at_cell_ = at_members_.take_first();
        if (OURO_LIKELY(at_cell_ != kCellsMax)) return at_places_.header(at_cell_);
        turn_page<List>(mark);
        return nullptr;
    }
    /// The member at the cursor, where it stays until advance(). Null: none yet, the step may be
    /// over; or at_end(). What leaves the set meanwhile is the member at the cursor only.
    Header* next_member() { return next_of<SetPages>(Mark::member); }
    bool at_end() const { return at_page_ == kNoPage; }
    Member at() const { return {at_page_, at_cell_}; }
    void advance() { at_cell_ = kCellsMax; }
    bool nothing_to_follow() const { return work_page_ == kNoPage && todo_.empty(); }
    void start_work(Member member);
    void stop_work();
    void add_todo(Member member);
    CellBits marked(Mark mark, PageIndex page);
    const TypeTable::Entry& type_of(Header* header) {
        const TypeTable::Entry* type = heap_.type_of(header);
        OURO_ASSERT(type != nullptr, "a member of a set has no type");
        return *type;
    }
    const TypeInfo& info_of(Header* header) { return info_of(type_of(header)); }
    static const TypeInfo& info_of(const TypeTable::Entry& type) {
        // order: relaxed; written once, found with acquire.
        return *type.info.load(platform::memory_order_relaxed);
    }
    Fields fields_of(Header* header) {
        const TypeTable::Entry& type = type_of(header);
        return Fields(header->payload(), type, info_of(type));
    }
    Header* header_at(Member member) { return heap_.blocks().header_of_cell(member); }
    bool has(Mark mark, Member member) { return heap_.blocks().has(mark, member); }
    void set(Mark mark, Member member) { heap_.blocks().set(mark, member); }
    void clear(Mark mark, Member member) { heap_.blocks().clear(mark, member); }
    /// Where a header is that a field of an object on the page at hand refers to; the page kNoPage
    /// if it is none of this heap's. Many a neighbour is on the same page.
    Member cell_near(PageIndex page, const BlockAllocator::Places& places, const Header* header) {
        const std::uint32_t cell = places.cell_of(header);
        return cell < kCellsMax ? Member{page, cell} : heap_.blocks().cell_of(header);
    }
    Member cell_near_work(const Header* header) {
        return cell_near(work_page_, work_places_, header);
    }
    /// The member that the field of an object refers to, or null. In a load window, unless nobody
    /// else reaches the field: what is no member may be anything by now, but still has a header.
    Header* member_in(std::uintptr_t value) {
        if (!detail::is_object(value)) return nullptr;
        Header* header = header_of(detail::object_of(value));
        if (OURO_UNLIKELY(!heap_.blocks().contains(header))) return nullptr;
        return header->load_info().member() ? header : nullptr;
    }
    void spend(std::uint32_t units) { budget_ -= static_cast<std::int32_t>(units); }
    static constexpr std::uint32_t kAllUnits = 0x4000'0000;  ///< more than any budget
    /// Calls visit(field), which returns the units that it has spent, for the fields from `cursor`
    /// on, as far as the budget goes. False: the step is over, some fields are left.
    template <class Visit>
    bool follow(const Fields& fields, std::uint32_t& cursor, Visit&& visit) {
        std::uint32_t at = cursor;
        std::int32_t budget = budget_;
        while (at < fields.count() && budget > 0)
            budget -= static_cast<std::int32_t>(visit(fields[at++]));
        const bool done = at == fields.count();
        budget_ = budget;
        cursor = done && budget > 0 ? 0 : at;
        return cursor == 0;
    }

    Heap& heap_;
    EdgeCounts edges_;
    PassOptions options_;
    PassResult result_;
    Phase phase_ = Phase::idle;
    bool of_batch_ = false;
    bool finalizers_ = false;    ///< some condemned member's finalizer never ran
    bool callbacks_ = false;     ///< some weak reference to a condemned member has a callback
    const bool small_sets_;      ///< are small groups decided about at once?
    bool left_ = false;          ///< members left the set since its edges were counted
    bool batch_alive_ = false;   ///< the batch's members live until their second validation
    std::uint8_t recounts_ = 0;  ///< how often the edges were counted again
    std::int32_t budget_ = 0;
    std::int32_t whole_budget_ = 0;  ///< of the step, nothing spent

    SetPages set_;
    TodoPages todo_;
    BatchPages batch_;
    DeferredPages deferred_;
    DeferredSourcePages deferred_source_;  ///< of this pass, being gathered

    // gather
    TakenPages taken_pages_;
    bool take_again_ = false;              ///< what is left of an earlier pass comes first
    PageIndex unlisted_source_ = kNoPage;  ///< all pages, if one may be missing on the list
    PageIndex gather_page_ = kNoPage;
    CellBits gather_bits_;
    std::uint32_t gather_gone_ = 0;    ///< BlockAllocator::headers_gone() when they were found
    bool gathering_deferred_ = false;  ///< the bits at hand were deferred ones
    bool called_off_ = false;          ///< no further candidates are to be asked
    bool is_filled_ = false;           ///< not by this pass, see fill()
    Verdict small_verdict_ = Verdict::garbage;  ///< about the group at hand
    Member root_{kNoPage, 0};
    std::uint32_t root_claims_ = 0;
    std::uint32_t root_limit_ = 0;
    std::uint32_t small_alive_ = 0;  ///< members of small groups that were let go

    static constexpr std::uint32_t kRecountsMax = 16;
    static constexpr std::uint32_t kPostponedMax = HeapConfig::kSmall ? 16 : 64;
    void* postponed_[kPostponedMax];
    std::uint32_t postponed_count_ = 0;

    // explore and spread: the page whose todo marks are being worked off (it is on no list), where
    // its headers are, the cells that are left on it, the object at hand and the field cursor in it
    PageIndex work_page_ = kNoPage;
    BlockAllocator::Places work_places_;
    CellBits work_cells_;
    Member work_{kNoPage, 0};
    std::uint32_t work_field_ = 0;
    // iteration over the set: page, has it been looked at, where its headers are, members that are
    // left on it, the one at hand (kCellsMax: none) and the field cursor in it
    PageIndex at_page_ = kNoPage;
    bool at_looked_ = false;
    BlockAllocator::Places at_places_;
    CellBits at_members_;
    std::uint32_t at_cell_ = kCellsMax;
    std::uint32_t at_field_ = 0;
};

}  // namespace ouro
