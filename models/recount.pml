/* Rule 22: what is condemned is explained by edges counted over exactly the condemned set.
 * Code: gc/pass_decide.cc step_scan
 * Code: gc/pass_decide.cc step_spread
 * Code: gc/pass_decide.cc finish_spread
 * Code: gc/pass_decide.cc step_reset_edges
 * Code: gc/pass_decide.cc step_condemn
 *
 * As models/validation.pml, but as the pass really decides: members that changed or are not
 * explained leave the set, and what their fields refer to when they are followed leaves with them.
 * If any left, the edges of the rest are counted again; words are not read again. A member that
 * cannot be condemned sends the whole set back.
 * Claimed: nothing reachable is accepted.
 *
 * Check: correct holds small -DN=2 -DF=1 -DM=1
 * Check: correct_2_contexts holds small -DN=2 -DM=2 -DNO_BOX -DK=1
 * Check: correct_postponed holds small -DN=2 -DM=1 -DPOSTPONE
 * Check: correct_3_objects holds large -DN=3 -DM=1
 * Check: correct_handing_over holds large -DN=2 -DM=2
 * Check: edges_not_counted_again fails small -DN=2 -DM=1 -DEDGES_NOT_COUNTED_AGAIN
 * Check: take_without_touch fails small -DN=2 -DM=1 -DTAKE_WITHOUT_TOUCH
 * Check: condemned_though_changed fails small -DN=2 -DM=1 -DCONDEMNED_THOUGH_CHANGED
 */
byte set;       /* bits of the members */
byte read;      /* members whose word was read */
byte changed;   /* members whose word has changed since */
byte out;       /* those that left and whose fields are still to be followed */
byte condemned; /* while phase is 5 */
byte phase;     /* 0 none, 1 words, 2 edges, 3 scan, 4 spread, 5 condemn */
byte at_o, at_f;
byte edges[4];
bit some_left;
hidden byte g;

#define born(o)
#define ended(o)
#define touch(o) changed = changed | (read & ~condemned & (1 << (o)))
#include "heap.inc"

inline rewind(p) { phase = p; at_o = 1; at_f = 0 }

inline forget() {
    set = 0; read = 0; changed = 0; out = 0; condemned = 0; some_left = 0;
    phase = 0; at_o = 0; at_f = 0; edges[1] = 0; edges[2] = 0; edges[3] = 0
}

inline leave(o) {
    set = set & ~B(o); read = read & ~B(o); changed = changed & ~B(o); edges[o] = 0;
    out = out | B(o); some_left = 1
}

/* at_o moves on to a member of `bits`; N + 1: there is none */
inline skip_to(bits) {
    do
    :: at_o <= N && !((bits) & B(at_o)) -> at_o++
    :: else -> break
    od
}

inline reclaim() {
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
    :: h1 <= N -> count[h1] = ((set & B(h1)) -> 0 : count[h1]);
       free = ((set & B(h1)) -> free | B(h1) : free);
       h1++
    :: else -> break
    od;
    h1 = 0; h2 = 0; h3 = 0
}

active proctype Collector() {
end:
    do
    :: d_step { phase == 0 -> set = 2; rewind(1) }
    :: d_step { phase == 0 -> set = 4; rewind(1) }
    :: d_step { phase == 0 -> set = 6; rewind(1) }
#if N > 2
    :: d_step { phase == 0 -> set = 10; rewind(1) }
    :: d_step { phase == 0 -> set = 14; rewind(1) }
#endif
    :: d_step { phase == 1 -> /* first readings */
           skip_to(set);
           if
           :: count[at_o] == 0 -> set = set & ~B(at_o)
           :: else -> read = read | B(at_o)
           fi;
           at_o++;
           skip_to(set);
           if
           :: set == 0 -> forget()
           :: set != 0 && at_o > N -> rewind(2); skip_to(set)
           :: else
           fi }
    :: d_step { phase == 2 -> /* edges of all members */
           g = FIELD(at_o, at_f);
           if
           :: g && (set & B(g)) -> edges[g]++
           :: else
           fi;
           g = 0; at_f++;
           if
           :: at_f == F -> at_f = 0; at_o++; skip_to(set)
           :: else
           fi;
           if
           :: at_o > N -> rewind(3); skip_to(set)
           :: else
           fi }
    :: d_step { phase == 3 ->
           if
#ifdef CONDEMNED_THOUGH_CHANGED
           :: count[at_o] != edges[at_o] -> leave(at_o)
#else
           :: (changed & B(at_o)) || count[at_o] != edges[at_o] -> leave(at_o)
#endif
           :: else
           fi;
           at_o++;
           skip_to(set);
           if
           :: at_o > N -> rewind(4); skip_to(out)
           :: else
           fi }
    :: d_step { phase == 4 && out != 0 -> /* what a member that left refers to leaves with it */
           g = FIELD(at_o, at_f);
           at_f++;
           if
           :: at_f == F -> out = out & ~B(at_o)
           :: else
           fi;
           if
           :: g && (set & B(g)) -> leave(g)
           :: else
           fi;
           g = 0;
           if
           :: at_f == F -> at_o = 1; at_f = 0; skip_to(out)
           :: else
           fi }
    :: d_step { phase == 4 && out == 0 ->
           if
           :: set == 0 -> forget()
#ifndef EDGES_NOT_COUNTED_AGAIN
           :: set != 0 && some_left ->
              some_left = 0; edges[1] = 0; edges[2] = 0; edges[3] = 0;
              rewind(2); skip_to(set)
#endif
           :: else ->
              edges[1] = 0; edges[2] = 0; edges[3] = 0; some_left = 0;
              rewind(5); skip_to(set)
           fi }
    :: d_step { phase == 5 ->
           if
#ifndef CONDEMNED_THOUGH_CHANGED
           :: changed & B(at_o) -> forget()
#endif
           :: else ->
              condemned = condemned | B(at_o);
              at_o++;
              skip_to(set);
              if
              :: at_o > N ->
                 reach(1);
                 assert((reachable & set) == 0);
                 reachable = 0;
                 reclaim();
                 forget()
              :: else
              fi
           fi }
    :: dying[M] -> cascade(M)
    od
}
