// A field that is listed twice would be counted once and followed twice.
// expect: a field is listed twice
#include "ouro/ouro.h"

struct Node {
    ouro::Field<Node> next;
#ifdef OURO_MUST_FAIL
    static constexpr auto ouro_fields = ouro::fields<&Node::next, &Node::next>;
#else
    static constexpr auto ouro_fields = ouro::fields<&Node::next>;
#endif
};

void use(ouro::ManagedHeap& heap) { auto node = heap.make<Node>(); }
