// The shadow model: what must be true of the heap, computed from the handles and fields alone.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/header.h"

namespace ouro::explore {

/// The number that a scenario's object was given, read past the model.
std::uint64_t id_of(const Header* header);

/// What is wrong, or null.
struct Finding {
    const char* what = nullptr;
    const void* object = nullptr;
};

/// In the middle of an execution: the objects that handles hold are alive.
Finding check_handles();

/// In the middle of an execution: may the memory at `payload` be given back? Not while a handle
/// reaches the object.
Finding check_freed(const void* payload);

/// verify() alone.
Finding check_sound();

/// After an execution, when the collector has had the chance to finish: verify(); every object is
/// reachable, every reachable object is there; counts are the true numbers of references; no weak
/// reference yields a dead or another object. `user_code`: finalizers of the dead ran once, and
/// what else was to run.
Finding check_end(bool user_code = true);

}  // namespace ouro::explore
