#include "stress/worker.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "platform/thread.h"
#include "stress/operations.h"

namespace ouro::stress {

namespace {

constexpr std::size_t kWeaks = 16;
constexpr std::size_t kIds = 16;
constexpr std::size_t kVisitorsMax = 2;

// Let go when the thread's other thread-local objects are, after the thread's function has
// returned.
thread_local Ref<Object> t_last_handle;

}  // namespace

Worker::Worker(World& the_world, unsigned the_number, Random generator, bool visiting)
    : world(the_world),
      number(the_number),
      random(generator),
      pocket(the_world.plan.pocket),
      weaks(kWeaks),
      ids(kIds),
      visiting_(visiting) {}

Worker::~Worker() { join_visitors(); }

void Worker::attach() {
    record_ = &world.threads.mine();
    record_->name = absl::StrCat(visiting_ ? "visitor of " : "thread ", number);
    record_->random = random.stream(1);
}

void Worker::run(Gate& gate) {
    attach();
    while (gate.enter()) {
        draw_mix();
        while (!gate.closing() && !world.evidence.found()) operate();
        join_visitors();
    }
}

void Worker::draw_mix() {
    mix_ = {};
    for (const Operation& operation : operations()) {
        // Every round is fond of some operations and does without others.
        constexpr std::uint32_t kMoods[] = {0, 1, 1, 1, 4};
        mix_.add(operation.weight * (operation.rare ? 1 : random.one_of(kMoods)) + 1);
    }
}

void Worker::operate() {
    const Operation& operation = operations()[mix_.draw(random)];
    const std::uint64_t start = platform::clock_ns();
    const std::uint32_t before = record_->whole_heap_calls;
    record_->log.at(start);
    operation.run(*this);
    const std::uint64_t took = platform::clock_ns() - start;
    ++tally().operations;
    if (operation.whole_heap || record_->whole_heap_calls != before) {
        tally().longest_collect_ns = std::max(tally().longest_collect_ns, took);
    } else if (took > tally().longest_ns) {
        tally().longest_ns = took;
        tally().longest_name = operation.name;
    }
}

// ---- what the worker holds

Ref<Object>* Worker::some() {
    for (int attempt = 0; attempt < 8; ++attempt) {
        Ref<Object>& handle = any();
        if (has_mark(handle.bits())) return &handle;
    }
    return nullptr;
}

void Worker::keep(Ref<Object> object) { any() = std::move(object); }

Field<Object>* Worker::slot_of(const Ref<Object>& object) {
    if (!has_mark(object.bits())) return nullptr;
    const std::span<Field<Object>> slots = slots_of(object);
    if (slots.empty()) return nullptr;
    return &slots[random.below(static_cast<std::uint32_t>(slots.size()))];
}

Field<Object>& Worker::hub_slot() {
    const Ref<Object>& hub =
        world.hubs[random.below(static_cast<std::uint32_t>(world.hubs.size()))];
    const std::span<Field<Object>> slots = slots_of(hub);
    return slots[random.below(static_cast<std::uint32_t>(slots.size()))];
}

void Worker::relieve() {
    note("relieve");
    for (Ref<Object>& handle : pocket) {
        if (random.one_in(2)) handle.reset();
    }
    for (int i = 0; i < 8; ++i) hub_slot() = nullptr;
    world.commons.exchange(random.below(static_cast<std::uint32_t>(world.commons.size())), {});
    world.graveyard.exchange(random.below(static_cast<std::uint32_t>(world.graveyard.size())), {});
    if (!random.one_in(4)) return;
    ++record_->whole_heap_calls;
    world.heap.collector().drain(random.between(1, 1000));
    if (random.one_in(2)) world.heap.collect();
}

Ref<Object> Worker::make(Kind kind) {
    Ref<Object> made = world.make(kind, *record_);
    if (!made) relieve();
    return made;
}

Ref<Object> Worker::make_some_kind() {
    return make(static_cast<Kind>(world.plan.kinds.draw(random)));
}

// ---- threads that come and go

void Worker::visit(std::uint32_t operations) {
    attach();
    draw_mix();
    for (std::uint32_t i = 0; i < operations && !world.evidence.found(); ++i) operate();
    t_last_handle = any();
    for (Ref<Object>& handle : pocket) handle.reset();
}

void Worker::start_visitor() {
    if (visiting_) return;
    if (visitors_.size() >= kVisitorsMax) {
        join_visitors();
        return;
    }
    ++tally().threads;
    auto worker =
        std::make_unique<Worker>(world, number, random.stream(++visitors_started_ + 100), true);
    Worker* raw = worker.get();
    const std::uint32_t operations = random.between(1, 300);
    visitors_.push_back(
        {std::thread([raw, operations] { raw->visit(operations); }), std::move(worker)});
}

void Worker::join_visitors() {
    for (Visitor& visitor : visitors_) {
        visitor.thread.join();
        world.threads.give_back(visitor.worker->record_);
    }
    visitors_.clear();
}

}  // namespace ouro::stress
