// All mutants: X(name, scenario that finds it, what is broken). See platform/mutant.h.
#pragma once

/// Those of what only the paged layout has, or of what does no harm in the compact one
/// (explore/README.md says why); and where another scenario must look.
#define OURO_PAGED_MUTANT_LIST(X)                                                                 \
    X(report_by_look, "late", "rule 9: a bit that is set already is not written")                 \
    X(marked_not_reported, "ring", "rule 9: who marks a candidate does not list it again")        \
    X(member_flag_kept, "leave", "what has left the set counts as inside")                        \
    X(evidence_dropped, "evidence", "rule 10: what is reported about a member is never asked")    \
    X(bits_taken_relaxed, "busy", "order: candidates are taken relaxed")                          \
    X(page_listed_relaxed, "busy", "order: page put on the list relaxed")                         \
    X(version_reset_on_reuse, "reuse", "rule 1: the version starts again in a reused cell")       \
    X(unlisted_missed, "listed", "rule 9: a page that is about to be listed is not asked")        \
    X(dissolved_under_windows, "pages", "rule 2: a page changes its cells while somebody looks")  \
    X(cache_found_early, "cached_revoked", "K2: a cache is found before the window is open")      \
    X(cache_taken_at_once, "cached_revoked", "K2: a cache is emptied while its owner may use it") \
    X(assist_unlocked, "assisted", "G5: a step of a pass without the pass lock")                  \
    X(stacked_lost, "cached_handoff", "K5: cells on stacks are lost when the cache is taken")     \
    X(kept_lost, "cached_handoff", "K5: cells that are kept are lost when the cache is taken")    \
    X(misfit_on_stack, "cached_misfit", "K5: a cell of another class is put on a stack")          \
    X(cache_kept_at_end, "cached_ends", "K1: what a context has at hand is not given back")       \
    X(holder_ignored, "cached_emptied", "P4: a span is listed though a cache holds it")           \
    X(holder_load, "cached_full", "order: the holder is only looked at, not read last")           \
    X(sums_made_first, "cached_short_figures", "K1: what was made is added up before what ended") \
    X(given_relaxed, "cached_handoff", "order: a cell is given back relaxed")                     \
    X(taken_over_relaxed, "cached_handoff", "order: cells are taken over relaxed")                \
    X(begun_relaxed, "named", "order: a new object's type is written relaxed")                    \
    X(group_judged_early, "small_hop", "rule 11: words and edges of a group are read together")   \
    X(group_of_others_lost, "small_out", "S1: what is divided counts as alive")                   \
    X(group_borrowed_committed, "small_lent_late", "U4: groups end though a member is borrowed")  \
    X(group_forgotten, "small_two",                                                               \
      "rule 10: a group whose decision is aborted is never asked again")

/// Of what only the compact layout has.
#define OURO_COMPACT_ONLY_MUTANT_LIST(X)                                                     \
    X(joined_used_at_once, "joined", "rule 2: what was joined is used while somebody looks") \
    X(target_read_early, "spread", "rule 2: a field is read before the window is open")      \
    X(contained_at_first_look, "contained", "memory that is divided is taken for one block") \
    X(header_trusted, "apart", "rule 2: a header of an earlier window is taken for one")

/// And of the former, what the compact layout has as well.
#define OURO_COMPACT_MUTANT_LIST(X)  \
    OURO_COMPACT_ONLY_MUTANT_LIST(X) \
    X(dissolved_under_windows, "joined", "rule 2: blocks are joined while somebody looks")

/// All others.

