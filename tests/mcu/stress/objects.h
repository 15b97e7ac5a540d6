// The managed objects of the boards' stress, and the shadow that knows which of those with user
// code are there.
//
// Every object has 4 bytes (the weak anchor, or nothing of use) and then a mark, which tells it
// from damaged and from dead memory, so that the mark can be read without knowing the type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ouro/ouro.h"

namespace ouro::stress {

enum class Kind : std::uint8_t { plain, counted, finalized, final_only, wide, count_ };

/// What a finalizer does, chosen when its object is made.
enum class Behaviour : std::uint8_t {
    quiet,       ///< nothing but being recorded
    cut,         ///< empties its fields: breaks its ring
    allocate,    ///< makes an object and keeps it
    look,        ///< loads its fields, asks for counts
    resurrect,   ///< stores itself where the threads find it
    give_child,  ///< stores what a field refers to there
    count_
};

/// Objects that may be there at once: none is smaller than 32 bytes, and the heap needs some.
inline constexpr std::uint32_t kObjectsMax = (OURO_STRESS_REGION - 2048) / 32;

class Mark {
public:
    static constexpr std::size_t kOffset = 4;

    /// With user code: takes a slot of the shadow.
    Mark(Kind kind, Behaviour behaviour);

    Kind kind() const { return kind_; }
    Behaviour behaviour() const { return behaviour_; }
    bool intact() const { return kind_ < Kind::count_ && canary_ == canary(); }
    /// The finalizer, the destructor has been called: each once, in this order.
    void finalized();
    void destroyed();

    std::uint16_t seen = 0;  ///< references that the judge has found

private:
    std::uint16_t canary() const {
        const auto place = reinterpret_cast<std::uintptr_t>(this) >> 2;
        return static_cast<std::uint16_t>((place * 40503 ^ slot_) * 31 +
                                          static_cast<std::uint16_t>(kind_) * 8 +
                                          static_cast<std::uint16_t>(behaviour_) + 1);
    }

    std::uint16_t slot_;
    Kind kind_;
    Behaviour behaviour_;
    std::uint16_t canary_;
};

/// Slots of the shadow that are taken: objects with a destructor that was not called.
std::uint32_t shadow_count();

/// What all kinds but one look like; they differ in their user code.
struct Body : WeaklyReferable {
    Mark mark;
    Field<Object> slots[2];
    static constexpr auto ouro_fields = fields<&Body::slots>;

protected:
    Body(Kind kind, Behaviour behaviour) : mark(kind, behaviour) {}
};

void run_finalizer(const Ref<Object>& self);

struct Plain : Body {
    Plain() : Body(Kind::plain, Behaviour::quiet) {}
};
struct Counted : Body {
    Counted() : Body(Kind::counted, Behaviour::quiet) {}
    ~Counted() { mark.destroyed(); }
};
struct Finalized : Body {
    explicit Finalized(Behaviour behaviour) : Body(Kind::finalized, behaviour) {}
    ~Finalized() { mark.destroyed(); }
    void finalize() { run_finalizer(Ref<Object>(self(this))); }
};
struct FinalOnly : Body {
    explicit FinalOnly(Behaviour behaviour) : Body(Kind::final_only, behaviour) {}
    void finalize() { run_finalizer(Ref<Object>(self(this))); }
};
/// As many fields as its maker wants.
struct Wide : Variable {
    std::uint32_t spare = 0;
    Mark mark{Kind::wide, Behaviour::quiet};
    static constexpr auto ouro_fields = fields<>;
};

/// Is there an object behind these bits, and not null or an immediate?
inline bool is_object(std::uintptr_t bits) { return bits != 0 && bits % 2 == 0; }
inline Mark& mark_at(std::uintptr_t bits) { return *reinterpret_cast<Mark*>(bits + Mark::kOffset); }
/// Its fields. The caller keeps the object.
std::span<Field<Object>> slots_at(std::uintptr_t bits);
/// As a target of weak references; null if its kind cannot be one.
Ref<Body> body_of(const Ref<Object>& object);

/// An object of some kind, or null when there is no memory. `what`: random.
Ref<Object> try_make_some(ManagedHeap& heap, std::uint32_t what);
Ref<Object> try_make_wide(ManagedHeap& heap, std::uint32_t fields);

}  // namespace ouro::stress
