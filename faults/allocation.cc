#include "faults/allocation.h"

#include <charconv>

#include "heap/heap.h"
#include "platform/context.h"

namespace ouro {

// The linker resolves `real` to the heap's own function and everybody's calls of it to `wrapped`.
Header* real_allocate(BlockAllocator* self, const BlockRequest& request) asm(
    "__real__ZN4ouro14BlockAllocator8allocateERKNS_12BlockRequestE");
Header* wrapped_allocate(BlockAllocator* self, const BlockRequest& request) asm(
    "__wrap__ZN4ouro14BlockAllocator8allocateERKNS_12BlockRequestE");
Result<void*> real_begin_object(
    Heap* self, const TypeInfo& info, std::size_t bytes,
    Trailing trailing) asm("__real__ZN4ouro4Heap12begin_objectERKNS_8TypeInfoEmNS_8TrailingE");
Result<void*> wrapped_begin_object(
    Heap* self, const TypeInfo& info, std::size_t bytes,
    Trailing trailing) asm("__wrap__ZN4ouro4Heap12begin_objectERKNS_8TypeInfoEmNS_8TrailingE");

namespace {

struct State {
    faults::AllocationFault fault;
    unsigned blocks = 0;
    unsigned requests = 0;
    const platform::Context* refused = nullptr;  ///< whose request is refused just now
    bool hit = false;
};
State g_state;

bool is_refused() {
    const faults::AllocationFault& fault = g_state.fault;
    if (fault.what == faults::Refuse::block) return ++g_state.blocks == fault.number;
    if (fault.what == faults::Refuse::rest) return g_state.requests >= fault.number;
    return g_state.refused == &platform::current_context();
}

}  // namespace

Header* wrapped_allocate(BlockAllocator* self, const BlockRequest& request) {
    if (g_state.fault.what == faults::Refuse::nothing || !is_refused())
        return real_allocate(self, request);
    g_state.hit = true;
    return nullptr;
}

Result<void*> wrapped_begin_object(Heap* self, const TypeInfo& info, std::size_t bytes,
                                   Trailing trailing) {
    if (g_state.fault.what == faults::Refuse::nothing)
        return real_begin_object(self, info, bytes, trailing);
    const bool refused =
        ++g_state.requests == g_state.fault.number && g_state.fault.what == faults::Refuse::request;
    if (!refused) return real_begin_object(self, info, bytes, trailing);
    g_state.refused = &platform::current_context();
    Result<void*> result = real_begin_object(self, info, bytes, trailing);
    g_state.refused = nullptr;
    return result;
}

namespace faults {

namespace {
constexpr std::string_view kNames[] = {"nothing", "block", "request", "rest"};
}

void arm(const AllocationFault& fault) {
    g_state = {};
    g_state.fault = fault;
}

void disarm() { g_state.fault = {}; }

bool was_hit() { return g_state.hit; }

unsigned requests() { return g_state.requests; }

std::string to_text(const AllocationFault& fault) {
    if (fault.what == Refuse::nothing) return "";
    return std::string(kNames[static_cast<unsigned>(fault.what)]) + ":" +
           std::to_string(fault.number);
}

bool from_text(std::string_view text, AllocationFault& fault) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return false;
    for (const Refuse what : {Refuse::block, Refuse::request, Refuse::rest}) {
        if (text.substr(0, colon) != kNames[static_cast<unsigned>(what)]) continue;
        const char* end = text.data() + text.size();
        const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, fault.number);
        fault.what = what;
        return error == std::errc() && rest == end && fault.number > 0;
    }
    return false;
}

}  // namespace faults
}  // namespace ouro
