// Where the firmware's objects come from: Ouro, or std::shared_ptr over the C library's malloc. The
// rest of the program is the same source for both.
#pragma once

#include <cstddef>
#include <cstdint>

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
    explicit Memory(bool /*collector*/) {}
    template <class T>
    Ref<T> make() {
        return std::make_shared<T>();
    }
    static constexpr const char* kName = "std::shared_ptr";
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
    /// `collector`: with its thread; else cycles are collected when an allocation needs memory.
    explicit Memory(bool collector);
    template <class T>
    Ref<T> make() {
        return heap_.make<T>();
    }
    static constexpr const char* kName = "Ouro";
    std::size_t objects() { return heap_.statistics().live_objects; }
    std::size_t bytes() { return heap_.statistics().used_bytes; }

private:
    ouro::ManagedHeap heap_;
};

#endif

/// Called when there is no memory: says so and ends the program.
[[noreturn]] void out_of_memory();
