// A base takes the members out of reach; the message says what to write.
// expect: derives from ouro::WeaklyReferable or ouro::Variable must list
#include "ouro/ouro.h"

struct Node : ouro::WeaklyReferable {
    ouro::Field<Node> next;
#ifndef OURO_MUST_FAIL
    static constexpr auto ouro_fields = ouro::fields<&Node::next>;
#endif
};

void use(ouro::ManagedHeap& heap) { auto node = heap.make<Node>(); }
