/* Validation by words: words, edges, words. Whatever set is asked, what is accepted is garbage.
 * Code: gc/pass_find.cc claim_target
 * Code: gc/pass_decide.cc step_edges
 * Code: gc/pass_decide.cc is_explained
 * Code: gc/pass_small.cc claim_for_group
 * Code: gc/pass_small.cc judge_group
 * Code: gc/drop_field.h drop_field
 * Code: heap/field_slot.cc exchange_owned
 *
 * The collector guesses the set, any set: this covers every way of finding one. It reads the words
 * of the members, then their edges, accepts if every count is explained by edges from inside and no
 * word changed in between, condemns member by member, and reclaims. That "no word changed" can be
 * told without a copy is models/count_word.pml; that a guess which has changed fails sooner (here:
 * at once) makes no difference to what is accepted.
 * Claimed: nothing reachable is accepted; no reference is counted twice or not at all.
 *
 * Check: correct holds small -DN=2 -DF=2 -DM=1
 * Check: correct_3_objects holds small -DN=3 -DM=1
 * Check: correct_2_contexts holds small -DN=2 -DM=2 -DNO_BOX
 * Check: correct_postponed holds small -DN=2 -DF=1 -DM=1 -DPOSTPONE
 * Check: correct_handing_over holds large -DN=2 -DM=2
 * Check: correct_2_contexts_2_fields holds large -DN=2 -DF=2 -DM=2 -DNO_BOX
 * Check: take_without_touch fails small -DTAKE_WITHOUT_TOUCH
 * Check: edges_with_words fails small -DEDGES_WITH_WORDS
 * Check: moved_in_literally fails small -DF=2 -DPOSTPONE -DNO_STORE_COPY -DMOVED_IN_LITERALLY
 * Check: condemned_though_changed fails small -DCONDEMNED_THOUGH_CHANGED
 * Check: inside_reference_released fails small -DINSIDE_REFERENCE_RELEASED
 */
byte set;    /* bits of the set */
byte read;   /* those whose word was read and is watched */
byte phase;  /* 0 none, 1 words, 2 edges, 3 condemn */
byte at_o, at_f;
byte balance[4]; /* 8 + count - edges from inside */
hidden byte g, all;

#define born(o)
#define ended(o)

inline forget() {
    set = 0; read = 0; phase = 0; at_o = 0; at_f = 0;
    balance[1] = 0; balance[2] = 0; balance[3] = 0
}
#ifdef CONDEMNED_THOUGH_CHANGED
#define touch(o) skip
#else
#define touch(o) \
    if \
    :: read & (1 << (o)) -> forget() \
    :: else \
    fi
#endif
#include "heap.inc"

inline guess(w) {
    set = w; phase = 1; balance[1] = 8; balance[2] = 8; balance[3] = 8
}

inline read_word(o) {
    if
    :: count[o] == 0 -> forget()
    :: else -> balance[o] = balance[o] + count[o]; read = read | B(o)
    fi
}

inline read_edge() {
    g = FIELD(at_o, at_f);
    if
    :: g && (set & B(g)) -> balance[g] = balance[g] - 1
    :: else
    fi;
    g = 0;
    if
    :: at_f == F - 1 -> at_f = 0; at_o++
    :: else -> at_f++
    fi
}

inline scan() {
    g = 1; all = 1;
    do
    :: g <= N -> all = ((set & B(g)) && balance[g] != 8 -> 0 : all); g++
    :: else -> break
    od;
    if
    :: all -> phase = 3; at_o = 0; at_f = 0; balance[1] = 0; balance[2] = 0; balance[3] = 0
    :: else -> forget()
    fi;
    g = 0; all = 0
}

/* References inside go silently, others by decrement. */
inline reclaim() {
    h1 = 1;
    do
    :: h1 <= N ->
       h2 = 0;
       do
       :: (set & B(h1)) && h2 < F ->
          h3 = FIELD(h1, h2); FIELD(h1, h2) = 0;
          if
#ifdef INSIDE_REFERENCE_RELEASED
          :: h3 -> decrement(h3, M)
#else
          :: h3 && !(set & B(h3)) -> decrement(h3, M)
#endif
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
       :: set & B(h1) ->
          assert(!(dying[M] & B(h1)));
          count[h1] = 0; free = free | B(h1)
       :: else
       fi;
       h1++
    :: else -> break
    od;
    h1 = 0; h2 = 0; h3 = 0;
    forget()
}

active proctype Collector() {
end:
    do
    :: d_step { phase == 0 -> guess(2) }
    :: d_step { phase == 0 -> guess(4) }
    :: d_step { phase == 0 -> guess(6) }
#if N > 2
    :: d_step { phase == 0 -> guess(8) }
    :: d_step { phase == 0 -> guess(10) }
    :: d_step { phase == 0 -> guess(12) }
    :: d_step { phase == 0 -> guess(14) }
#endif
#ifdef EDGES_WITH_WORDS
    /* the word of a member, then its edges, then the next member's word, in any order */
    :: d_step { phase == 1 && at_o == 0 && (set & ~read & 2) ->
           read_word(1); at_o = (phase == 1 -> 1 : 0) }
    :: d_step { phase == 1 && at_o == 0 && (set & ~read & 4) ->
           read_word(2); at_o = (phase == 1 -> 2 : 0) }
    :: d_step { phase == 1 && at_o != 0 ->
           read_edge();
           if
           :: at_f == 0 -> at_o = 0;
              if
              :: read == set -> scan()
              :: else
              fi
           :: else
           fi }
#else
    :: d_step { phase == 1 ->
           g = 1;
           do
           :: !(set & ~read & B(g)) -> g++
           :: else -> break
           od;
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
           read_edge();
           if
           :: !(set >> at_o) -> scan()
           :: else
           fi }
#endif
    :: d_step { phase == 3 -> /* the next member is condemned: not watched any more */
           g = 1;
           do
           :: !(read & B(g)) -> g++
           :: else -> break
           od;
           read = read & ~B(g);
           g = 0;
           if
           :: read == 0 ->
              reach(1);
              assert((reachable & set) == 0);
              reachable = 0;
              reclaim()
           :: else
           fi }
    :: dying[M] -> cascade(M)
    od
}
