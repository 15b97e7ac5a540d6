#include <cstdio>
#include "ouro/ouro.h"

struct Node {
    ouro::Field<Node> next;  // a counted reference inside a managed object
    int value;
};

int main() {
    static std::byte region[1 << 20];
    ouro::ManagedHeap heap(region);

    ouro::Ref<Node> a = heap.make<Node>();  // a counted reference anywhere else
    a->next = heap.make<Node>();
    a->next->next = a;  // a cycle
    a.reset();
    heap.collect();  // or wait: the collector has a thread of its own
    std::printf("%zu objects left\n", heap.statistics().live_objects);  // 0 objects left
}
