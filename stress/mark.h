// What every object of the stress carries so that it can be told from damaged or dead memory: a
// serial number, its kind, and a canary that both of them enter.
//
// Every type has 8 bytes (the weak anchor, the trailing record, or nothing of use) and then the
// mark, so that the mark of any object can be read without knowing its type.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/ref.h"
#include "stress/random.h"
#include "stress/shadow.h"

namespace ouro::stress {

class Mark {
public:
    static constexpr std::size_t kOffset = 8;

    /// Draws a serial in the shadow of the run under way and a behaviour for the finalizer.
    explicit Mark(Kind kind);

    Serial serial() const { return serial_; }
    Kind kind() const { return kind_; }
    Behaviour behaviour() const { return behaviour_; }
    bool intact() const {
        return kind_ < Kind::count_ && canary_ == canary_of(serial_, kind_) && serial_ != 0;
    }
    /// The object has ended: nobody who still looks takes it for alive.
    void scrub() { canary_ = ~canary_; }
    /// For planted damage only.
    void damage() { canary_ ^= 1; }

    static std::uint64_t canary_of(Serial serial, Kind kind) {
        return scramble(std::uint64_t{serial} << 8 | static_cast<std::uint64_t>(kind));
    }

private:
    Serial serial_;
    Kind kind_;
    Behaviour behaviour_;
    std::uint64_t canary_;
};

/// Stands at the end of an object: a neighbour that writes too far hits it first.
class Tail {
public:
    explicit Tail(const Mark& mark) : value_(value_of(mark)) {}
    bool intact(const Mark& mark) const { return value_ == value_of(mark); }

private:
    static std::uint64_t value_of(const Mark& mark) {
        return scramble(~std::uint64_t{mark.serial()});
    }

    std::uint64_t value_;
};

/// The mark of a managed object of the stress.
inline Mark& mark_of(void* object) {
    return *reinterpret_cast<Mark*>(static_cast<std::byte*>(object) + Mark::kOffset);
}
inline const Mark& mark_of(const Ref<Object>& object) { return mark_of(object.get()); }

/// May `bits` be an object of the stress (and not null or an immediate)?
inline bool has_mark(std::uintptr_t bits) { return detail::is_object(bits); }

}  // namespace ouro::stress
