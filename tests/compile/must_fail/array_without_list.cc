// An array as a member is not taken apart by itself.
// expect: an array member: list the fields
#include "ouro/ouro.h"

struct Node {
    ouro::Field<Node> next[3];
#ifndef OURO_MUST_FAIL
    static constexpr auto ouro_fields = ouro::fields<&Node::next>;
#endif
};

void use(ouro::ManagedHeap& heap) { auto node = heap.make<Node>(); }
