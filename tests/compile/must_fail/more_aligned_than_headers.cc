// Objects are aligned to a header.
// expect: not more
#include "ouro/ouro.h"

#ifdef OURO_MUST_FAIL
struct alignas(64) Node {
#else
struct Node {
#endif
    ouro::Field<Node> next;
};

void use(ouro::ManagedHeap& heap) { auto node = heap.make<Node>(); }
