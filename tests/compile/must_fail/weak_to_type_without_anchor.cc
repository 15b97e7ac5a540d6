// What a weak reference refers to has a place for the list of them.
// expect: derive T from ouro::WeaklyReferable
#include "ouro/ouro.h"

struct Node {
    ouro::Field<Node> next;
};

void use(const ouro::Ref<Node>& node) {
#ifdef OURO_MUST_FAIL
    ouro::Weak<Node> weak(node);
#endif
    (void)node;
}
