// Managed types for tests, one for each way in which an object can end, and the log of what
// happened.
//
//   Plain       no code runs at its end: the collector reclaims it in the pass itself
//   Destroyed   has a destructor: the collector reclaims it as a batch, one validation
//   Finalized   has a finalizer: as a batch, two validations
//   Probe       has both
//
// Every end is an event: "F1" the finalizer of the object with id 1, "D1" its destructor. A test
// may give an id a script, which runs in its finalizer or destructor after the event was noted.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "ouro/ouro.h"

namespace ouro::testing {

/// The log of ends, in order; events of several threads in the order of their arrival.
namespace events {
void add(char kind, int id);
void clear();
/// All events, separated by blanks: "F1 D1".
std::string all();
/// Number of events of a kind, of one id or (id < 0) of all.
int count(char kind, int id = -1);
}  // namespace events

/// Keep all code from running at the end of an object whose id is not wanted in the log.
inline constexpr int kSilent = 0;

template <bool kFinalizer, bool kDestructor>
class Cell : public WeaklyReferable {
public:
    using Script = std::function<void(Cell&)>;
    static constexpr const char* ouro_name =
        kFinalizer ? (kDestructor ? "Probe" : "Finalized") : (kDestructor ? "Destroyed" : "Plain");

    Cell() = default;
    explicit Cell(int number) : id(number) {}
    Cell(int number, Ref<Cell> to_left) : left(std::move(to_left)), id(number) {}
    ~Cell()
        requires(!kDestructor)
    = default;
    ~Cell()
        requires(kDestructor)
    {
        events::add('D', id);
        run(on_destroy);
    }

    void finalize()
        requires(kFinalizer)
    {
        events::add('F', id);
        run(on_finalize);
    }

    Field<Cell> left;
    Field<Cell> right;
    Field<Object> any;
    int id = kSilent;

    static constexpr auto ouro_fields = fields<&Cell::left, &Cell::right, &Cell::any>;

    /// By id; not to be changed while another thread may end objects of this type.
    static inline std::map<int, Script> on_finalize;
    static inline std::map<int, Script> on_destroy;
    static void forget_scripts() {
        on_finalize.clear();
        on_destroy.clear();
    }

private:
    void run(const std::map<int, Script>& scripts) {
        const auto script = scripts.find(id);
        if (script != scripts.end()) script->second(*this);
    }
};

using Plain = Cell<false, false>;
using Destroyed = Cell<false, true>;
using Finalized = Cell<true, false>;
using Probe = Cell<true, true>;

/// No fields: not tracked, cannot be part of a cycle.
struct Leaf {
    using ouro_leaf = void;
    int value = 0;
};

/// No fields, a finalizer and a destructor.
class LeafProbe : public WeaklyReferable {
public:
    using ouro_leaf = void;
    explicit LeafProbe(int number) : id(number) {}
    ~LeafProbe() { events::add('D', id); }
    void finalize() {
        events::add('F', id);
        if (on_finalize) on_finalize(*this);
    }

    int id;
    static inline std::function<void(LeafProbe&)> on_finalize;
};

/// As many fields as its maker says.
class Hub : public Variable {
public:
    Field<Object> owner;
    static constexpr auto ouro_fields = fields<&Hub::owner>;
    Field<Object>& at(std::size_t i) { return trailing_fields<Object>(this)[i]; }
};

/// The word of an object, for tests that look at it or damage it.
template <class T>
Header* header_of(const Ref<T>& ref) {
    return ouro::header_of(ref.get());
}

}  // namespace ouro::testing
