// What a contestant is: a struct of static functions, most of them optional. What it offers decides
// which works it takes part in (bench/main.h). Nothing here is virtual: the compiler sees through.
//
//   static constexpr const char* kName;             how tables call it
//
//   The graph (W1 to W4, W6, S)
//   using Handle;                                   a counted reference outside objects; null by {}
//   static Handle make();                           a node with three null fields, 48 bytes in all
//   static void set(const Handle& node, int field, Handle value);
//   static void clear(const Handle& node, int field);
//   static Handle get(const Handle& node, int field);
//   using Lender;                                   optional, with look(): lives for 1000 looks
//   static std::uint64_t look(Lender&, const Handle& node, int field);
//                                                   the value of what the field refers to, as
//                                                   cheaply as is safe
//   static constexpr bool kThreads = true;          any number of threads may do this at once
//   static constexpr bool kCycles = true;           cycles are reclaimed without being asked to
//   static void collect();                          asks for a collection, any thread
//   static void finish();                           returns when all garbage is reclaimed
//
//   The shared cell (W5)
//   using Cell;                                     may be read and replaced by threads at once
//   static Handle load(Cell& cell);
//   static void store(Cell& cell, Handle value);
//   static std::uint64_t value(const Handle& node); reads a word of the node
//   static std::uint64_t look(Lender&, Cell& cell); optional, as above
//
//   Blocks (A)
//   using Block;                                    owns a block of memory
//   static Block allocate(std::size_t bytes);       writes its first and last byte
//   static void free(Block& block);
//
//   All
//   static void begin(const Setup& setup);          before everything else
//   static void enter_thread(), leave_thread();     on every thread of a work
//   static void rest(), resume();                   on the first thread, while others work
//   static std::size_t live_objects();              how many objects exist
//   static std::size_t used_bytes(), peak_bytes();  in use for objects now, and the most since the
//                                                   start; without them: the process's memory
//   static std::string note();                      what a reader should know (a version)
#pragma once

#include <concepts>
#include <cstddef>
#include <string>

#include "bench/harness/memory.h"

namespace ouro::bench {

/// What a work asks of a contestant before it starts.
struct Setup {
    std::size_t region_bytes = std::size_t{64} << 20;  ///< of a heap in a fixed region
    unsigned cascade_objects = 0;                      ///< objects that one release may end; 0: all
    bool background = true;                            ///< a collector thread of its own, if any
};

template <class C>
concept HasGraph = requires { typename C::Handle; };
template <class C>
concept HasThreads = HasGraph<C> && requires { requires C::kThreads; };
template <class C>
concept HasCycles = HasGraph<C> && requires { requires C::kCycles; };
template <class C>
concept HasCell = requires { typename C::Cell; };
template <class C>
concept HasBlocks = requires { typename C::Block; };

template <class C>
void begin(const Setup& setup = {}) {
    if constexpr (requires { C::begin(setup); }) C::begin(setup);
}

template <class C>
void finish() {
    if constexpr (requires { C::finish(); }) C::finish();
}

/// How many looks or reads are done in a row.
inline constexpr int kLooks = 1000;

/// Memory in use now: for objects if the contestant can tell, else of the process.
template <class C>
std::size_t used_bytes() {
    if constexpr (requires { C::used_bytes(); }) {
        return C::used_bytes();
    } else {
        return resident_bytes();
    }
}

/// The most memory in use; of a process since reset_peak_resident().
template <class C>
std::size_t peak_bytes() {
    if constexpr (requires { C::peak_bytes(); }) {
        return C::peak_bytes();
    } else {
        return peak_resident_bytes();
    }
}

/// How many objects exist, or `otherwise` if the contestant cannot tell.
template <class C>
std::size_t live_objects(std::size_t otherwise) {
    if constexpr (requires { C::live_objects(); }) {
        return C::live_objects();
    } else {
        return otherwise;
    }
}

}  // namespace ouro::bench
