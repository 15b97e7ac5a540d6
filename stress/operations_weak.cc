// Operations on weak references: made, copied, locked from several threads, raced against the last
// release.
#include "absl/strings/str_cat.h"
#include "stress/operations.h"
#include "stress/worker.h"

namespace ouro::stress {

namespace {

WeakRecord& some_weak(Worker& w) {
    return w.weaks[w.random.below(static_cast<std::uint32_t>(w.weaks.size()))];
}

void assign(WeakRecord& record, const Ref<Body>& target) {
    record.weak = target;
    record.serial = target ? target->mark.serial() : 0;
    record.seen_dead = false;
}

/// Judges what a lock has given. `serial`: of the object that the weak reference was made for.
void judge_lock(Worker& w, const Ref<Body>& locked, Serial serial, bool& seen_dead) {
    if (!locked) {
        ++w.tally().locks_lost;
        seen_dead = true;
        return;
    }
    ++w.tally().locks_won;
    const Serial found = w.check(Ref<Object>(locked), "a weak reference");
    if (seen_dead) w.world.evidence.violation("a dead weak reference came back to life", found);
    if (found != serial) {
        w.world.evidence.violation(
            absl::StrCat("a weak reference to object ", serial, " gave another"), found);
    }
}

}  // namespace

void make_weak(Worker& w) {
    Ref<Object>* handle = w.some();
    if (handle == nullptr) return;
    const Ref<Body> target = body_of(*handle);
    WeakRecord& record = some_weak(w);
    assign(record, target);
    w.note("weak", record.serial);
    // Held here, so it must be alive.
    if (target && !record.weak.lock())
        w.world.evidence.violation("a weak reference to a held object is dead", record.serial);
}

void lock_weak(Worker& w) {
    WeakRecord& record = some_weak(w);
    if (record.serial == 0) return;
    Ref<Body> locked = record.weak.lock();
    w.note(locked ? "lock" : "lock lost", record.serial);
    judge_lock(w, locked, record.serial, record.seen_dead);
    if (locked && w.random.one_in(2)) w.keep(Ref<Object>(std::move(locked)));
}

void copy_weak(Worker& w) {
    const WeakRecord& from = some_weak(w);
    WeakRecord& to = some_weak(w);
    if (&from == &to) return;
    to.weak = from.weak;
    to.serial = from.serial;
    // A copy of a dead reference is dead; of one that dies meanwhile it may be.
    to.seen_dead = from.seen_dead;
    if (to.weak.expired()) to.seen_dead = true;
}

void share_weak(Worker& w) {
    WeakTable& weaks = w.world.weaks;
    Ref<Object>* handle = w.some();
    const Ref<Body> target = handle == nullptr ? Ref<Body>() : body_of(*handle);
    w.note("share weak", target ? target->mark.serial() : 0);
    weaks.assign(w.random.below(static_cast<std::uint32_t>(weaks.size())), target);
}

void lock_shared_weak(Worker& w) {
    WeakTable& weaks = w.world.weaks;
    Serial serial = 0;
    Ref<Body> locked = weaks.lock(w.random.below(static_cast<std::uint32_t>(weaks.size())), serial);
    if (serial == 0) return;
    bool seen_dead = false;
    w.note(locked ? "lock shared" : "lock shared lost", serial);
    judge_lock(w, locked, serial, seen_dead);
    if (locked && w.random.one_in(2)) w.keep(Ref<Object>(std::move(locked)));
}

void lock_watched(Worker& w) {
    Ref<Object>* handle = w.some();
    if (handle == nullptr) return;
    const Ref<Watcher> watcher = cast<Watcher>(*handle);
    if (!watcher || watcher->peer_serial == 0) return;
    bool seen_dead = watcher->peer.expired();
    Ref<Body> locked = watcher->peer.lock();
    w.note("lock watched", watcher->peer_serial);
    judge_lock(w, locked, watcher->peer_serial, seen_dead);
    if (locked) w.keep(Ref<Object>(std::move(locked)));
}

void race_last_release(Worker& w) {
    constexpr Kind kTargets[] = {Kind::node,       Kind::counted, Kind::finalized,
                                 Kind::final_only, Kind::leaf,    Kind::final_leaf};
    const UserCode user_code = w.world.plan.user_code;
    const std::uint32_t kinds = user_code == UserCode::none          ? 1
                                : user_code == UserCode::destructors ? 2
                                                                     : 6;
    Ref<Object> target = w.make(kTargets[w.random.below(kinds)]);
    if (!target) return;
    // Shared first, then the only handle goes: others lock it while it does.
    WeakTable& weaks = w.world.weaks;
    const std::uint32_t count = w.random.between(1, 6);
    for (std::uint32_t i = 0; i < count; ++i)
        weaks.assign(w.random.below(static_cast<std::uint32_t>(weaks.size())), body_of(target));
    if (w.random.one_in(2)) std::this_thread::yield();
    w.note("last release", serial_of(target));
    target.reset();
}

}  // namespace ouro::stress
