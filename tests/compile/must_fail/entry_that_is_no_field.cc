// Only fields may be listed.
// expect: every entry must be a Field<T>
#include "ouro/ouro.h"

struct Node {
    ouro::Field<Node> next;
    int value = 0;
#ifdef OURO_MUST_FAIL
    static constexpr auto ouro_fields = ouro::fields<&Node::next, &Node::value>;
#else
    static constexpr auto ouro_fields = ouro::fields<&Node::next>;
#endif
};

void use(ouro::ManagedHeap& heap) { auto node = heap.make<Node>(); }
