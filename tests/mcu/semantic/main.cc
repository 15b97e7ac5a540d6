// Goal: programs on a microcontroller find the semantics that programs on a desktop do. Method: the
// sources of tests/semantic themselves, with a header in GoogleTest's place (tests/mcu/portable),
// and this file in that of tests/support/region.cc and threads.cc. The seed's preemption is on.
//
// The test's own containers allocate: from an arena outside of the heap's region.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <new>

#include "ouro/ouro.h"
#include "platform/thread.h"
#include "ports/cortex_m/boards/board.h"
#include "ports/cortex_m/port.h"
#include "tests/mcu/seeded.h"
#include "tests/support/region.h"
#include "tests/support/threads.h"

extern "C" {
extern void (*board_constructors[])();
extern void (*board_constructors_end[])();
}

namespace {

namespace board = ouro::board;

constexpr std::size_t kRegionBytes = OURO_SEMANTIC_REGION;
// One for most cases, the others for those that leak on purpose.
constexpr unsigned kRegions = OURO_SEMANTIC_REGIONS;
alignas(8) std::byte g_regions[kRegions][kRegionBytes];

alignas(8) unsigned char g_arena[OURO_SEMANTIC_ARENA];
std::size_t g_arena_used = 0;
std::uint32_t g_lock_depth = 0;

constexpr std::size_t kStackBytes = OURO_SEMANTIC_STACK;
[[gnu::section(".noinit")]] alignas(8) unsigned char g_collector_stack[kStackBytes];

std::uint32_t g_failures = 0;

/// Cases of the desktop's sources that need more than there is: bytes for the heap, regions.
struct Demand {
    const char* suite;
    const char* name;  ///< null: all of the suite
    std::size_t region_bytes;
    unsigned regions = 1;
};
constexpr std::size_t kNever = ~std::size_t{0};
constexpr Demand kDemands[] = {
    {"NoStack", nullptr, kNever},     // a million nodes in 160 MiB
    {"Saturation", nullptr, kNever},  // 20 million copies
    {"DifferencesInBackground", "live_objects_begin_no_collection", kNever},  // 20,000 objects
    {"DocumentsCollector", "all_objects_of_a_ring_go", 8 * 1024},
    {"DocumentsCollector", "leaks_rings_while_it_is_off", 8 * 1024},
    {"ForgottenField", nullptr, 0, 4},  // leave objects behind for good
};

bool is_skipped(const testing::Case& one) {
    for (const Demand& demand : kDemands) {
        if (std::strcmp(one.suite, demand.suite) != 0) continue;
        if (demand.name != nullptr && std::strcmp(one.name, demand.name) != 0) continue;
        return demand.region_bytes > kRegionBytes || demand.regions > kRegions;
    }
    return false;
}

void print_case(const char* what, const testing::Case& one) {
    board::print(what);
    board::print(one.suite);
    board::print(".");
    board::print(one.name);
    board::print("\n");
}

[[noreturn]] void stop(const char* what) {
    board::print(what);
    board::print("\n");
    board::leave(3);
}

}  // namespace

// What newlib and libstdc++ want of a firmware: memory, a lock for it, and no exceptions.
extern "C" void* _sbrk(std::ptrdiff_t bytes) {
    if (g_arena_used + static_cast<std::size_t>(bytes) > sizeof g_arena)
        return reinterpret_cast<void*>(-1);
    void* const begin = g_arena + g_arena_used;
    g_arena_used += static_cast<std::size_t>(bytes);
    return begin;
}
extern "C" void __malloc_lock(_reent*) {
    asm volatile("cpsid i" ::: "memory");
    ++g_lock_depth;
}
extern "C" void __malloc_unlock(_reent*) {
    if (--g_lock_depth == 0) asm volatile("cpsie i" ::: "memory");
}
// Statics are never destroyed: the program has no end.
extern "C" {
[[gnu::visibility("hidden")]] void* __dso_handle = nullptr;
int __aeabi_atexit(void*, void (*)(void*), void*) { return 0; }
}
void* operator new(std::size_t bytes) {
    void* const memory = std::malloc(bytes);
    if (memory == nullptr) stop("the test's arena is full");
    return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
namespace std {
void __throw_length_error(const char* what) { stop(what); }
void __throw_logic_error(const char* what) { stop(what); }
void __throw_bad_function_call() { stop("an empty function is called"); }
void __throw_bad_alloc() { stop("bad_alloc"); }
void __throw_bad_array_new_length() { stop("bad_array_new_length"); }
void __throw_out_of_range_fmt(const char* what, ...) { stop(what); }
}  // namespace std

namespace testing {

std::uint32_t failures() { return g_failures; }

Failure::Failure(const char* file, int line, std::string what)
    : text_("failed: " + std::string(file) + ":" + std::to_string(line) + ": " + what) {
    ++g_failures;
}
Failure::~Failure() {
    board::print(text_.c_str());
    board::print("\n");
}

}  // namespace testing

namespace ouro::testing {

Region::Region(std::size_t bytes)
    : memory_(nullptr), bytes_(bytes < kRegionBytes ? bytes : kRegionBytes) {
    for (auto& region : g_regions) {
        // What a case has leaked keeps its region.
        if (memory_ == nullptr && Heap::of(region + kRegionBytes / 2) == nullptr) memory_ = region;
    }
    if (memory_ == nullptr) stop("too many regions are in use");
}
Region::~Region() { unmap(); }
void Region::unmap() { memory_ = nullptr; }

platform::ThreadSettings background_thread() {
    return {.stack = g_collector_stack, .stack_bytes = kStackBytes, .priority = 1};
}

void run_with_stack(std::size_t, const std::function<void()>& body) { body(); }

bool wait_until(const std::function<bool()>& done) {
    platform::Event never;
    for (int i = 0; i < 10'000; ++i) {
        if (done()) return true;
        never.wait(1'000'000);
    }
    return done();
}

}  // namespace ouro::testing

int main() {
    for (auto constructor = board_constructors; constructor != board_constructors_end;)
        (*constructor++)();
    board::print("semantic on ");
    board::print(board::kName);
    board::print("\n");
    ouro::testing::start_everywhere();
    for (const testing::Case* one = testing::Case::first(); one != nullptr; one = one->next) {
        if (is_skipped(*one)) continue;
        one->run();
        print_case("ran: ", *one);
    }
    ouro::testing::print_schedule();
    return testing::failures() == 0 ? 0 : 1;
}
