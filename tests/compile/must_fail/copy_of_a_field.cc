// A field is part of a managed object; what is read from it is a Ref.
// expect: deleted
#include "ouro/ouro.h"

struct Node {
    ouro::Field<Node> next;
};

void use(const ouro::Ref<Node>& node) {
    ouro::Ref<Node> next = node->next;
#ifdef OURO_MUST_FAIL
    auto field = node->next;
#endif
}
