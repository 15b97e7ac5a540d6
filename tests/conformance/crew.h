// Threads of a case.
#pragma once

#include "tests/conformance/rig.h"
#include "tests/conformance/suite.h"

namespace ouro::conformance {

/// Runs body(shared, 0) on the calling thread and body(shared, 1 .. kCrew) on others, and waits for
/// their ends.
template <class Shared>
void run_crew(Shared& shared, void (*body)(Shared&, unsigned)) {
    struct Member {
        Shared* shared;
        void (*body)(Shared&, unsigned);
        unsigned number;
        platform::Thread thread;
    };
    Member members[kCrew];
    for (unsigned i = 0; i < kCrew; ++i) {
        Member& member = members[i];
        member.shared = &shared;
        member.body = body;
        member.number = i + 1;
        const bool started = member.thread.start(
            [](void* self) {
                auto* one = static_cast<Member*>(self);
                one->body(*one->shared, one->number);
            },
            &member, rig::settings(i));
        OURO_CONFORMS(started, "a thread with a stack of its own can be started");
    }
    body(shared, 0);
    for (Member& member : members) member.thread.join();
}

}  // namespace ouro::conformance
