/* A counted load of a shared field against overwriting, the end of what it held, and reuse.
 * Code: heap/field_slot.cc load_counted
 * Code: heap/field_slot.cc store_owned
 * Code: heap/paged/spans.cc close_retired
 *
 * One shared field holds a counted reference to one of N cells. M contexts load it, drop what they
 * hold, or put a new object there; what ends frees its cell, which is reused at once, with the
 * version going on. A free cell's page may also be dissolved while no context is inside a load
 * window: the cell has no word until the page is made a span again.
 * Claimed: what is loaded was in the field at some moment of the load, the same incarnation, and is
 * counted; counts never go below zero; no word is read where there is none.
 *
 * Check: correct holds small -DM=2
 * Check: correct_3_contexts holds large -DM=3 -DN=2
 * Check: correct_3_contexts_3_cells holds large -DM=3
 * Check: load_without_recheck fails small -DLOAD_WITHOUT_RECHECK
 * Check: load_increments_blindly fails small -DLOAD_INCREMENTS_BLINDLY
 * Check: version_reset_on_reuse fails small -DVERSION_RESET_ON_REUSE
 * Check: dissolved_under_windows fails small -DDISSOLVED_UNDER_WINDOWS
 * Check: increment_after_publish fails small -DINCREMENT_AFTER_PUBLISH
 * Check: decrement_before_exchange fails small -DDECREMENT_BEFORE_EXCHANGE
 */
#ifndef N
#define N 3
#endif
#ifndef M
#define M 2
#endif
#define B(o) (1 << (o))

byte count[N + 1];
byte free = (1 << (N + 1)) - 2; /* bits of cells */
byte dissolving;                /* bits of free cells that nobody allocates any more */
byte dissolved;                 /* those of them that have no word */
byte waiting;                   /* contexts not yet seen outside a window since `dissolving` */
byte field;                     /* the shared field: 0 or a cell */
byte held[M];                   /* a counted reference of the context */
byte linked[M];                 /* the cell whose word is as this context read it */
byte windows;                   /* bits of contexts inside a load window */
byte seen[M];                   /* ghost: cells that the field held since the load began */
#ifdef VERSION_RESET_ON_REUSE
byte version[N + 1];
#endif

hidden byte h;

/* The word of o changes: nobody's swap from the earlier word succeeds. */
inline changed(o) {
#ifdef VERSION_RESET_ON_REUSE
    version[o] = (version[o] == 5 -> 5 : version[o] + 1) /* 5: too many; never equal */
#else
    h = 0;
    do
    :: h < M -> linked[h] = (linked[h] == (o) -> 0 : linked[h]); h++
    :: else -> break
    od;
    h = 0
#endif
}

inline store_seen(o) {
    h = 0;
    do
    :: h < M -> seen[h] = ((windows & B(h)) -> seen[h] | B(o) : 0); h++
    :: else -> break
    od;
    h = 0
}

/* release() and, at zero, the end of the object: its cell is free */
inline release(o) {
    assert(count[o] > 0 && !(free & B(o)));
    count[o]--;
    changed(o);
    if
    :: count[o] == 0 ->
       free = free | B(o);
       h = 0; /* a later incarnation in this cell is another object */
       do
       :: h < M -> seen[h] = seen[h] & ~B(o); h++
       :: else -> break
       od;
       h = 0
    :: else
    fi
}

