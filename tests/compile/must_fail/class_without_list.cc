// Fields that cannot be found and are not listed would be forgotten.
// expect: not an aggregate, so its Field<> members cannot be found
#include "ouro/ouro.h"

class Node {
public:
    Node() {}
    ouro::Field<Node> next;
#ifndef OURO_MUST_FAIL
    static constexpr auto ouro_fields = ouro::fields<&Node::next>;
#endif
};

void use(ouro::ManagedHeap& heap) { auto node = heap.make<Node>(); }
