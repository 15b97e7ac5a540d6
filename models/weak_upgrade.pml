/* Weak upgrade against condemnation, the decision, rollback and the end.
 * Code: heap/reference_count.cc try_upgrade
 * Code: heap/weak_list.cc upgrade
 * Code: heap/decision.h open
 * Code: heap/decision.h commit
 * Code: heap/decision.h abort
 * Code: gc/pass_decide.cc step_commit
 * Code: gc/pass_decide.cc step_rollback
 * Code: gc/pass_dispose.cc step_cut
 * Code: gc/pass_dispose.cc take_back_condemnation
 *
 * The collector of models/validation.pml, with its end in the real steps: open the decision,
 * condemn member by member, commit or roll back; reclaim, or (FINALIZERS) cut the weak references
 * to all members, un-condemn them, let go. UPGRADERS processes upgrade weak references at any
 * time: address, word, address again, decision, word again, abort, decision again, swap. The
 * decision keeps its state until the next pass opens it, as in the code.
 * Claimed: nothing reachable is reclaimed; an upgrade says "dead" only of what is not reachable by
 * strong references at that moment.
 *
 * Check: correct holds small -DNO_BOX -DK=1
 * Check: correct_2_references holds large -DK=2 -DNO_BOX
 * Check: correct_finalizers holds small -DNO_BOX -DK=1 -DFINALIZERS
 * Check: correct_handing_over holds large -DM=2 -DK=1
 * Check: upgrade_ignores_condemned fails small -DNO_BOX -DK=1 -DUPGRADE_IGNORES_CONDEMNED
 * Check: upgrade_does_not_abort fails small -DNO_BOX -DK=1 -DUPGRADE_DOES_NOT_ABORT
 * Check: upgrade_trusts_old_decision fails small -DNO_BOX -DK=1 -DUPGRADE_TRUSTS_OLD_DECISION
 * Check: upgrade_increments_blindly fails small -DNO_BOX -DK=1 -DUPGRADE_INCREMENTS_BLINDLY
 * Check: upgrade_without_recheck fails small -DNO_BOX -DK=1 -DUPGRADE_WITHOUT_RECHECK
 * Check: weak_not_cut_by_count fails small -DNO_BOX -DK=1 -DWEAK_NOT_CUT_BY_COUNT
 * Check: commit_without_decision fails small -DNO_BOX -DK=1 -DCOMMIT_WITHOUT_DECISION
 * Check: condemned_though_changed fails small -DNO_BOX -DK=1 -DCONDEMNED_THOUGH_CHANGED
 * Check: weak_cut_late fails small -DNO_BOX -DK=1 -DFINALIZERS -DWEAK_CUT_LATE
 */
#ifndef UPGRADERS
#define UPGRADERS 1
#endif
#define MORE UPGRADERS
#define UNDECIDED 1
#define COMMITTED 2
#define ABORTED 3

byte set, read, changed, condemned; /* bits of objects */
byte phase; /* 0 none, 1 words, 2 edges, 3 condemn, 4 commit, 5 roll back, 6 end, 7 cut, 8 keep */
byte at_o, at_f;
byte balance[4];
byte decision;
byte weak;              /* bits of cells that have weak references */
byte linked[UPGRADERS]; /* the cell whose word is as this process read it: its swap succeeds */
byte named[UPGRADERS];  /* the cell that its weak reference names; 0 when it was cut */
byte meant[UPGRADERS];  /* ghost: the cell whose present object it is about */
hidden byte g, u;

#define born(o) weak = weak | B(o)

inline unlink(o) {
    u = 0;
    do
    :: u < UPGRADERS -> linked[u] = (linked[u] == (o) -> 0 : linked[u]); u++
    :: else -> break
    od;
    u = 0
}

inline cut(o) {
    weak = weak & ~(1 << (o));
    u = 0;
    do
    :: u < UPGRADERS -> named[u] = (named[u] == (o) -> 0 : named[u]); u++
    :: else -> break
    od;
    u = 0
}

