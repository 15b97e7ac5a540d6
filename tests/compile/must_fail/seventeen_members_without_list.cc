// An aggregate is taken apart up to 16 members.
// expect: more than 16 members: list the fields
#include "ouro/ouro.h"

struct Node {
    int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o;
    ouro::Field<Node> next;
#ifdef OURO_MUST_FAIL
    int p;
#endif
};

void use(ouro::ManagedHeap& heap) { auto node = heap.make<Node>(); }
