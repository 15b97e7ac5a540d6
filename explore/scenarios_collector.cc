// Scenarios of the dead in rings: a collection against threads that move references.
#include "explore/rings.h"

namespace ouro::explore {

namespace {

using Plains = Rings<Plain>;

// ---- newborn: an object under construction shows itself and is let go

void prepare_newborn(World& w) {
    // The first one finds no container to show itself in.
    w.escaping.ref[0] = w.make<Escaping>();
}
void escape(World& w) {
    w.escaping.ref[1] = w.make<Escaping>();
    use(w.escaping.ref[1]);
}

void run_newborn() { run_threads(Plains::collect, escape); }

// ---- late: a report about an object that is dead meets the next one in its cell (rule 9)

const void* late_report = nullptr;

void prepare_late(World& w) { late_report = w.make<Plain>().get(); }
void report_late(World& w) { w.heap->heap().report_candidate(late_report); }

void run_late() { run_threads(Plains::collect, Plains::make_ring, report_late); }

// ---- evidence: a member loses its last handle before its page is gathered (rule 10)

void prepare_evidence(World& w) {
    const Ref<Plain> ring = w.make<Plain>();
    w.wide.ref[1] = w.make<Wide>();  // on another page
    ring->any = w.wide.ref[1];
    w.wide.ref[1]->any = ring;
    Ref<Wide>(w.wide.ref[1]).reset();  // its page is listed first, and gathered last
}
void drop_wide(World& w) { w.wide.ref[1].reset(); }

void run_evidence() { run_threads(Plains::collect, drop_wide); }

constexpr Scenario kScenarios[] = {
    {"take", "rule 5: a reference is taken out of a field, its holder moved in",
     Plains::prepare_take, Plains::run_take},
    {"hop", "rule 11: counts that hop between objects in step with the collector",
     Plains::prepare_hop, Plains::run_hop},
    {"swing", "rules 11, 12, 15: a handle swings round a ring", Plains::prepare_swing,
     Plains::run_swing},
    {"clear", "rules 11, 19: an edge is cleared, its holder moved into the target",
     Plains::prepare_clear, Plains::run_clear},
    {"leave", "rule 22: a reference is taken out of a member that leaves the set",
     Plains::prepare_leave, Plains::run_leave},
    {"inside", "rule 7: a reference is moved into a field of its own object",
     Plains::prepare_inside, Plains::run_inside},
    {"ring", "rules 9, 10, 12: the last handles to a ring are dropped", Plains::prepare_ring,
     Plains::run_ring},
    {"chain", "rule 9: a cascade lets go of a ring", Plains::prepare_chain, Plains::run_chain},
    {"beside", "rule 9: a ring is let go of beside a candidate that is just being asked",
     Plains::prepare_beside, Plains::run_beside},
    {"joined", "rule 2, C4: a look at blocks that are joined and used again",
     Plains::prepare_joined, Plains::run_joined},
    {"apart", "G1: members of the set die by count", Plains::prepare_ring, Plains::run_apart},
    {"out", "rule 16: garbage refers to the living", Plains::prepare_out, Plains::run_out},
    {"busy", "rule 21: one pass, two contexts that work on it", Plains::prepare_ring,
     Plains::run_busy},
    {"late", "rule 9: a report about a dead object meets the next one in its cell", prepare_late,
     run_late},
    {"evidence", "rule 10: a member is let go of before its page is gathered", prepare_evidence,
     run_evidence},
    {"newborn", "an object under construction shows itself and is let go", prepare_newborn,
     run_newborn},
};

}  // namespace

std::span<const Scenario> collector_scenarios() { return kScenarios; }

}  // namespace ouro::explore
