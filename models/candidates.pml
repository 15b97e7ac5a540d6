/* The way of a candidate: from the decrement to the pass that asks it. Nothing is lost.
 * Code: heap/paged/candidate_pages.cc report
 * Code: heap/paged/candidate_pages.cc report_released
 * Code: heap/paged/candidate_pages.cc take
 * Code: heap/compact/candidate_pages.cc list
 * Code: gc/pass.cc begin
 * Code: gc/pass_find.cc next_source
 * Code: gc/pass_find.cc put_back_evidence
 * Code: gc/pass_find.cc gather_member
 * Code: gc/pass_find.cc defer
 * Code: heap/paged/candidate_pages.cc list
 *
 * There is no queue that could overflow: a candidate is a bit beside its page, a page with new bits
 * is on a stack once (`dirty`), a candidate that is put off is a bit too (`deferred`). M contexts
 * decrement N objects for ever; the collector makes passes for ever: plain ones, that
 * may put candidates off or give up, and complete ones, that ask everything (include_deferred, no
 * limit).
 * Claimed:
 *   - a complete pass asks every object whose last decrement was reported (the call has
 *     returned) before the pass began, even while another context is between marking a page and
 *     listing it;
 *   - a member that was decremented since its claim has its candidate bit, so that it is asked
 *     when it is let go.
 * Objects sit on pages of two cells, or (ONE_EACH) on a page each. A decrement marks its object in the
 * same step, as in the compact layout, or (MARKED_LATER) while it reports it, if it was reported
 * before or is claimed, as in the paged one.
 *
 * Check: correct holds small -DM=1
 * Check: correct_pages holds small -DM=1 -DONE_EACH
 * Check: correct_marked_later holds small -DM=1 -DMARKED_LATER
 * Check: correct_pages_marked_later holds small -DM=1 -DONE_EACH -DMARKED_LATER
 * Check: correct_2_contexts_marked_later holds large -DM=2 -DMARKED_LATER
 * Check: mark_last fails small -DM=1 -DMARKED_LATER -DMARK_LAST
 * Check: correct_2_contexts holds large -DM=2
 * Check: correct_2_contexts_pages holds large -DM=2 -DONE_EACH
 * Check: candidate_not_reported fails small -DM=1 -DCANDIDATE_NOT_REPORTED
 * Check: page_taken_late fails small -DM=1 -DPAGE_TAKEN_LATE
 * Check: unlisted_missed fails small -DM=2 -DUNLISTED_MISSED
 * Check: mark_kept fails small -DM=1 -DMARK_KEPT
 * Check: rollback_forgets fails small -DM=1 -DROLLBACK_FORGETS
 * Check: evidence_dropped fails small -DM=1 -DEVIDENCE_DROPPED
 */
#ifndef M
#define M 1
#endif
#ifndef N
#define N 2
#endif
#ifdef ONE_EACH
#define PAGES N
#define PAGE(o) (o)
#define CELLS(p) B(p)
#else
#define PAGES ((N + 1) / 2)
#define PAGE(o) ((o) / 2)
#define CELLS(p) (3 << (2 * (p)))
#endif
#define B(x) (1 << (x))
#define NONE 255

byte candidate, deferred, claimed, marked; /* bits of objects */
byte dirty;                                /* bits of pages */
byte next[PAGES] = NONE;
byte head = NONE;
byte listing;
byte linked; /* objects whose word is still the one that the collector read */

byte want;    /* ghost: a complete pass has to ask these */
byte due;     /* ghost: decremented and not asked since */
byte changed; /* the word's: decremented or marked since claimed */
byte open_reports[N]; /* ghost: reports under way */

/* report_candidate(), by any context */
inline report(o, first, old) {
    candidate = candidate | B(o);
    if
    :: dirty & B(PAGE(o))
    :: !(dirty & B(PAGE(o))) ->
       listing++;
       d_step { first = !(dirty & B(PAGE(o))); dirty = dirty | B(PAGE(o)) };
       if
       :: first ->
          do
          :: old = head;
             next[PAGE(o)] = old;
             if
             :: d_step { head == old -> head = PAGE(o); old = 0 }; break
             :: d_step { head != old -> old = 0 }
             fi
          od
       :: !first
       fi;
       listing--;
       first = 0
    fi
}

#ifdef MARKED_LATER
#define MARKED_BY_DECREMENT(o) 0
#define EXAMINED(o) ((claimed & B(o)) != 0)
#else
#define MARKED_BY_DECREMENT(o) B(o)
#define EXAMINED(o) 0
#endif

/* report_released(): before it reports, by any context */
inline mark(o, again) {
#ifdef MARKED_LATER
    d_step { again = again || (candidate & B(o)) != 0; candidate = candidate | B(o) };
    if
    :: d_step { again -> marked = marked | B(o); changed = changed | (claimed & B(o));
           linked = linked & ~B(o); again = 0 }
    :: !again
    fi
#else
    skip
#endif
}

