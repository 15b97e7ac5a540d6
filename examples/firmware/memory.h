// Where the firmware's objects come from: Ouro, or std::shared_ptr over the C library's malloc. The
// rest of the program is the same source for both.
#pragma once

#include <cstddef>
#include <cstdint>

/// Who collects the rings.
enum class Collecting {
    when_full,  ///< an allocation that finds no memory
    thread,     ///< the collector's own, the least urgent one
    stepped,    ///< whoever calls Memory::step()
};

/// What objects may take, in both variants.
inline constexpr std::size_t kMemoryBytes = 20 * 1024;

#if FIRMWARE_SHARED_PTR

#include <memory>

template <class T>
using Field = std::shared_ptr<T>;  ///< a reference in an object
template <class T>
using Ref = std::shared_ptr<T>;  ///< a reference anywhere else

class Memory {
public:
    explicit Memory(Collecting /*how*/) {}
    template <class T>
    Ref<T> make() {
        return std::make_shared<T>();
    }
    static constexpr const char* kName = "std::shared_ptr";
    static bool step() { return false; }
    /// Objects that live now.
    std::size_t objects() const;
    std::size_t bytes() const;
};

#else

#include "ouro/ouro.h"

using ouro::Field;
using ouro::Ref;

class Memory {
public:
    explicit Memory(Collecting how);
    template <class T>
    Ref<T> make() {
        return heap_.make<T>();
    }
    static constexpr const char* kName = "Ouro";
    /// A short piece of the collector's work, if it is to be stepped. False: there is none.
    bool step() { return how_ == Collecting::stepped && heap_.collector().step(kStepUnits); }
    std::size_t objects() { return heap_.statistics().live_objects; }
    std::size_t bytes() { return heap_.statistics().used_bytes; }

private:
    static constexpr std::uint32_t kStepUnits = 8;  // as the collector's thread by default

    ouro::ManagedHeap heap_;
    Collecting how_;
};

#endif

/// Called when there is no memory: says so and ends the program.
[[noreturn]] void out_of_memory();
