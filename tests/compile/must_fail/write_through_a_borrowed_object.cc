// What is borrowed is read only: whoever writes a field holds its object.
// expect: discards qualifiers|no viable overloaded|drops .const|passing .const
#include "ouro/ouro.h"

struct Node {
    ouro::Field<Node> next;
    static constexpr auto ouro_fields = ouro::fields<&Node::next>;
};

void use(ouro::Heap& heap, const ouro::Ref<Node>& node) {
    ouro::Guard guard(heap);
    const auto borrowed = node->next.borrow(guard);
    const auto after = borrowed->next.borrow(guard);
#ifdef OURO_MUST_FAIL
    borrowed->next = nullptr;
#endif
}
