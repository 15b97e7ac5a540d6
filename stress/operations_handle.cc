// Operations on handles: copies, drops, hand-over between threads, threads that come and go.
#include "stress/operations.h"
#include "stress/worker.h"

namespace ouro::stress {

void copy_handle(Worker& w) {
    const Ref<Object> copy = w.any();
    w.note("copy", serial_of(copy));
    w.keep(copy);
}

void drop_handle(Worker& w) {
    Ref<Object>& handle = w.any();
    w.note("drop", serial_of(handle));
    handle.reset();
}

void drop_many(Worker& w) {
    w.note("drop many");
    const std::uint32_t share = w.random.between(1, 3);
    for (Ref<Object>& handle : w.pocket) {
        if (w.random.one_in(share)) handle.reset();
    }
}

void burst_of_copies(Worker& w) {
    const Ref<Object> hot = w.hub_slot().load();
    if (w.check(hot, "a hub's field") == 0) return;
    w.note("burst", serial_of(hot));
    std::vector<Ref<Object>> copies(w.random.between(1, 50), hot);
    if (getrefcount(hot) < copies.size() + 2)
        w.world.evidence.violation("fewer references counted than one thread holds",
                                   serial_of(hot));
}

void use_commons(Worker& w) {
    HandleTable& commons = w.world.commons;
    const std::uint32_t index = w.random.below(static_cast<std::uint32_t>(commons.size()));
    Ref<Object> got =
        w.random.one_in(2) ? commons.copy(index) : commons.exchange(index, std::move(w.any()));
    w.note("commons", w.check(got, "the commons"));
    w.keep(std::move(got));
}

void rob_grave(Worker& w) {
    HandleTable& graveyard = w.world.graveyard;
    const std::uint32_t index = w.random.below(static_cast<std::uint32_t>(graveyard.size()));
    Ref<Object> risen = graveyard.exchange(index, {});
    w.note("risen", w.check(risen, "the graveyard"));
    if (w.random.one_in(2)) w.keep(std::move(risen));
}

void send_handle(Worker& w) {
    const unsigned to = w.random.below(w.world.options.threads);
    if (w.number == to) return;
    Ref<Object>& handle = w.any();
    if (!handle) return;
    const Serial serial = serial_of(handle);
    if (!w.send(to, handle)) return;
    ++w.tally().handed_over;
    w.note("send", serial);
}

void receive_handles(Worker& w) {
    for (unsigned from = 0; from < w.world.options.threads; ++from) {
        Ref<Object> handle = w.receive(from);
        if (!handle) continue;
        w.note("receive", w.check(handle, "the mail"));
        w.keep(std::move(handle));
    }
}

void start_thread(Worker& w) {
    w.note("start thread");
    w.start_visitor();
}

}  // namespace ouro::stress
