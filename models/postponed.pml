/* The heap's own references: a release that is put off, taken over, put off again, settled; the
 * reference around a finalizer; and a weak upgrade in the middle of it (W4).
 * Code: heap/postponed.cc postpone_release
 * Code: heap/postponed.cc postpone_again
 * Code: heap/postponed.cc postpone_end
 * Code: heap/postponed.cc drop_held
 * Code: heap/postponed.cc settle_postponed
 * Code: heap/postponed.cc settle_plain_postponed
 * Code: heap/cascade.h finalize
 * Code: heap/reference_count.cc upgrade_from_zero
 * Code: gc/pass_find.cc take_over_postponed
 *
 * One object with a finalizer. M contexts hold a reference each and let it go: at once (the object
 * ends there: finalizer, end), by postponing it, or by postponing the end itself where user code
 * may not run. A weak reference may be upgraded until the object has ended. The collector takes
 * postponed references over and settles them, or, where user code may not run, postpones again.
 * Claimed: the count is the references of contexts plus the heap's own at every moment; the object
 * ends once, with nobody holding it; its finalizer runs once; when all contexts are done and the
 * collector has nothing more to find, it has ended, or its finalizer has stored a reference to it;
 * if that is in the object itself, a ring, the collector has looked at it since.
 *
 * Check: correct holds small -DM=2
 * Check: correct_3_contexts holds large -DM=3
 * Check: second_postponed_lost fails small -DM=2 -DSECOND_POSTPONED_LOST
 * Check: finalized_not_marked fails small -DM=2 -DFINALIZED_NOT_MARKED
 * Check: resurrected_not_reported fails small -DM=2 -DRESURRECTED_NOT_REPORTED
 * Check: limbo_not_completed fails small -DM=2 -DLIMBO_NOT_COMPLETED
 */
#ifndef M
#define M 2
#endif

byte count = M;
bit held, postponed, finalized; /* flags of the word */
bit candidate;                  /* the bit beside the page */
byte references = M;            /* ghost: those of contexts */
byte ran;                       /* ghost: how often the finalizer ran */
bit ended;                      /* ghost: ended, weak references are cut */
byte finished;                  /* ghost: contexts that are done for good */
byte resurrected;               /* by the finalizer: 1 where a context takes it, 3 in itself */
bit asked;                      /* ghost: looked at since drop_held() */
bit taken;                      /* ghost: the collector holds an entry of a dead object */

/* Every step is a swap of the word or an addition to it: atomic. The count is always exact. */
#define EXACT assert(ended || count == references + held + postponed || \
    (count == 0 && references == 0 && !held))

inline report() {
    candidate = 1
}

/* Heap::drop_held(): the heap's own reference, around a finalizer or taken over */
inline drop_held(last) {
    d_step {
        assert(held && count > 0);
        count--; held = 0; last = (count == 0); asked = 0; EXACT };
    if
    :: last
    :: !last ->
#ifndef RESURRECTED_NOT_REPORTED
       report()
#else
       skip
#endif
    fi
}

/* Heap::end_object() where user code may run: the caller took the count to 0, or owns the end */
inline end_object(last, dead) {
    d_step {
        dead = 0;
        if
        :: count == 0 && finalized -> dead = 1
        :: count == 0 && !finalized ->
           count++; held = 1;
#ifndef FINALIZED_NOT_MARKED
           finalized = 1;
#endif
           EXACT
        :: else /* a weak upgrade took this step for us */
        fi };
    if
    :: !dead ->
       d_step { ran++; assert(ran == 1 && held) };
       if
       :: skip
       :: d_step { resurrected == 0 -> count++; references++; resurrected = 1; EXACT }
       :: d_step { resurrected == 0 -> count++; references++; resurrected = 3; EXACT }
       fi;
       drop_held(last)
    :: dead -> last = 1
    fi;
    if
    :: last -> d_step { assert(references == 0 && !ended && !postponed); ended = 1; last = 0 }
    :: !last
    fi;
    dead = 0
}

active [M] proctype Context() {
    bit mine = 1, last, dead;
loop:
    if
    /* release(): here and now */
    :: d_step { mine -> mine = 0; references--; count--; last = (count == 0); EXACT };
       if
       :: last -> end_object(last, dead)
       :: !last -> report()
       fi
    /* release() too deep inside user code: Heap::postpone_end() */
    :: d_step { mine -> mine = 0; references--; count--; last = (count == 0); EXACT };
       if
       :: last ->
          d_step {
              if
              :: count == 0 && !finalized -> count++
              :: count == 0 && finalized
              :: else ->
                 assert(held);
                 count = (postponed -> count - 1 : count);
                 held = 0; finalized = 0
              fi;
              postponed = 1; EXACT };
          report()
       :: !last -> report()
       fi;
       last = 0
    /* Heap::postpone_release() */
    :: d_step { mine ->
           mine = 0; references--;
           count = (postponed -> count - 1 : count);
           postponed = 1; EXACT };
       report()
    /* a weak upgrade, also from 0: upgrade_from_zero() */
    :: d_step { !mine && !ended && count > 0 -> count++; references++; mine = 1; EXACT }
    :: d_step { !mine && !ended && count == 0 && !finalized ->
#ifdef LIMBO_NOT_COMPLETED
           count++;
#else
           count = count + 2; held = 1; finalized = 1;
#endif
           references++; mine = 1; EXACT }
    :: d_step { !mine && resurrected == 1 -> resurrected = 2; mine = 1 }
    :: !mine && resurrected != 1 -> goto done
    fi;
    goto loop;
done:
    finished++
}

active proctype Collector() {
    bit last, dead;
end:
    do
    :: d_step { candidate -> candidate = 0; asked = 1 };
       if
       /* Pass::gather_cell() and take_over_postponed() */
       :: d_step { postponed && !held ->
              postponed = 0; held = (count != 0); taken = 1; EXACT };
          if
          :: goto settle
          :: goto again
          fi
       :: d_step { postponed && held -> skip };
          report()
       :: d_step { !postponed -> skip }
       fi
    :: finished == M && !candidate ->
       assert(ended || resurrected == 1 || (resurrected == 3 && asked));
       break
    od;
    goto done;
settle: /* Heap::settle_postponed(): user code may run here */
    skip;
    d_step { taken = 0; dead = (count == 0) };
    if
    :: dead -> last = 1
    :: !dead -> drop_held(last)
    fi;
    if
    :: last -> last = 0; end_object(last, dead)
    :: !last -> dead = 0
    fi;
    goto end;
again: /* Heap::settle_plain_postponed(): it may not; Heap::postpone_again() */
    skip;
    d_step {
        taken = 0;
        if
#ifndef SECOND_POSTPONED_LOST
        :: count != 0 && postponed -> count--
#endif
        :: else
        fi;
        postponed = 1; held = 0; EXACT };
    report();
    goto end;
done:
    skip
}
