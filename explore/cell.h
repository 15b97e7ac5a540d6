// The managed types of the scenarios. Their payload is read and written through annotations, so
// that an access that is not ordered is a race even when it reads the right bytes.
#pragma once

#include <cstdint>
#include <utility>

#include "ouro/ouro.h"
#include "platform/annotate.h"

namespace ouro::explore {

/// Objects have numbers below this; it bounds the tables of the shadow model.
inline constexpr std::uint64_t kIdsMax = 64;

/// What a finalizer does beside being counted; set by a scenario, given the object's address.
using UserCode = void (*)(void* object, std::uint64_t id);
void run_finalizer(void* object, std::uint64_t id);
void run_destructor(std::uint64_t id);
void run_callback(std::uint64_t id);

/// Three fields and a number. kFinalizer, kDestructor: which user code its end runs.
template <bool kFinalizer, bool kDestructor>
class Cell : public WeaklyReferable {
public:
    static constexpr const char* ouro_name =
        kFinalizer ? "Finalized" : (kDestructor ? "Destroyed" : "Plain");

    explicit Cell(std::uint64_t number) : id(number) { platform::plain_write(&id, sizeof id); }
    ~Cell()
        requires(!kDestructor)
    = default;
    ~Cell()
        requires(kDestructor)
    {
        platform::plain_read(&id, sizeof id);
        run_destructor(id);
    }
    void finalize()
        requires(kFinalizer)
    {
        platform::plain_read(&id, sizeof id);
        run_finalizer(this, id);
    }

    Field<Cell> left;
    Field<Cell> right;
    Field<Object> any;
    std::uint64_t id;

    static constexpr auto ouro_fields = fields<&Cell::left, &Cell::right, &Cell::any>;
};

using Plain = Cell<false, false>;
using Finalized = Cell<true, false>;
using Destroyed = Cell<false, true>;

/// A cell with so many bytes more.
template <std::size_t kBytes>
class Padded : public WeaklyReferable {
public:
    static constexpr const char* ouro_name =
        kBytes > 1000 ? "Wide" : (kBytes > 800 ? "Roomy" : (kBytes > 500 ? "Ample" : "Broad"));
    explicit Padded(std::uint64_t number) : id(number) { platform::plain_write(&id, sizeof id); }
    Field<Padded> left;
    Field<Padded> right;
    Field<Object> any;
    std::uint64_t id;
    std::byte bytes[kBytes];
    static constexpr auto ouro_fields = fields<&Padded::left, &Padded::right, &Padded::any>;
};

/// Fills most of a page: the pages of such objects change hands with every object.
using Wide = Padded<3900>;
/// In the paged layout, four of them are a span.
using Roomy = Padded<900>;
/// In the paged layout, five of them are a span, and one may come to lie where Roomy does.
using Ample = Padded<650>;
/// In the compact layout, needs two neighbouring blocks of Plain.
using Broad = Padded<72>;

/// Nobody refers to it weakly and no user code runs at its end, which takes the shortest way.
class Bare {
public:
    static constexpr const char* ouro_name = "Bare";
    explicit Bare(std::uint64_t number) : id(number) { platform::plain_write(&id, sizeof id); }
    Field<Bare> left;
    Field<Bare> right;
    Field<Object> any;
    std::uint64_t id;
    static constexpr auto ouro_fields = fields<&Bare::left, &Bare::right, &Bare::any>;
};

/// Refers to nothing, so that it is in no cycle.
class Leaf {
public:
    static constexpr const char* ouro_name = "Leaf";
    using ouro_leaf = void;
    explicit Leaf(std::uint64_t number) : id(number) { platform::plain_write(&id, sizeof id); }
    std::uint64_t id;
};

/// A weak reference that counts its calls.
class Watcher : public WeakReference {
public:
    static constexpr const char* ouro_name = "Watcher";
    template <class T>
    Watcher(std::uint64_t number, const Ref<T>& target)
        : WeakReference(target, &Watcher::called), id(number) {
        platform::plain_write(&id, sizeof id);
    }
    static void called(WeakReference& self) { run_callback(static_cast<Watcher&>(self).id); }
    Field<Object> any;
    std::uint64_t id;
    static constexpr auto ouro_fields = fields<&Watcher::any>;
};

/// Lets its own reference escape before it is complete: before its last field is there.
class Escaping : public WeaklyReferable {
public:
    static constexpr const char* ouro_name = "Escaping";
    explicit Escaping(std::uint64_t number);
    Field<Escaping> left;
    Field<Escaping> right;
    Field<Object> any;
    std::uint64_t id;
    static constexpr auto ouro_fields = fields<&Escaping::left, &Escaping::right, &Escaping::any>;
};

}  // namespace ouro::explore