active [M] proctype Mutator() {
    byte o, old;
#ifdef VERSION_RESET_ON_REUSE
    byte read_version, read_count;
#endif
end:
    do
    :: d_step { held[_pid] != 0 -> o = held[_pid]; held[_pid] = 0; release(o); o = 0 }
    :: d_step { /* a new object; the first free cell */
           held[_pid] == 0 && (free & ~dissolving) != 0 ->
           o = 1;
           do
           :: !(free & ~dissolving & B(o)) -> o++
           :: else -> break
           od;
           free = free & ~B(o); count[o] = 1;
#ifdef VERSION_RESET_ON_REUSE
           version[o] = 0;
#else
           changed(o);
#endif
           held[_pid] = o; o = 0 }
    :: d_step { field == 0 && held[_pid] != 0 -> skip }; goto store
    :: d_step { field != 0 -> skip }; goto store
    :: d_step { held[_pid] == 0 && field != 0 ->
           windows = windows | B(_pid); seen[_pid] = B(field) };
       goto load
    od;

store: /* store_owned(): a copy of what is held, or null */
    if
#ifndef INCREMENT_AFTER_PUBLISH
    :: d_step { held[_pid] != 0 -> o = held[_pid]; count[o]++; changed(o) }
#else
    :: o = held[_pid]
#endif
    :: o = 0
    fi;
#ifdef DECREMENT_BEFORE_EXCHANGE
    old = field;
    d_step {
        if
        :: old != 0 && count[old] > 0 -> release(old)
        :: else
        fi;
        old = 0 };
    d_step { field = o; store_seen(o); o = 0 };
#else
    d_step { old = field; field = o; store_seen(o) };
#ifdef INCREMENT_AFTER_PUBLISH
    d_step {
        if
        :: o != 0 -> assert(count[o] > 0); count[o]++; changed(o)
        :: else
        fi };
#endif
    d_step {
        if
        :: old != 0 -> release(old)
        :: else
        fi;
        o = 0; old = 0 };
#endif
    goto end;

load: /* load_counted() */
    o = field;
    if
    :: o == 0 -> goto loaded
    :: o != 0
    fi;
    d_step { /* load_word() */
        assert(!(dissolved & B(o)));
        linked[_pid] = o
#ifdef VERSION_RESET_ON_REUSE
        ; read_version = version[o]; read_count = count[o]
#endif
    };
#ifndef LOAD_WITHOUT_RECHECK
    if
    :: field != o -> linked[_pid] = 0; goto load
    :: field == o
    fi;
#endif
#ifdef LOAD_INCREMENTS_BLINDLY
    d_step {
        assert(count[o] > 0 && (seen[_pid] & B(o)));
        count[o]++; changed(o); linked[_pid] = 0 };
#else
    if /* the swap from the word that was read, whose count is not 0 */
#ifdef VERSION_RESET_ON_REUSE
    :: d_step { version[o] == read_version && version[o] != 5 && count[o] == read_count &&
           read_count != 0 ->
           assert(seen[_pid] & B(o));
           count[o]++; changed(o); read_version = 0; read_count = 0; linked[_pid] = 0 }
    :: d_step { !(version[o] == read_version && version[o] != 5 && count[o] == read_count &&
           read_count != 0) ->
           read_version = 0; read_count = 0; linked[_pid] = 0 };
       goto load
#else
    :: d_step { linked[_pid] == o && count[o] > 0 ->
           assert(seen[_pid] & B(o));
           count[o]++; changed(o); linked[_pid] = 0 }
    :: d_step { !(linked[_pid] == o && count[o] > 0) -> linked[_pid] = 0 };
       goto load
#endif
    fi;
#endif
    assert(!(free & B(o)) && count[o] > 0);
    held[_pid] = o;
loaded:
    skip;
    d_step { windows = windows & ~B(_pid); seen[_pid] = 0; o = 0 };
    goto end
}

/* Pages are dissolved and made again, here that of cell 1. B2: only when every context has been
 * seen outside its windows, one at a time, since nobody new finds the cell. */
active proctype Allocator() {
end:
    do
    :: d_step { (free & 2) && !(dissolving & 2) -> dissolving = 2; waiting = B(M) - 1 }
    :: d_step { waiting & ~windows -> waiting = waiting & windows }
#ifdef DISSOLVED_UNDER_WINDOWS
    :: d_step { dissolving && !dissolved -> dissolved = 2; waiting = 0 }
#else
    :: d_step { dissolving && !dissolved && waiting == 0 -> dissolved = 2 }
#endif
    :: d_step { dissolved & 2 -> dissolved = 0; dissolving = 0; changed(1) }
    od
}
