#include "stress/shadow.h"

namespace ouro::stress {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_relaxed;

Shadow::~Shadow() {
    for (auto& entry : *chunks_) delete[] entry.load(memory_order_acquire);
}

Shadow::Record* Shadow::chunk(Serial serial) const {
    return (*chunks_)[serial / kChunk].load(memory_order_acquire);
}

Shadow::Record* Shadow::record(Serial serial) const {
    Record* start = chunk(serial);
    return start == nullptr ? nullptr : &start[serial % kChunk];
}

Serial Shadow::made(Kind kind) {
    const Serial serial = next_.fetch_add(1, memory_order_relaxed);
    auto& entry = (*chunks_)[serial / kChunk];
    Record* start = entry.load(memory_order_acquire);
    if (start == nullptr) {
        auto* fresh = new Record[kChunk];
        if (entry.compare_exchange(start, fresh, memory_order_acq_rel, memory_order_acquire)) {
            start = fresh;
        } else {
            delete[] fresh;  // another thread was faster; `start` is its chunk
        }
    }
    const std::uint32_t bits = static_cast<std::uint32_t>(kind) | ShadowState::kMade;
    start[serial % kChunk].store(bits, platform::memory_order_release);
    return serial;
}

ShadowState Shadow::add(Serial serial, std::uint32_t amount) {
    Record* found = serial == 0 || serial >= end() ? nullptr : record(serial);
    if (found == nullptr) return {ShadowState::kRetiredChunk};
    return {found->fetch_add(amount, memory_order_acq_rel)};
}

ShadowState Shadow::finalized(Serial serial) {
    return add(serial, 1u << ShadowState::kFinalizedShift);
}

ShadowState Shadow::destroyed(Serial serial) {
    return add(serial, 1u << ShadowState::kDestroyedShift);
}

ShadowState Shadow::set(Serial serial, std::uint32_t flag) {
    Record* found = serial == 0 || serial >= end() ? nullptr : record(serial);
    if (found == nullptr) return {ShadowState::kRetiredChunk};
    return {found->fetch_or(flag, memory_order_acq_rel)};
}

ShadowState Shadow::state(Serial serial) const {
    Record* found = serial == 0 || serial >= end() ? nullptr : record(serial);
    if (found == nullptr) return {ShadowState::kRetiredChunk};
    return {found->load(memory_order_acquire)};
}

Serial Shadow::end() const { return next_.load(memory_order_acquire); }

void Shadow::retire() {
    for (Serial first = 0; first + kChunk <= end(); first += kChunk) {
        Record* start = chunk(first);
        if (start == nullptr) continue;
        bool all_gone = true;
        for (Serial i = first == 0 ? 1 : 0; i < kChunk && all_gone; ++i)
            all_gone = ShadowState{start[i].load(memory_order_acquire)}.gone();
        if (!all_gone) continue;
        (*chunks_)[first / kChunk].store(nullptr, platform::memory_order_release);
        delete[] start;
    }
}

}  // namespace ouro::stress
