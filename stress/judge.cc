#include "stress/judge.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "absl/strings/str_cat.h"
#include "platform/thread.h"

namespace ouro::stress {

namespace {

constexpr int kCollectsMax = 1'000;
constexpr std::uint64_t kBackgroundLimitNs = 30'000'000'000;

const char* kind_name(Kind kind) { return info_of(kind).name; }

}  // namespace

void Judge::judge() {
    judge_one_collect();
    settle();
    if (world_.evidence.found()) return;
    Survey survey;
    take_survey(survey);
    judge_objects(survey);
    judge_shadow(survey);
    if (world_.evidence.found()) {
        world_.evidence.remark("alive and unreachable: " + leftovers(survey));
        return;
    }
    judge_weak_references(survey);
    judge_sums(survey);
    judge_listing(survey);
    judge_memory();
}

/// The planted fault is shown once, where it shows first.
bool Judge::planted(PlantedFault fault) {
    if (world_.options.planted != fault || planted_) return false;
    planted_ = true;
    return true;
}

std::uint64_t Judge::finalizers_begun() {
    std::uint64_t count = 0;
    world_.threads.for_each([&](ThreadRecord& record) {
        count += record.finalizers_begun.load(platform::memory_order_acquire);
    });
    return count;
}

std::uint64_t Judge::finalizers_ended() {
    std::uint64_t count = 0;
    world_.threads.for_each([&](ThreadRecord& record) {
        count += record.finalizers_ended.load(platform::memory_order_acquire);
    });
    return count;
}

void Judge::take_survey(Survey& survey) {
    for (const auto& worker : workers_) {
        for (const Ref<Object>& handle : worker->pocket) survey.add_handle(handle.bits());
    }
    for (const Ref<Object>& hub : world_.hubs) survey.add_handle(hub.bits());
    const auto add = [&](const Ref<Object>& handle) { survey.add_handle(handle.bits()); };
    world_.commons.for_each(add);
    world_.graveyard.for_each(add);
    world_.mail.for_each([&](std::uintptr_t bits) {
        if (world_.options.planted != PlantedFault::object_lost) survey.add_handle(bits);
    });
    world_.interned.for_each(
        [&](const Ref<Object>& handle) { survey.add_value_handle(handle.bits()); });
    survey.walk();
    reachable_ = std::max(reachable_, survey.found().size());
    if (world_.options.planted == PlantedFault::count_off) survey.miscount();
}

// ---- coming to rest

/// What one call of collect() promises: all that was unreachable is gone, unless finalizers ran,
/// which may have made new garbage.
void Judge::judge_one_collect() {
    // A finalizer on the collector's thread could store references during the survey.
    const bool background = world_.plan.config.collector.background;
    if (background) world_.heap.collector().stop();
    const std::uint64_t finalizers = finalizers_ended();
    Survey survey;
    take_survey(survey);
    const CollectResult result = world_.heap.collect();
    const std::size_t live = world_.live_objects();
    const bool exact = result.complete && finalizers_begun() == finalizers;
    if (exact && live != survey.found().size()) {
        violation(absl::StrCat("one collect() at rest, complete, returned ", result.unreachable,
                               " and left ", live, " objects where ", survey.found().size(),
                               " are reachable: ", leftovers(survey)));
    }
    if (background && !world_.heap.collector().start())
        violation("the collector's thread does not start again");
}

/// Some objects that live although nothing reaches them.
std::string Judge::leftovers(const Survey& survey) {
    struct Listing {
        World& world;
        const Survey& survey;
        std::string text;
        int count = 0;
    } listing{world_, survey, {}};
    const auto visit = [](void* self, const Ref<Object>& object) {
        auto& l = *static_cast<Listing*>(self);
        const Serial serial = mark_of(object).serial();
        if (l.survey.find(serial) != nullptr || ++l.count > 8) return;
        absl::StrAppend(&l.text, "\n    ", serial, ": ", l.world.describe(object.get()));
        std::vector<Ref<Object>> successors;
        load_successors(object, successors);
        for (const Ref<Object>& successor : successors)
            absl::StrAppend(&l.text, " ->", has_mark(successor.bits()) ? serial_of(successor) : 0);
    };
    world_.heap.collector().get_objects(visit, &listing);
    listing.text += dead_cells();
    int count = 0;
    world_.shadow.for_each([&](Serial serial, ShadowState state) {
        const KindInfo& info = info_of(state.kind());
        if (info.tracked || !info.destructor || state.gone() || state.destroyed() != 0) return;
        if (survey.find(serial) != nullptr || ++count > 8) return;
        absl::StrAppend(&listing.text, "\n    ", serial, ": ", info.name, ", finalized ",
                        state.finalized());
    });
    return listing.text;
}

/// Some objects whose count is 0 and whose memory was not given back.
std::string Judge::dead_cells() {
    std::string text;
    int count = 0;
    for_each_header(world_.heap.heap().blocks(), [&](Header* header) {
        if (header->load_info().type() == 0 || header->load_word().count() != 0) return;
        if (++count <= 8)
            absl::StrAppend(&text, "\n    ", mark_of(header->payload()).serial(), ": ",
                            world_.describe(header->payload()));
    });
    return text;
}

void Judge::settle() {
    int calls = 0;
    for (int idle = 0; idle < 2 && calls < kCollectsMax; ++calls) {
        const CollectResult result = world_.heap.collect();
        idle = result.complete && result.unreachable == 0 ? idle + 1 : 0;
    }
    if (calls == kCollectsMax)
        violation("a thousand calls of collect() at rest did not come to an end");
    for (calls = 0; world_.heap.collector().drain(1'000) && calls < kCollectsMax;) ++calls;
    if (calls == kCollectsMax)
        violation("a thousand calls of drain() at rest did not come to an end");
}

void Judge::judge_background() {
    Survey survey;
    take_survey(survey);
    const std::uint64_t until = platform::clock_ns() + kBackgroundLimitNs;
    while (world_.live_objects() != survey.found().size() && !world_.evidence.found()) {
        if (platform::clock_ns() > until) {
            violation(absl::StrCat("the background collector has left ", world_.live_objects(),
                                   " objects for 30 s, ", survey.found().size(), " are reachable"));
            return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

// ---- the objects

void Judge::judge_objects(const Survey& survey) {
    for (const Survey::Found& found : survey.found()) {
        if (!found.is_value) judge_object(found);
        if (world_.evidence.count() > 10) return;
    }
}

void Judge::judge_object(const Survey::Found& found) {
    // Borrowed, so that the walk's own look adds no reference.
    Ref<Object> object = Ref<Object>::adopt(found.bits);
    if (planted(PlantedFault::canary)) mark_of(object.get()).damage();
    const Serial serial = world_.check(object, "the walk");
    const Kind kind = mark_of(object).kind();
    if (!is_intact(object.get())) {
        violation("a reachable object is damaged", serial);
    } else {
        const std::uint32_t count = refcount(object);
        if (count != found.references) {
            violation(absl::StrCat("count ", count, " of a ", kind_name(kind), " to which ",
                                   found.references, " handles and fields refer (",
                                   world_.describe(object.get()), ")"),
                      serial);
        }
        const Id identity = id(object);
        auto by_id = refcount(identity);
        if (!by_id || *by_id != found.references) violation("the count by id is another", serial);
        auto at = object_at(found.bits);
        auto around = object_containing(found.bits + bytes_of(object.get()) - 1);
        if (!at || !(*at == identity) || !around || !(*around == identity))
            violation("a reachable object is not found by its address", serial);
        if (world_.heap.collector().is_finalized(object) !=
            (world_.shadow.state(serial).finalized() != 0))
            violation("is_finalized() is wrong", serial);
    }
    (void)object.detach();
}

void Judge::judge_listing(const Survey& survey) {
    struct Listing {
        World& world;
        const Survey& survey;
        std::size_t count = 0;
    } listing{world_, survey};
    const auto visit = [](void* self, const Ref<Object>& object) {
        auto& l = *static_cast<Listing*>(self);
        const Serial serial = l.world.check(object, "get_objects() at rest");
        ++l.count;
        if (l.survey.find(serial) == nullptr)
            l.world.evidence.violation(
                absl::StrCat("get_objects() lists an unreachable object (",
                             l.world.describe(object.get()), ", one of them the listing's)"),
                serial);
    };
    world_.heap.collector().get_objects(visit, &listing);
    std::size_t tracked = 0;
    for (const Survey::Found& found : survey.found()) {
        if (found.is_value) continue;
        if (info_of(mark_of(detail::object_of(found.bits)).kind()).tracked) ++tracked;
    }
    if (listing.count != tracked) {
        violation(absl::StrCat("get_objects() lists ", listing.count, " objects, ", tracked,
                               " tracked ones are reachable"));
    }
}

// ---- the dead

void Judge::judge_shadow(const Survey& survey) {
    world_.shadow.for_each([&](Serial serial, ShadowState state) {
        if (state.gone() || world_.evidence.count() > 10) return;
        const KindInfo& info = info_of(state.kind());
        const bool reachable = survey.find(serial) != nullptr;
        if (state.abandoned()) {
            if (reachable) violation("an object whose constructor threw is reachable", serial);
        } else if (reachable) {
            if (state.destroyed() != 0 || state.finalized() > 1) {
                violation(
                    absl::StrCat("a reachable ", info.name, " was finalized ", state.finalized(),
                                 " and destroyed ", state.destroyed(), " times"),
                    serial);
            }
            return;
        } else if ((info.destructor && state.destroyed() != 1) ||
                   (info.finalizer && state.finalized() != 1)) {
            violation(
                absl::StrCat("an unreachable ", info.name, " was finalized ", state.finalized(),
                             " and destroyed ", state.destroyed(), " times"),
                serial);
        }
        world_.shadow.set(serial, ShadowState::kGone);
    });
    if (!world_.evidence.found()) world_.shadow.retire();
}

// ---- weak references

void Judge::judge_weak_references(const Survey& survey) {
    const auto judge = [&](const WeakRecord& record) { judge_weak_reference(survey, record); };
    for (const auto& worker : workers_)
        std::for_each(worker->weaks.begin(), worker->weaks.end(), judge);
    world_.weaks.for_each(judge);
    world_.last_words.for_each(judge);
    for (const Survey::Found& found : survey.found()) {
        if (found.is_value) continue;
        void* object = detail::object_of(found.bits);
        if (mark_of(object).kind() != Kind::watcher) continue;
        const auto* watcher = static_cast<const Watcher*>(object);
        WeakRecord record;
        record.weak = watcher->peer;
        record.serial = watcher->peer_serial;
        judge_weak_reference(survey, record);
    }
}

void Judge::judge_weak_reference(const Survey& survey, const WeakRecord& record) {
    if (record.serial == 0) return;
    const Survey::Found* target = survey.find(record.serial);
    const Ref<Body> locked = record.weak.lock();
    bool alive = static_cast<bool>(locked);
    const bool must_be_alive =
        target != nullptr && !record.seen_dead && world_.must_be_weakly_alive(record.serial);
    if (must_be_alive && planted(PlantedFault::weak_dead)) alive = false;
    if (target == nullptr && planted(PlantedFault::weak_alive)) alive = true;
    if (alive && target == nullptr) {
        violation("a weak reference to an unreachable object is alive", record.serial);
    } else if (alive && record.seen_dead) {
        violation("a weak reference is alive that was dead before", record.serial);
    } else if (!alive && must_be_alive) {
        violation(absl::StrCat("a weak reference to a reachable object is dead (",
                               world_.describe(detail::object_of(target->bits)), ")"),
                  record.serial);
    } else if (locked && locked->mark.serial() != record.serial) {
        violation(absl::StrCat("a weak reference to object ", record.serial, " gives another"),
                  locked->mark.serial());
    }
}

// ---- sums

void Judge::judge_sums(const Survey& survey) {
    const Statistics s = world_.heap.statistics();
    const auto expect = [&](const char* what, std::size_t is, std::size_t must_be) {
        if (is != must_be) violation(absl::StrCat(what, " is ", is, ", must be ", must_be));
    };
    expect("live_objects", s.live_objects, survey.found().size());
    if (s.live_objects != survey.found().size())
        world_.evidence.remark("alive and unreachable: " + leftovers(survey));
    expect("objects_made", s.objects_made,
           s.live_objects + s.reclaimed_by_count + s.reclaimed_by_collector);
    expect("finalizers_run", s.finalizers_run, finalizers_ended());
    expect("used, parked and free bytes", s.used_bytes + s.parked_bytes + s.free_bytes,
           s.capacity_bytes);
    if (survey.values() == 0) {
        std::size_t bytes = 0;
        for (const Survey::Found& found : survey.found())
            bytes += bytes_of(detail::object_of(found.bits));
        expect("live_bytes", s.live_bytes, bytes);
    }
    const Violation broken = world_.heap.collector().verify();
    if (broken) violation(absl::StrCat("verify(): ", broken.invariant, " ", broken.path));
    if (const char* rule = world_.heap.heap().blocks().verify())
        violation(absl::StrCat("blocks().verify(): ", rule));
}

namespace {
std::size_t wide_bytes_min() { return Fields::trailing_offset(ouro::detail::type_info_of<Wide>); }
}  // namespace

/// The statistics' promise: an object of this size can be made now.
void Judge::judge_memory() {
    const std::size_t largest = world_.heap.statistics().largest_free_block;
    if (largest <= wide_bytes_min()) return;
    const Trailing trailing{0, static_cast<std::uint32_t>(largest - wide_bytes_min())};
    const auto made = try_make_variable<Wide>(world_.heap.heap(), trailing);
    if (!made)
        violation(
            absl::StrCat("largest_free_block is ", largest, ", but: ", to_string(made.error())));
}

void Judge::judge_end(std::size_t largest_free_block_at_start) {
    judge();
    if (world_.evidence.found()) return;
    Survey survey;
    take_survey(survey);
    if (survey.found().size() != survey.values())
        violation("something is reachable although all handles are gone");
    if (survey.values() != 0) return;  // immortal strings stay where they are
    const Trailing trailing{
        0, static_cast<std::uint32_t>(largest_free_block_at_start - wide_bytes_min())};
    const auto made = try_make_variable<Wide>(world_.heap.heap(), trailing);
    if (!made) {
        violation(
            absl::StrCat("an object of ", largest_free_block_at_start,
                         " bytes fitted into the empty heap, now: ", to_string(made.error())));
    }
}

}  // namespace ouro::stress
