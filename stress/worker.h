// A thread of the stress: what it holds, and the operations it is made of.
#pragma once

#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "stress/gate.h"
#include "stress/world.h"

namespace ouro::stress {

class Worker {
public:
    /// `visiting`: the worker of a short-lived thread, which starts no further threads.
    Worker(World& world, unsigned number, Random random, bool visiting = false);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// The calling thread is the worker's from now on.
    void attach();
    /// Works until the gate is closed for good.
    void run(Gate& gate);

    // ---- what the worker holds

    /// Any of the handles; perhaps null or an immediate.
    Ref<Object>& any() { return pocket[random.below(static_cast<std::uint32_t>(pocket.size()))]; }
    /// A handle to an object, or null when none was found.
    Ref<Object>* some();
    /// Puts the handle into the pocket, in place of another.
    void keep(Ref<Object> object);
    /// A field of the object that can hold anything; null when it has none.
    Field<Object>* slot_of(const Ref<Object>& object);
    /// A field of an object that all threads write to.
    Field<Object>& hub_slot();
    /// Memory is short, or the heap crowded: lets a part of what it can reach go.
    void relieve();
    Ref<Object> make(Kind kind);
    Ref<Object> make_some_kind();
    Serial check(const Ref<Object>& object, const char* gained_by) {
        return world.check(object, gained_by);
    }
    /// By mail, which short-lived threads do not use. False iff the queue is full.
    bool send(unsigned to, Ref<Object>& handle) {
        return !visiting_ && world.mail.send(number, to, handle);
    }
    Ref<Object> receive(unsigned from) {
        return visiting_ ? Ref<Object>() : world.mail.receive(from, number);
    }
    ThreadRecord& record() { return *record_; }
    Tally& tally() { return record_->tally; }
    void note(const char* what, Serial first = 0, Serial second = 0) {
        record_->log.note(what, first, second);
    }

    /// A short-lived thread works on the same heap until it has done enough.
    void start_visitor();
    void join_visitors();

    /// An identity that was seen, to be asked for later.
    struct Remembered {
        Id id;
        Serial serial = 0;
        bool seen_dead = false;
    };

    World& world;
    const unsigned number;
    Random random;
    std::vector<Ref<Object>> pocket;
    std::vector<WeakRecord> weaks;
    std::vector<Remembered> ids;

private:
    struct Visitor {
        std::thread thread;
        std::unique_ptr<Worker> worker;
    };

    void draw_mix();
    void operate();
    void visit(std::uint32_t operations);

    const bool visiting_;
    ThreadRecord* record_ = nullptr;
    Lottery mix_;
    std::vector<Visitor> visitors_;
    std::uint32_t visitors_started_ = 0;
};

/// The serial of an object of the stress, 0 for null and immediates.
inline Serial serial_of(const Ref<Object>& object) {
    return has_mark(object.bits()) ? mark_of(object).serial() : 0;
}

}  // namespace ouro::stress
