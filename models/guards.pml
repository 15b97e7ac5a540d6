/* Objects that are borrowed under a guard, against their last release, looks at the places, and the
 * condemnation of a ring.
 * Code: heap/guard.h borrow
 * Code: heap/cascade.h withhold
 * Code: heap/guards.h close
 * Code: heap/guards.h look_locked
 * Code: heap/field_slot.cc load_counted
 * Code: gc/pass_decide.cc is_borrowed
 * Code: gc/pass_small.cc decide_small
 *
 * A field refers to object 1, which refers to 2; in a ring 2 refers back to 1. A reader opens its
 * guard, borrows from the field, hops from object to object, or gains a counted reference on its
 * way, and closes the guard. A writer empties the field, in a chain fills it again as long as it
 * holds a handle. Somebody looks at the places, one after the other, and ends what was withheld and
 * stands in none. In a ring a pass condemns what only the ring itself explains.
 * Claimed: what is borrowed or counted has not ended; nothing is withheld when all is over.
 *
 * Check: correct_chain holds small
 * Check: correct_ring holds small -DRING
 * Check: correct_chain_4_hops holds large -DHOPS=4
 * Check: correct_ring_5_hops holds large -DRING -DHOPS=5
 * Check: guard_not_asked fails small -DGUARD_NOT_ASKED
 * Check: withheld_unseen fails small -DWITHHELD_UNSEEN
 * Check: borrowed_object_ends fails small -DBORROWED_OBJECT_ENDS
 * Check: borrowed_without_recheck fails small -DBORROWED_WITHOUT_RECHECK
 * Check: borrow_ignores_condemned fails small -DRING -DBORROW_IGNORES_CONDEMNED
 * Check: load_ignores_condemned fails small -DRING -DLOAD_IGNORES_CONDEMNED
 * Check: borrowed_member_committed fails small -DRING -DBORROWED_MEMBER_COMMITTED
 */
#ifndef HOPS
#define HOPS 3
#endif
#define B(o) (1 << (o))
#define IDLE 0
#define UNDECIDED 1
#define COMMITTED 2
#define ABORTED 3

byte field = 1;
byte next[3];
byte count[3];
byte ended;     /* bits of objects */
byte withheld;  /* bits of objects */
byte condemned; /* bits of objects */
byte decision;
byte place[2];
bool open;
byte running = 3; /* reader, writer, and who looks or collects */
bool ready;

/* One counted reference to o goes, and what only it kept alive: the rest of a chain in its turn. */
inline release(o, next_one) {
    do
    :: o == 0 -> break
    :: else ->
       d_step { assert(count[o] > 0); count[o]--; o = (count[o] == 0 -> o : 0) };
       if
       :: o == 0
       :: else -> end_or_withhold(o, next_one)
       fi
    od
}

/* U2: afterwards o is what is to be released next, or 0 */
inline end_or_withhold(o, next_one) {
    if
#ifndef GUARD_NOT_ASKED
    :: open ->
       withheld = withheld | B(o);
       if
#ifndef WITHHELD_UNSEEN
       :: d_step { !open && (withheld & B(o)) -> withheld = withheld & ~B(o) }; end_now(o, next_one)
#endif
       :: else -> o = 0
       fi
    :: else -> end_now(o, next_one)
#else
    :: end_now(o, next_one)
#endif
    fi
}

inline end_now(o, next_one) {
    d_step {
        assert(!(ended & B(o)));
        ended = ended | B(o);
        next_one = next[o]; next[o] = 0;
        o = next_one; next_one = 0 }
}

/* Takes one withheld object and ends it, with what follows. */
inline end_withheld(which, o, next_one) {
    d_step {
        o = 0;
        if
        :: withheld & which & B(1) -> o = 1
        :: else ->
           if
           :: withheld & which & B(2) -> o = 2
           :: else
           fi
        fi;
        withheld = (o == 0 -> withheld : withheld & ~B(o)) };
    if
    :: o != 0 -> end_now(o, next_one); release(o, next_one)
    :: else
    fi
}

#define FIELD (at == 0 -> field : next[at])