inline ended(o) {
#ifndef WEAK_NOT_CUT_BY_COUNT
    cut(o);
#endif
    unlink(o);
    u = 0;
    do
    :: u < UPGRADERS -> meant[u] = (meant[u] == (o) -> 0 : meant[u]); u++
    :: else -> break
    od;
    u = 0
}

inline forget() {
    set = 0; read = 0; changed = 0; phase = 0; at_o = 0; at_f = 0;
    balance[1] = 0; balance[2] = 0
}

inline touch(o) {
    unlink(o);
#ifndef CONDEMNED_THOUGH_CHANGED
    if
    :: (read & (1 << (o))) && phase < 3 -> forget()
    :: (read & (1 << (o))) && phase >= 3 -> changed = changed | (1 << (o))
    :: else
    fi
#endif
}
#include "heap.inc"

#define ME (_pid - M)
#define MINE slot[M * K + ME]
#ifdef UPGRADE_WITHOUT_RECHECK
#define STILL_NAMED true
#else
#define STILL_NAMED (named[ME] == o)
#endif
#ifdef UPGRADE_TRUSTS_OLD_DECISION
#define SAME_WORD true
#else
#define SAME_WORD (linked[ME] == o)
#endif
#ifdef UPGRADE_INCREMENTS_BLINDLY
#define SWAPPED true
#else
#define SWAPPED (linked[ME] == o)
#endif

/* WeakNode::upgrade() with try_upgrade(); what was gained is released or a context takes it */
active [UPGRADERS] proctype Upgrader() {
    byte o;
    bit is_condemned, is_dead;
end:
    do
    :: d_step { MINE == 0 && (weak & 2) -> o = 1; named[ME] = 1; meant[ME] = 1 }; goto again
    :: d_step { MINE == 0 && (weak & 4) -> o = 2; named[ME] = 2; meant[ME] = 2 }; goto again
    :: d_step { MINE -> h3 = MINE; MINE = 0; decrement(h3, M + 1 + ME); h3 = 0 };
       cascade(M + 1 + ME)
    od;
again:
    skip;
    d_step { linked[ME] = 0; is_condemned = 0; is_dead = 0 };
    if
    :: named[ME] != o -> goto done /* it was cut */
    :: named[ME] == o
    fi;
    d_step { /* the word is loaded */
        linked[ME] = o; is_condemned = (condemned & B(o)) != 0; is_dead = (count[o] == 0) };
    if
    :: STILL_NAMED
    :: !STILL_NAMED -> goto again
    fi;
    if
    :: is_dead -> goto dead
    :: !is_dead && !is_condemned -> goto swap_word
    :: else
    fi;
#ifdef UPGRADE_IGNORES_CONDEMNED
    goto swap_word;
#endif
    if
    :: decision == COMMITTED ->
       if /* only if the decision is about the condemnation that was read */
       :: SAME_WORD -> goto dead
       :: !SAME_WORD -> goto again
       fi
#ifndef UPGRADE_DOES_NOT_ABORT
    :: d_step { decision == UNDECIDED -> decision = ABORTED }
#else
    :: decision == UNDECIDED
#endif
    :: decision != UNDECIDED && decision != COMMITTED
    fi;
    if
    :: decision == COMMITTED -> goto again
    :: decision != COMMITTED
    fi;
swap_word:
    if
    :: d_step { SWAPPED ->
           assert(meant[ME] == o);
           increment(o); MINE = o; linked[ME] = 0 };
       goto done
    :: !SWAPPED -> goto again
    fi;
dead:
    skip;
    d_step { /* it was told so: rightly? */
        if
        :: meant[ME] == o -> reach(0); assert(!(reachable & B(o))); reachable = 0
        :: else
        fi };
done:
    skip;
    d_step {
        linked[ME] = 0; named[ME] = 0; meant[ME] = 0; o = 0; is_condemned = 0; is_dead = 0 };
    goto end
}

inline guess(w) { set = w; phase = 1; balance[1] = 8; balance[2] = 8 }

