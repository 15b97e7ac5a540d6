// A program that uses a heap as it should, and then, by its argument, makes one error with an
// object's memory. For a memory checker outside the program: without one it always ends with 0.
#include <cstddef>
#include <cstdio>
#include <cstring>

#include "ouro/ouro.h"

namespace {

struct Node {
    ouro::Field<Node> next;
    int value = 5;
};

struct Bytes : ouro::Variable {
    using ouro_leaf = void;
};

alignas(64) std::byte g_region[512 * 1024];

/// Branches on a value that must be defined and accessible.
void look_at(const volatile int* value) { std::puts(*value == 5 ? "five" : "another number"); }

}  // namespace

int main(int count, char** arguments) {
    const char* error = count > 1 ? arguments[1] : "none";
    ouro::ManagedHeapConfig config;
    if (std::strcmp(error, "behind_quarantine") == 0) config.heap.quarantine_bytes = 4096;
    ouro::ManagedHeap heap(g_region, config);
    for (int i = 0; i < 100; ++i) {
        ouro::Ref<Node> ring = heap.make<Node>();
        ring->next = heap.make<Node>();
        ring->next->next = ring;
        const auto bytes =
            ouro::try_make_variable<Bytes>(heap.heap(), ouro::Trailing{0, 10'000}).value();
        std::memset(ouro::trailing_bytes(bytes.get()), 1, 10'000);
    }
    heap.collect();
    ouro::Ref<Node> node = heap.make<Node>();
    const volatile int* value = &node->value;
    look_at(value);
    if (std::strcmp(error, "none") == 0) return heap.statistics().live_objects == 1 ? 0 : 1;
    node.reset();
    if (std::strcmp(error, "behind_quarantine") == 0) node = heap.make<Node>();
    look_at(value);
    return 0;
}
