// The managed types of the stress, one for each Kind, and access to their fields by number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ouro/ouro.h"
#include "stress/mark.h"

namespace ouro::stress {

// What the objects' user code calls; see user_code.cc.
void on_destroy(Mark& mark, bool tail_intact);
void on_finalize(const Ref<Object>& self);
void publish_from_constructor(const Ref<Object>& self);
[[noreturn]] void throw_from_constructor(const Mark& mark);

struct Plain {
    std::uint64_t spare = 0;
    Mark mark{Kind::plain};
    Field<Object> slots[3];
    Tail tail{mark};
    static constexpr auto ouro_fields = ouro::fields<&Plain::slots>;
};

/// An aggregate without a list: its fields are found by decomposition.
struct Pair {
    std::uint64_t spare = 0;
    Mark mark{Kind::pair};
    Field<Object> first;
    Field<Object> second;
    Tail tail{mark};
};

/// Base of everything that weak references may point at.
class Body : public WeaklyReferable {
public:
    Mark mark;

protected:
    explicit Body(Kind kind) : mark(kind) {}
};

struct Node : Body {
    Node() : Body(Kind::node) {}
    Field<Object> slots[2];
    Field<Node> up;
    Field<Object> value;  ///< an integer, a string or an immediate, never one of our own objects
    Tail tail{mark};
    static constexpr auto ouro_fields = ouro::fields<&Node::slots, &Node::up, &Node::value>;
};

struct Counted : Body {
    explicit Counted(Kind kind = Kind::counted) : Body(kind) {}
    ~Counted() { on_destroy(mark, tail.intact(mark)); }
    Field<Object> slots[3];
    Tail tail{mark};
    static constexpr auto ouro_fields = ouro::fields<&Counted::slots>;
};

struct Derived : Counted {
    Derived() : Counted(Kind::derived) {}
    Field<Counted> next;
    static constexpr auto ouro_fields = ouro::fields<&Counted::slots, &Derived::next>;
};

struct Finalized : Body {
    Finalized() : Body(Kind::finalized) {}
    ~Finalized() { on_destroy(mark, tail.intact(mark)); }
    void finalize() { on_finalize(self(this)); }
    Field<Object> slots[3];
    Tail tail{mark};
    static constexpr auto ouro_fields = ouro::fields<&Finalized::slots>;
};

struct FinalOnly : Body {
    FinalOnly() : Body(Kind::final_only) {}
    void finalize() { on_finalize(self(this)); }
    Field<Object> slots[2];
    Tail tail{mark};
    static constexpr auto ouro_fields = ouro::fields<&FinalOnly::slots>;
};

/// Holds a weak reference; any thread may lock it, nobody assigns it.
struct Watcher : Body {
    explicit Watcher(const Ref<Body>& target)
        : Body(Kind::watcher), peer(target), peer_serial(target ? target->mark.serial() : 0) {}
    ~Watcher() { on_destroy(mark, tail.intact(mark)); }
    Field<Object> slots[2];
    Weak<Body> peer;
    Serial peer_serial;
    Tail tail{mark};
    static constexpr auto ouro_fields = ouro::fields<&Watcher::slots>;
};

/// Hands itself out before it is finished: the collector must not look inside until it is.
struct Escaper : Body {
    Escaper() : Body(Kind::escaper) { publish_from_constructor(self(this)); }
    ~Escaper() { on_destroy(mark, tail.intact(mark)); }
    Field<Object> slots[2];
    Tail tail{mark};
    static constexpr auto ouro_fields = ouro::fields<&Escaper::slots>;
};

/// Trailing fields and bytes; the bytes hold a pattern made from the serial.
struct Wide : Variable {
    std::uint64_t spare = 0;
    Mark mark{Kind::wide};
    static constexpr auto ouro_fields = ouro::fields<>;
};

struct WideEnded : Variable {
    std::uint64_t spare = 0;
    Mark mark{Kind::wide_ended};
    Field<Object> first;
    WideEnded() = default;
    ~WideEnded();
    static constexpr auto ouro_fields = ouro::fields<&WideEnded::first>;
};

struct Leaf : Body {
    using ouro_leaf = void;
    Leaf() : Body(Kind::leaf) {}
    ~Leaf() { on_destroy(mark, tail.intact(mark)); }
    Tail tail{mark};
};

struct BareLeaf {
    using ouro_leaf = void;
    std::uint64_t spare = 0;
    Mark mark{Kind::bare_leaf};
    Tail tail{mark};
};

struct FinalLeaf : Body {
    using ouro_leaf = void;
    FinalLeaf() : Body(Kind::final_leaf) {}
    ~FinalLeaf() { on_destroy(mark, tail.intact(mark)); }
    void finalize() { on_finalize(self(this)); }
    Tail tail{mark};
};

/// Refers to leaves only.
struct Acyclic {
    using ouro_acyclic = void;
    std::uint64_t spare = 0;
    Mark mark{Kind::acyclic};
    Field<Leaf> leaf;
    Field<BareLeaf> bare;
    Field<FinalLeaf> final_leaf;
    Tail tail{mark};
    static constexpr auto ouro_fields =
        ouro::fields<&Acyclic::leaf, &Acyclic::bare, &Acyclic::final_leaf>;
};

/// The constructor throws after it has drawn a serial: the memory must come back.
struct Thrower {
    std::uint64_t spare = 0;
    Mark mark{Kind::plain};
    Field<Object> slot;
    Thrower() { throw_from_constructor(mark); }
    static constexpr auto ouro_fields = ouro::fields<&Thrower::slot>;
};

/// The fields of an object that can hold any object of the stress. The caller keeps the object.
std::span<Field<Object>> slots_of(const Ref<Object>& object);

/// The field's content as a number, not counted: for comparisons, and while nobody writes.
template <class T>
std::uintptr_t raw_bits(const Field<T>& field) {
    // order: acquire; pairs with the exchange that stored it.
    return reinterpret_cast<const FieldSlot&>(field).load(platform::memory_order_acquire);
}

/// All references that an object holds, in any order, as far as they are not null.
struct Edges {
    static constexpr std::size_t kFixedMax = 4;
    std::span<const Field<Object>> slots;
    std::uintptr_t typed[kFixedMax] = {};  ///< fields of other types
    std::uintptr_t value = 0;              ///< may refer to an integer or string
};
Edges edges_of(void* object);
/// Adds a counted reference for everything that the object's fields refer to, values excepted.
void load_successors(const Ref<Object>& object, std::vector<Ref<Object>>& found);

/// Payload bytes the object was made with.
std::size_t bytes_of(void* object);
/// Mark, tail and trailing bytes are as its constructor left them. O(bytes).
bool is_intact(void* object);
/// Writes the pattern into the trailing bytes of a Wide or WideEnded.
void fill_trailing_bytes(void* object);

/// The object as a target of weak references; null if its kind cannot be one.
Ref<Body> body_of(const Ref<Object>& object);

}  // namespace ouro::stress
