// The smallest program: a heap in memory of our own, a cycle of two objects, and its end.
#include <cstddef>
#include <cstdio>

#include "ouro/ouro.h"

struct Node {
    ouro::Field<Node> next;  // a counted reference inside a managed object
    int value = 0;
};

static std::byte region[64 * 1024];  // all the memory that the heap ever uses

int main() {
    ouro::ManagedHeap heap(region);
    ouro::Ref<Node> a = heap.make<Node>();  // a counted reference anywhere else
    a->next = heap.make<Node>();
    a->next->next = a;  // a cycle
    a.reset();
    heap.collect();  // or wait: the collector has a thread of its own
    std::printf("%zu objects left\n", heap.statistics().live_objects);
    return heap.statistics().live_objects == 0 ? 0 : 1;
}
