#include "examples/firmware/memory.h"

#if FIRMWARE_SHARED_PTR

#include <cstdlib>
#include <new>

namespace {

alignas(8) unsigned char g_arena[kMemoryBytes];
std::size_t g_arena_used = 0;
std::uint32_t g_objects = 0;
std::uint32_t g_lock_depth = 0;

}  // namespace

// What newlib wants of a firmware: memory, and a lock, for threads here allocate and free.
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

void* operator new(std::size_t bytes) {
    void* const memory = std::malloc(bytes);
    if (memory == nullptr) out_of_memory();
    ++g_objects;
    return memory;
}
void operator delete(void* memory) noexcept {
    --g_objects;
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

std::size_t Memory::objects() const { return g_objects; }
std::size_t Memory::bytes() const { return g_arena_used; }

#else

namespace {

alignas(8) std::byte g_region[kMemoryBytes];
constexpr std::size_t kStackBytes = 1024;
[[gnu::section(".noinit")]] alignas(8) unsigned char g_stack[kStackBytes];

ouro::ManagedHeapConfig config(Collecting how) {
    ouro::ManagedHeapConfig config;
    config.heap.out_of_memory = [](ouro::Heap&, std::size_t) { out_of_memory(); };
    config.collector.background = how == Collecting::thread;
    // The least urgent thread: it runs when nobody else has anything to do.
    config.collector.thread = {.stack = g_stack, .stack_bytes = kStackBytes, .priority = 0};
    return config;
}

}  // namespace

Memory::Memory(Collecting how) : heap_(g_region, config(how)), how_(how) {}

#endif
