/* One count word under its readers and writers: W3 and the candidate bit beside the page.
 * Code: heap/paged/word.h unchanged
 * Code: gc/pass_claim.cc claim
 * Code: gc/pass_decide.cc step_condemn
 * Code: gc/pass_claim.cc unclaim
 *
 * M contexts copy, drop and move their references to one object; the collector claims it, reads
 * it again, condemns it or lets it go, for ever. A mutator's second step (clear `clean`, set the
 * candidate bit) may come at any later time; ALIGN stands for kVersionAlign.
 * Claimed:
 *   - a word that is condemned has not changed since it was claimed;
 *   - between passes, with no context in the middle of an operation, an object with a decrement
 *     that no claim has seen, or whose examination ended without a verdict, is a candidate.
 *
 * Check: correct holds small -DM=2 -DALIGN=4
 * Check: correct_3_contexts holds small -DM=3 -DALIGN=4 -DHELD_MAX=1
 * Check: correct_3_contexts_2_held holds large -DM=3 -DALIGN=4
 * Check: correct_4_contexts holds large -DM=4 -DALIGN=8 -DHELD_MAX=1
 * Check: too_many_contexts fails small -DM=2 -DALIGN=2
 * Check: condemned_though_changed fails small -DCONDEMNED_THOUGH_CHANGED
 * Check: mark_cleared_late fails small -DMARK_CLEARED_LATE
 * Check: candidate_not_reported fails small -DCANDIDATE_NOT_REPORTED
 * Check: rollback_forgets fails small -DROLLBACK_FORGETS
 * Check: clean_not_cleared fails small -DCLEAN_NOT_CLEARED
 */
#ifndef M
#define M 2
#endif
#ifndef ALIGN
#define ALIGN 4
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
    bit was_clean, was_marked;
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
    :: d_step { held > 0 ->
           busy++; was_marked = marked; held--; change(-1);
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
    :: count == 0 || was_marked
    :: count > 0 && !was_marked ->
       if
       :: candidate
       :: !candidate -> candidate = 1
       fi
    fi;
#endif
    d_step { was_marked = 0; busy-- };
    goto loop;
done:
    skip
}

active proctype Collector() {
    bit reported;
end:
    do
    :: d_step { count > 0 -> /* between passes */
           assert(busy != 0 || !unseen || candidate);
           linked = 1 };
       reported = candidate;
#ifndef MARK_CLEARED_LATE
       if
       :: reported -> candidate = 0
       :: !reported
       fi;
#endif
       if /* claim(): the swap from the word that was read */
       :: d_step { linked ->
              version = 0; clean = 1; marked = 0; watching = 1; changed = 0; unseen = 0;
              linked = 0 }
       :: d_step { !linked -> skip };
          if
          :: reported -> candidate = 1
          :: !reported
          fi;
          goto next
       fi;
#ifdef MARK_CLEARED_LATE
       candidate = 0;
#endif
       /* scan: the word's half of W3, then the candidate bit, then what explains the count */
       if
       :: UNCHANGED
       :: !(UNCHANGED) -> goto let_go
       fi;
       if
       :: candidate -> goto let_go
       :: !candidate
       :: goto let_go
       fi;
       /* condemn: word, candidate bit, swap */
#ifndef CONDEMNED_THOUGH_CHANGED
       if
       :: d_step { UNCHANGED -> linked = 1 }
       :: !(UNCHANGED) -> goto rollback
       fi;
       if
       :: candidate -> goto rollback
       :: !candidate
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
       reported = candidate;
       d_step { /* unclaim(): `marked` promises a place on a list */
           clean = 0; marked = reported; version = 0; watching = 0; changed = 0 };
next:
       skip;
       d_step { linked = 0; reported = 0 }
    :: count == 0 -> break
    od
}
