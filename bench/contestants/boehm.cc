// The Boehm collector with its default settings. A handle is a plain pointer, found by scanning.
#define GC_THREADS
#define GC_NO_THREAD_REDIRECTS  // threads are registered in enter_thread(), and only there
#include <gc.h>

#include <atomic>

#include "bench/main.h"

struct Contestant {
    static constexpr const char* kName = "Boehm";
    static constexpr bool kThreads = true;
    static constexpr bool kCycles = true;
    struct Node {
        Node* field[3];
        std::uint64_t words[3];
    };
    using Handle = Node*;
    static void begin(const ouro::bench::Setup&) {
        GC_INIT();
        GC_allow_register_threads();
    }
    static void enter_thread() {
        GC_stack_base base;
        GC_get_stack_base(&base);
        GC_register_my_thread(&base);
    }
    static void leave_thread() { GC_unregister_my_thread(); }
    static Handle make() { return static_cast<Node*>(GC_MALLOC(sizeof(Node))); }
    static void set(Handle node, int field, Handle value) { node->field[field] = value; }
    static void clear(Handle node, int field) { node->field[field] = nullptr; }
    static Handle get(Handle node, int field) { return node->field[field]; }
    static void collect() { GC_gcollect(); }
    static void finish() { GC_gcollect(); }
    static std::string note() {
        const unsigned version = GC_get_version();
        return "Boehm " + std::to_string(version >> 16) + "." + std::to_string(version >> 8 & 255) +
               "." + std::to_string(version & 255);
    }
};
OURO_BENCH_MAIN(Contestant)
