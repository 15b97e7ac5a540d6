// The shadow of the heap: one word outside the heap for every object ever made, by its serial.
//
//   31    24 23              18 17 16 15    13 12   10 9  8 7      0
//  +--------+------------------+-----+--------+-------+----+--------+
//  | unused |      unused      |RV|AB|destroy.|finaliz.| .. |  kind  |
//  +--------+------------------+-----+--------+-------+----+--------+
//
//  finaliz., destroy.: how often that happened. AB: the constructor threw. RV: a finalizer has made
//  the object reachable again (its weak references may be dead although it lives).
//
// Serials are never reused. Records stand in chunks; a chunk whose objects have all been seen to be
// gone is given back, and who touches it afterwards is evidence in itself.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "platform/atomic.h"
#include "stress/kinds.h"

namespace ouro::stress {

/// Number of an object, unique in a run; 0 = none.
using Serial = std::uint32_t;

/// A snapshot of one record.
struct ShadowState {
    std::uint32_t bits = 0;

    static constexpr std::uint32_t kKindMask = 0xff;
    static constexpr unsigned kFinalizedShift = 10;
    static constexpr unsigned kDestroyedShift = 13;
    static constexpr std::uint32_t kCountMask = 7;
    static constexpr std::uint32_t kAbandoned = 1u << 16;
    static constexpr std::uint32_t kRevived = 1u << 17;
    static constexpr std::uint32_t kMade = 1u << 18;
    static constexpr std::uint32_t kGone = 1u << 19;  ///< the survey has confirmed the end
    static constexpr std::uint32_t kRetiredChunk = 1u << 31;

    constexpr Kind kind() const { return static_cast<Kind>(bits & kKindMask); }
    constexpr unsigned finalized() const { return (bits >> kFinalizedShift) & kCountMask; }
    constexpr unsigned destroyed() const { return (bits >> kDestroyedShift) & kCountMask; }
    constexpr bool abandoned() const { return (bits & kAbandoned) != 0; }
    constexpr bool revived() const { return (bits & kRevived) != 0; }
    constexpr bool made() const { return (bits & kMade) != 0; }
    constexpr bool gone() const { return (bits & kGone) != 0; }
    /// The record was given back: every object of its chunk had ended.
    constexpr bool retired() const { return (bits & kRetiredChunk) != 0; }
};

class Shadow {
public:
    Shadow() : chunks_(std::make_unique<Chunks>()) {}
    ~Shadow();
    Shadow(const Shadow&) = delete;
    Shadow& operator=(const Shadow&) = delete;

    /// Draws the serial of a new object. Threads: any.
    Serial made(Kind kind);
    /// Each returns the state before the call. Threads: any.
    ShadowState finalized(Serial serial);
    ShadowState destroyed(Serial serial);
    ShadowState set(Serial serial, std::uint32_t flag);
    ShadowState state(Serial serial) const;

    /// One more than the last serial drawn.
    Serial end() const;
    /// Calls visit(serial, state) for every record that is still kept. Nobody draws meanwhile.
    template <class V>
    void for_each(V&& visit) const {
        for (Serial serial = 1; serial < end(); ++serial) {
            if (serial % kChunk == 0 || serial == 1) {
                if (chunk(serial) == nullptr) {  // on to the next chunk
                    serial |= kChunk - 1;
                    continue;
                }
            }
            visit(serial, state(serial));
        }
    }
    /// Gives back the chunks whose records all are marked gone. Nobody draws meanwhile.
    void retire();

private:
    using Record = platform::atomic<std::uint32_t>;
    static constexpr Serial kChunk = 1u << 14;
    static constexpr std::size_t kChunksMax = (std::size_t{1} << 32) / kChunk;
    using Chunks = std::array<platform::atomic<Record*>, kChunksMax>;

    Record* chunk(Serial serial) const;
    Record* record(Serial serial) const;
    ShadowState add(Serial serial, std::uint32_t amount);

    std::unique_ptr<Chunks> chunks_;
    platform::atomic<std::uint32_t> next_{1};
};

}  // namespace ouro::stress
