#include "explore/hostile.h"

namespace ouro::explore {

namespace {

using port::sim::ClockKind;
using port::sim::Turn;

constexpr std::string_view kClocks[] = {"steady", "still", "jumps"};

}  // namespace

std::string options_of(const Hostility& hostility) {
    std::string text;
    if (hostility.fault.what != faults::Refuse::nothing)
        text += " --fault " + faults::to_text(hostility.fault);
    if (hostility.end_at != 0) text += " --end-at " + std::to_string(hostility.end_at);
    if (hostility.clock != ClockKind::steady)
        text += " --clock " + std::string(kClocks[static_cast<unsigned>(hostility.clock)]);
    return text;
}

bool clock_from_text(std::string_view text, ClockKind& clock) {
    for (const ClockKind kind : {ClockKind::steady, ClockKind::still, ClockKind::jumps}) {
        if (text != kClocks[static_cast<unsigned>(kind)]) continue;
        clock = kind;
        return true;
    }
    return false;
}

unsigned Suspension::thread(const Turn& turn) {
    if (!asleep_ && !woken_ && turn.current == thread_ && turn.step >= step_) asleep_ = true;
    if (!asleep_) return base_.thread(turn);
    Turn others = turn;
    others.runnable &= ~(1u << thread_);
    others.lazy &= others.runnable;
    if (others.runnable == 0) return thread_;
    const bool waits = (turn.lazy >> turn.current & 1) != 0;
    if ((turn.yields || waits) && ++idle_ > kPatience) {
        asleep_ = false;
        woken_ = true;
        return base_.thread(turn);
    }
    if ((others.runnable >> others.fallback & 1) == 0)
        others.fallback = static_cast<unsigned>(__builtin_ctz(others.runnable));
    return base_.thread(others);
}

}  // namespace ouro::explore
