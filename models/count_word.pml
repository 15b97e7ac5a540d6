/* One count word under its readers and writers: W3, the mark, and the candidate bit beside the page.
 * Code: heap/paged/word.h unchanged
 * Code: gc/pass.h claim_word
 * Code: gc/pass_decide.cc step_condemn
 * Code: gc/pass_decide.cc condemn_word
 * Code: gc/pass_claim.cc unclaim
 * Code: heap/paged/header.h count_down
 * Code: heap/paged/candidate_pages.cc report_released
 *
 * M contexts copy, drop and move their references to one object; the collector claims it, reads
 * it again, condemns it or lets it go, for ever. A mutator's second step (clear `clean`, set the
 * candidate bit and perhaps the mark) may come at any later time; ALIGN stands for kVersionAlign,
 * more than one change a context. The collector may have taken the candidate
 * bit before it claims (a root), or take it while it holds the claim (put_back_evidence).
 * Claimed:
 *   - a word that is condemned has not changed since it was claimed;
 *   - between passes, with no context in the middle of an operation, an object with a decrement
 *     that no claim has seen, or whose examination ended without a verdict, is a candidate, and
 *     so is one that is marked.
 *
 * Check: correct holds small -DM=2 -DALIGN=3
 * Check: correct_3_contexts holds small -DM=3 -DALIGN=4 -DHELD_MAX=1
 * Check: correct_3_contexts_2_held holds large -DM=3 -DALIGN=4
 * Check: correct_4_contexts holds large -DM=4 -DALIGN=5 -DHELD_MAX=1
 * Check: too_many_contexts fails small -DM=2 -DALIGN=2
 * Check: condemned_though_changed fails small -DCONDEMNED_THOUGH_CHANGED
 * Check: mark_kept fails small -DMARK_KEPT
 * Check: evidence_dropped fails small -DEVIDENCE_DROPPED
 * Check: candidate_not_reported fails small -DCANDIDATE_NOT_REPORTED
 * Check: released_not_marked fails small -DRELEASED_NOT_MARKED
 * Check: marked_not_reported fails small -DMARKED_NOT_REPORTED
 * Check: rollback_forgets fails small -DROLLBACK_FORGETS
 * Check: clean_not_cleared fails small -DCLEAN_NOT_CLEARED
 */
#ifndef M
#define M 2
#endif
#ifndef ALIGN
#define ALIGN 3
#endif
#ifndef HELD_MAX
#define HELD_MAX 2
#endif

byte version; /* of a claimed word, modulo ALIGN: no other bit of a version decides anything */
byte count = M;
bit clean, marked, candidate;
bit linked;            /* the word is the one that the collector read: its swap will succeed */
bit watching, changed; /* ghost: has the word changed since it was claimed? */
bit unseen;            /* ghost: there is something that the collector has still to look at */
byte busy;             /* ghost: contexts in the middle of an operation */

#define UNCHANGED (clean && !marked && version % ALIGN == 0)

inline change(by) {
    count = count + by;
    version = (watching -> (version + 1) % ALIGN : 0);
    changed = watching;
    linked = 0
}

active [M] proctype Mutator() {
    byte held = 1;
    bit was_clean, was_marked, again;
loop:
    if
    /* retain(): one fetch_add, and the second step if the word was clean */
    :: d_step { held > 0 && held < HELD_MAX ->
           busy++; was_clean = clean; change(1); held++ };
       goto second_step
    /* touch(): the reference changes its place */
    :: d_step { held > 0 -> busy++; was_clean = clean; change(0) };
       goto second_step
    /* a swap from the word that was read: counted load, weak upgrade */
    :: d_step { held > 0 && held < HELD_MAX -> change(1); clean = 0; held++ };
       goto loop
    /* release(): one fetch_add, and the report if the word was not marked */
    :: d_step { held > 0 -> busy++; was_clean = clean; was_marked = marked; held--; change(-1);
           unseen = (count > 0) };
       goto report
    :: held == 0 -> goto done
    fi;
second_step:
    skip;
    d_step {
#ifndef CLEAN_NOT_CLEARED
        if
        :: was_clean -> clean = 0; linked = 0
        :: else
        fi;
#endif
        was_clean = 0; busy-- };
    goto loop;
report:
    skip;
#ifndef CANDIDATE_NOT_REPORTED
    if
    :: count == 0 || was_marked -> goto reported
    :: d_step { count > 0 && !was_marked -> again = candidate || was_clean; candidate = 1 }
    fi;
#ifndef RELEASED_NOT_MARKED
    /* What was reported, or is examined, is marked: a swap from the word as it is, of an object
       that may be somebody else's by now. */
    if
    :: !again
    :: again;
       if
       :: count == 0 || marked
       :: d_step { count > 0 && !marked -> change(0); marked = 1 }
       fi;
#ifndef MARKED_NOT_REPORTED
       candidate = 1
#endif
    fi;
#endif
#endif
reported:
    skip;
    d_step { was_clean = 0; was_marked = 0; again = 0; busy-- };
    goto loop;
done:
    skip
}

active proctype Collector() {
    bit taken;
end:
    do
    :: d_step { count > 0 -> /* between passes */
           assert(busy != 0 || !unseen || candidate);
           assert(busy != 0 || !marked || candidate) };
       if
       :: candidate = 0 /* gathered, perhaps: it is a root */
       :: skip          /* reached from one */
       fi;
       do /* claim(): the swap from the word that was read */
       :: linked = 1;
          if
          :: d_step { linked ->
                 version = 0; clean = 1; watching = 1; changed = 0; unseen = 0; linked = 0;
#ifndef MARK_KEPT
                 marked = 0
#endif
                 };
             break
          :: !linked
          fi
       :: count == 0 -> goto next
       od;
       /* put_back_evidence(), or not */
       if
       :: d_step { taken = candidate; candidate = 0 };
#ifndef EVIDENCE_DROPPED
          if
          :: taken && !(UNCHANGED) -> candidate = 1
          :: !taken || (UNCHANGED)
          fi
#endif
       :: skip
       fi;
       /* scan: the word, then what explains the count */
       if
       :: UNCHANGED
       :: !(UNCHANGED) -> goto let_go
       fi;
       if
       :: skip
       :: goto let_go
       fi;
       /* condemn: word, swap */
#ifndef CONDEMNED_THOUGH_CHANGED
       if
       :: d_step { UNCHANGED -> linked = 1 }
       :: !(UNCHANGED) -> goto rollback
       fi;
#else
       linked = 1;
#endif
       d_step { assert(!linked || !changed) };
       /* Condemned or not: the case that everything is taken back, because another member could
        * not be condemned or a weak upgrade aborted. (Else the object has ended.) */
rollback:
       skip;
       d_step { linked = 0; unseen = (count > 0) };
#ifndef ROLLBACK_FORGETS
       candidate = 1;
#endif
let_go:
       skip;
       d_step { /* unclaim(): a mark of since the claim stays */
           clean = 0; version = 0; watching = 0; changed = 0 };
next:
       skip;
       d_step { linked = 0; taken = 0 }
    :: count == 0 -> break
    od
}
