// What is called like a finalizer is one.
// expect: finalize\(\) is no finalizer
#include "ouro/ouro.h"

struct Node {
    ouro::Field<Node> next;
#ifdef OURO_MUST_FAIL
    void finalize(int) {}
#else
    void finalize() {}
#endif
};

void use(ouro::ManagedHeap& heap) { auto node = heap.make<Node>(); }