active proctype Reader() {
    byte at, here, k, hops, gained, o, next_one;
    byte rounds = 2;
    ready;
again:
    open = true;
borrow: /* from the field, or from the object at hand, into the place that is free */
    skip;
    d_step { here = FIELD };
    if
    :: here == 0 -> goto close
    :: else
    fi;
    place[k] = here;
#ifndef BORROWED_WITHOUT_RECHECK
    if
    :: FIELD != here -> place[k] = 0; goto borrow
    :: else
    fi;
#endif
#ifndef BORROW_IGNORES_CONDEMNED
    if
    :: condemned & B(here) ->
       d_step {
           if
           :: decision == UNDECIDED -> decision = ABORTED
           :: else
           fi }
    :: else
    fi;
#endif
    assert(!(ended & B(here)));
    d_step { k = 1 - k; at = here; hops++ };
    place[k] = 0;
    assert(!(ended & B(at)));
    if
    :: hops < HOPS -> goto borrow
    :: goto close
    :: gained == 0 && next[at] != 0 -> goto load
    fi;
load: /* load_counted() out of the object at hand; the swap is from the word that was looked at */
    skip;
    d_step { here = next[at] };
    if
    :: here == 0 -> goto close
    :: else
    fi;
#ifndef LOAD_IGNORES_CONDEMNED
    if
    :: (condemned & B(here)) && decision == UNDECIDED ->
       d_step {
           if
           :: decision == UNDECIDED -> decision = ABORTED
           :: else
           fi };
       goto load
    :: else
    fi;
    if
    :: d_step { next[at] == here && count[here] > 0 &&
           !((condemned & B(here)) && decision == UNDECIDED) ->
           count[here]++; gained = here }
    :: else -> goto load
    fi;
#else
    if
    :: d_step { next[at] == here && count[here] > 0 -> count[here]++; gained = here }
    :: else -> goto load
    fi;
#endif
close:
    assert(at == 0 || !(ended & B(at)));
    place[0] = 0;
    place[1] = 0;
    d_step { at = 0; here = 0; k = 0; hops = 0 };
    open = false;
    do
    :: withheld != 0 && !open -> end_withheld(6, o, next_one)
    :: else -> break
    od;
    if
    :: gained != 0 ->
       assert(!(ended & B(gained)));
       o = gained; gained = 0;
       release(o, next_one)
    :: else
    fi;
    rounds--;
    if
    :: rounds > 0 -> goto again
    :: else
    fi;
    running--
}

active proctype Writer() {
    byte o, next_one;
    ready;
#ifdef RING
    d_step { o = field; field = 0 };
    release(o, next_one);
#else
    bool handle = true; /* a counted reference to 1 */
    do
    :: field != 0 -> d_step { o = field; field = 0 }; release(o, next_one)
    :: field == 0 && handle -> count[1]++; field = 1
    :: handle -> handle = false; o = 1; release(o, next_one)
    :: field == 0 && !handle -> break
    od;
#endif
    running--
}

/* A look at the places: `lent` are the objects that were found there, one place after the other. */
inline look(lent) {
    lent = B(place[0]);
    lent = lent | B(place[1])
}

active proctype Other() {
    byte lent, which, o, next_one;
    ready;
#ifdef RING
    /* a pass: both are condemned if only the ring explains their counts */
    byte passes = 2;
    do
    :: passes == 0 || (ended & 6) == 6 -> break
    :: else ->
       passes--;
       decision = UNDECIDED;
       if
       :: d_step { count[1] == 1 && next[2] == 1 && !(ended & 6) -> condemned = condemned | B(1) }
       :: else -> goto back
       fi;
       if
       :: d_step { count[2] == 1 && next[1] == 2 -> condemned = condemned | B(2) }
       :: else -> goto back
       fi;
       look(lent);
#ifndef BORROWED_MEMBER_COMMITTED
       if
       :: lent & 6 -> goto back
       :: else
       fi;
#endif
       if
       :: d_step { decision == UNDECIDED -> decision = COMMITTED }
       :: else -> goto back
       fi;
       d_step { next[1] = 0; next[2] = 0; count[1] = 0; count[2] = 0; ended = ended | 6 };
       break;
back:
       skip;
       d_step { condemned = 0; decision = IDLE; lent = 0 }
    od;
#else
    do
    :: withheld != 0 ->
       which = withheld;
       look(lent);
#ifdef BORROWED_OBJECT_ENDS
       lent = 0;
#endif
       which = which & ~lent;
       end_withheld(which, o, next_one);
       skip;
       d_step { lent = 0; which = 0 }
    :: running == 1 -> break
    od;
#endif
    running--
}

init {
    d_step {
        next[1] = 2;
        count[1] = 1; count[2] = 1;
#ifdef RING
        next[2] = 1; count[1] = 2;
#else
        count[1] = 2; /* the field and the handle */
#endif
        ready = true
    };
    running == 0;
    assert(withheld == 0)
}