inline read_word(o) {
    if
    :: count[o] == 0 -> forget()
    :: else -> balance[o] = balance[o] + count[o]; read = read | B(o)
    fi
}

/* the first member in g */
inline first(bits) {
    g = 1;
    do
    :: !((bits) & B(g)) -> g++
    :: else -> break
    od
}

inline end_set() {
    reach(1);
    assert((reachable & set) == 0);
    reachable = 0;
    h1 = 1;
    do
    :: h1 <= N ->
       h2 = 0;
       do
       :: (set & B(h1)) && h2 < F ->
          h3 = FIELD(h1, h2); FIELD(h1, h2) = 0;
          if
          :: h3 && !(set & B(h3)) -> decrement(h3, M)
          :: else
          fi;
          h2++
       :: else -> break
       od;
       h1++
    :: else -> break
    od;
    h1 = 1;
    do
    :: h1 <= N ->
       if
       :: set & B(h1) -> count[h1] = 0; free = free | B(h1); cut(h1); ended(h1)
       :: else
       fi;
       h1++
    :: else -> break
    od;
    h1 = 0; h2 = 0; h3 = 0;
    condemned = 0;
    forget()
}

active proctype Collector() {
end:
    do
    :: d_step { phase == 0 -> guess(2) }
    :: d_step { phase == 0 -> guess(4) }
    :: d_step { phase == 0 -> guess(6) }
    :: d_step { phase == 1 ->
           first(set & ~read);
           read_word(g);
           g = 0;
           if
           :: phase == 1 && read == set -> phase = 2; at_o = 1
           :: else
           fi }
    :: d_step { phase == 2 ->
           do
           :: !(set & B(at_o)) -> at_o++
           :: else -> break
           od;
           g = FIELD(at_o, at_f);
           if
           :: g && (set & B(g)) -> balance[g] = balance[g] - 1
           :: else
           fi;
           g = 0; at_f++;
           if
           :: at_f == F -> at_f = 0; at_o++
           :: else
           fi;
           if
           :: (set >> at_o) == 0 -> /* scan */
              if
              :: (!(set & 2) || balance[1] == 8) && (!(set & 4) || balance[2] == 8) ->
                 phase = 3; at_o = 0; at_f = 0; balance[1] = 0; balance[2] = 0;
                 decision = UNDECIDED
              :: else -> forget()
              fi
           :: else
           fi }
    :: d_step { phase == 3 -> /* condemn a member */
           first(read);
           if
           :: changed & B(g) -> decision = ABORTED; phase = 5
           :: else ->
              condemned = condemned | B(g); read = read & ~B(g); unlink(g);
              phase = (read == 0 -> 4 : 3)
           fi;
           g = 0 }
    :: d_step { phase == 4 ->
           if
#ifndef COMMIT_WITHOUT_DECISION
           :: decision != UNDECIDED -> phase = 5
#endif
           :: else -> decision = COMMITTED;
#ifdef FINALIZERS
#ifdef WEAK_CUT_LATE
              condemned = 0; unlink(1); unlink(2);
#endif
              phase = 7
#else
              phase = 6
#endif
           fi }
    :: d_step { phase == 5 -> /* roll back a member */
           if
           :: condemned != 0 -> first(condemned); condemned = condemned & ~B(g); unlink(g); g = 0
           :: else -> forget()
           fi }
    :: d_step { phase == 6 -> end_set() }
#ifdef FINALIZERS
    /* user code comes first: all weak references are cut before the first member is taken back */
    :: d_step { phase == 7 && (set & weak) != 0 ->
           first(set & weak);
           reach(0); assert(!(reachable & B(g))); reachable = 0;
           cut(g); g = 0 }
    :: d_step { phase == 7 && (set & weak) == 0 -> phase = 8 }
    :: d_step { phase == 8 ->
           if
           :: condemned != 0 -> first(condemned); condemned = condemned & ~B(g); unlink(g); g = 0
           :: else -> /* finalizers: a reference is stored in a field, or in the mailbox */
              set = 0; forget()
           fi }
#endif
    :: dying[M] -> cascade(M)
    od
}