active [M] proctype Mutator() {
    byte o, old;
    bit first, quiet, again;
end:
    do
    :: d_step { /* release() of one reference among several */
           open_reports[0]++; o = 0; quiet = (marked & B(0)) != 0; again = EXAMINED(0);
           marked = marked | MARKED_BY_DECREMENT(0);
           due = due | B(0); want = want & ~B(0); linked = linked & ~B(0);
           changed = changed | (claimed & B(0)) };
       goto second_step
#if N > 1
    :: d_step {
           open_reports[1]++; o = 1; quiet = (marked & B(1)) != 0; again = EXAMINED(1);
           marked = marked | MARKED_BY_DECREMENT(1);
           due = due | B(1); want = want & ~B(1); linked = linked & ~B(1);
           changed = changed | (claimed & B(1)) };
       goto second_step
#endif
    od;
second_step:
    if
    :: quiet -> skip
    :: !quiet ->
#ifdef CANDIDATE_NOT_REPORTED
       skip
#else
#ifndef MARK_LAST
       mark(o, again);
#endif
       report(o, first, old)
#ifdef MARK_LAST
       ;
       mark(o, again)
#endif
#endif
    fi;
    d_step { open_reports[o]--; o = 0; quiet = 0; again = 0 };
    goto end
}

/* gather_member() for object o: asked, or put off, or asked again later */
inline gather_member(o) {
    linked = linked | B(o); /* the word is read, by a read-modify-write */
    if
    :: claimed & B(o)
    :: !(claimed & B(o)) && !complete -> /* defer(): it was asked before */
       deferred = deferred | B(o);
       marked = marked | (linked & B(o))
    :: !(claimed & B(o)) -> /* claim(), again if the word has changed */
       do
       :: d_step { linked & B(o) ->
              claimed = claimed | B(o); changed = changed & ~B(o);
#ifndef MARK_KEPT
              marked = marked & ~B(o);
#endif
              due = due & ~B(o); want = want & ~B(o) };
          break
       :: !(linked & B(o)) -> linked = linked | B(o)
       od
    fi;
    linked = linked & ~B(o)
}

inline gather_bits() {
    if
    :: bits & 1 -> bits = bits & ~1; gather_member(0)
    :: !(bits & 1)
    fi;
#if N > 1
    if
    :: bits & 2 -> bits = bits & ~2; gather_member(1)
    :: !(bits & 2)
    fi
#endif
}

/* The bit of a member whose word is as first read is older than its claim (count_word.pml). */
inline put_back_evidence() {
    if
    :: bits & claimed & 1 ->
       bits = bits & ~1;
#ifndef EVIDENCE_DROPPED
       if
       :: changed & 1 -> report(0, first, old)
       :: !(changed & 1)
       fi
#endif
    :: !(bits & claimed & 1)
    fi;
#if N > 1
    if
    :: bits & claimed & 2 ->
       bits = bits & ~2;
#ifndef EVIDENCE_DROPPED
       if
       :: changed & 2 -> report(1, first, old)
       :: !(changed & 2)
       fi
#endif
    :: !(bits & claimed & 2)
    fi;
#endif
    skip
}

/* scan, spread or rollback of member o */
inline let_go(o) {
    if
    :: claimed & B(o) ->
       /* evidence: whose report has returned */
       assert(!(changed & B(o)) || open_reports[o] != 0 || (candidate & B(o)));
       if
       :: skip                                            /* it is alive */
       :: d_step { !complete -> deferred = deferred | B(o) }; /* it reaches too much: given up */
       :: d_step { skip -> due = due | B(o) }; /* taken back without a verdict */
#ifndef ROLLBACK_FORGETS
          report(o, first, old)
#endif
       fi;
       d_step { /* unclaim(): a mark of since the claim stays */
           claimed = claimed & ~B(o); changed = changed & ~B(o);
           marked = marked | (deferred & B(o)) }
    :: !(claimed & B(o))
    fi
}

active proctype Collector() {
    byte list, bits, old, page;
    bit complete, sweep, first;
end:
    do
    :: d_step { skip -> complete = 0 };
       goto pass
    :: d_step { skip ->
           complete = 1;
           want = due;
           want = (open_reports[0] == 0 -> want : want & ~1);
#if N > 1
           want = (open_reports[1] == 0 -> want : want & ~2)
#endif
           };
       goto pass
    od;
pass:
    skip;
#ifndef UNLISTED_MISSED
    sweep = complete && listing != 0;
#endif
    d_step { list = head; head = NONE };
    do
    :: list != NONE ->
       page = list;
       list = next[page];
#ifndef PAGE_TAKEN_LATE
       dirty = dirty & ~B(page);
#endif
       d_step { bits = candidate & CELLS(page); candidate = candidate & ~CELLS(page) };
#ifdef PAGE_TAKEN_LATE
       dirty = dirty & ~B(page);
#endif
       put_back_evidence();
       gather_bits()
    :: list == NONE -> break
    od;
    page = 0;
    do
    :: sweep && page < PAGES ->
       d_step { bits = candidate & CELLS(page); candidate = candidate & ~CELLS(page); page++ };
       put_back_evidence();
       gather_bits()
    :: !(sweep && page < PAGES) -> break
    od;
    sweep = 0;
    if
    :: complete -> d_step { bits = deferred; deferred = 0 }; gather_bits()
    :: !complete
    fi;
    let_go(0);
#if N > 1
    let_go(1);
#endif
    d_step {
        assert(!complete || want == 0);
        want = 0; complete = 0; page = 0; list = NONE };
    goto end
}