#define OURO_COMMON_MUTANT_LIST(X)                                                                 \
    X(guard_not_asked, "lent", "U2: an object ends at once though a guard is open")                \
    X(plain_guard_not_asked, "lent_bare", "U2: the same, of whose end nobody is told")             \
    X(lent_by_finalizer, "lent_resurrected", "U2: after its finalizer nobody looks for guards")    \
    X(guard_seen_late, "lent", "order: whether a guard is open is read relaxed")                   \
    X(borrowed_relaxed, "lent", "order: a field is borrowed from without seq_cst")                 \
    X(borrowed_object_ends, "lent_long", "U3: what stands in a place ends")                        \
    X(borrowed_without_recheck, "lent_long", "U3: a field is not read again after the place")      \
    X(borrow_ignores_condemned, "lent_ring", "U4: a condemned member is borrowed")                 \
    X(load_ignores_condemned, "lent_loaded", "U4: a condemned member is counted through a field")  \
    X(published_relaxed, "lent_long", "order: a place is written relaxed")                         \
    X(given_back_relaxed, "lent_long", "order: a place is emptied relaxed")                        \
    X(places_read_relaxed, "lent_long", "order: the places are read relaxed")                      \
    X(store_not_ordered, "lent", "order: store into a field without seq_cst")                      \
    X(exchange_not_ordered, "lent_moved", "order: exchange of a field without seq_cst")            \
    X(guard_opened_late, "lent", "order: a guard is opened without seq_cst")                       \
    X(count_seen_late, "lent", "order: how much is withheld is read relaxed")                      \
    X(withheld_unseen, "lent", "U2: the last guard closes just before an object is withheld")      \
    X(borrowed_member_committed, "lent_ring", "U4: a pass commits though a member is borrowed")    \
    X(increment_after_publish, "publish", "rule 4: a copy is stored before it is counted")         \
    X(decrement_before_exchange, "publish",                                                        \
      "rule 4: the old value is let go before it leaves the field")                                \
    X(take_without_touch, "take",                                                                  \
      "rule 5: a reference moves out of a field, its word does not change")                        \
    X(moved_in_literally, "inside", "rule 7: a reference is moved into a field of its own object") \
    X(candidate_not_reported, "ring", "rule 9: a decrement to non-zero is not reported")           \
    X(child_not_reported, "chain", "rule 9: the same, in a cascade")                               \
    X(resurrected_not_reported, "self", "rule 9: the same, after a finalizer")                     \
    X(page_taken_late, "beside", "rule 9: a page is taken off its list after its marks are read")  \
    X(mark_kept, "publish", "rule 10: the first reading leaves the mark")                          \
    X(rollback_forgets, "spared", "rule 10: after a failed validation nothing is marked again")    \
    X(edges_with_words, "hop", "rule 11: words and edges are read object by object")               \
    X(condemned_though_changed, "condemned", "rule 12: condemned whatever the word says")          \
    X(commit_without_decision, "condemned", "rule 13: committed although aborted")                 \
    X(upgrade_ignores_condemned, "condemned",                                                      \
      "rule 14: a weak upgrade does not look at the decision")                                     \
    X(upgrade_does_not_abort, "condemned", "rule 14: a weak upgrade leaves the decision open")     \
    X(upgrade_trusts_old_decision, "mistaken",                                                     \
      "rule 14: dead by a decision about an earlier word")                                         \
    X(upgrade_increments_blindly, "condemned", "rule 14: a weak upgrade adds without comparing")   \
    X(upgrade_without_recheck, "last", "rule 15: the weak target is not read again")               \
    X(rest_forgotten, "portions", "what a pass has left to the next is lost")                      \
    X(type_not_compared, "types", "what was an empty entry of the type table is another type's")   \
    X(interned_by_memory, "resolved",                                                              \
      "an id's memory is asked whether it is interned, not its object")                            \
    X(named_by_memory, "named", "an id's memory is asked for the type's name, not its object")     \
    X(frozen_blindly, "set_aside", "free memory is set aside")                                     \
    X(load_without_recheck, "reuse", "rule 15: the field is not read again")                       \
    X(load_increments_blindly, "publish", "rule 15: a field load adds without comparing")          \
    X(claim_does_not_pin, "apart", "G1: the memory of a claimed member is given back")             \
    X(pinned_cell_lost, "apart", "G1: memory left to the claim's holder is never given back")      \
    X(unfinished_enters_set, "newborn", "the collector looks into an object under construction")   \
    X(inside_reference_released, "ring", "rule 16: a reference inside the garbage is released")    \
    X(outside_reference_lost, "out", "rule 16: a reference out of the garbage is not released")    \
    X(finalized_not_marked, "lazarus", "rule 17: a finalizer may run again")                       \
    X(batch_not_validated, "resurrect", "rule 17: no second validation after the finalizers")      \
    X(finalizers_under_lock, "crowded", "rule 17: finalizers run while the pass lock is held")     \
    X(weak_not_cut_by_count, "last", "weak references survive the death by count")                 \
    X(weak_not_cut_by_pass, "cut", "weak references survive the death by a pass")                  \
    X(weak_cut_late, "callback", "rule 17: a weak reference that is garbage itself calls back")    \
    X(second_postponed_lost, "quiet", "rule 3: two postponed references become one")               \
    X(ended_in_interrupt, "interrupt_in_pass",                                                     \
      "an interrupt handler ends an object, with the locks that an end takes")                     \
    X(due_member_taken, "due", "B4: memory is taken from a member whose finalizer is due")         \
    X(frozen_enters_set, "frozen", "what is set aside is collected")                               \
    X(awaited_not_counted, "awaited",                                                              \
      "rule 21: the collection is kept until other contexts' finalizers have run")                 \
    X(two_collections, "stepped_and_collected", "rule 21: two contexts own the collection")        \
    X(saved_not_counted, "saved", "rule 3: the garbage list holds no counted reference")           \
    X(weak_cut_relaxed, "callback_by_count", "order: the cut of a weak reference relaxed")         \
    X(pages_taken_relaxed, "busy", "order: the list of pages is taken relaxed")                    \
    X(claim_dropped_relaxed, "apart", "order: the claim on a member is dropped relaxed")           \
    X(edges_not_counted_again, "leave", "rule 22: edges of members that left explain counts")      \
    X(release_not_acquire, "drop_destroyed", "order: decrement without acquire")                   \
    X(release_not_release, "drop", "order: decrement without release")                             \
    X(touch_relaxed, "take", "order: touch relaxed")                                               \
    X(word_load_relaxed, "apart", "order: loads of words relaxed")                                 \
    X(info_load_relaxed, "apart", "order: loads of header info relaxed")                           \
    X(load_relaxed, "hand", "order: counted load reads the field relaxed")                         \
    X(store_not_release, "hand", "order: store into a field without release")                      \
    X(exchange_not_release, "exchange", "order: exchange of a field without release")              \
    X(newborn_relaxed, "reuse", "order: first count of an object relaxed")                         \
    X(finished_relaxed, "apart", "order: end of construction relaxed")                             \
    X(report_relaxed, "beside", "order: candidate mark relaxed")                                   \
    X(condemned_relaxed, "condemned", "order: the condemning swap relaxed")

#define OURO_MUTANT_LIST(X)    \
    OURO_COMMON_MUTANT_LIST(X) \
    OURO_PAGED_MUTANT_LIST(X)  \
    OURO_COMPACT_ONLY_MUTANT_LIST(X)
