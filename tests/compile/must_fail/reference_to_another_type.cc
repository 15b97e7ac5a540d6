// A field takes references to its type and to those derived from it.
// expect: no match for|no viable overloaded
#include "ouro/ouro.h"

struct A {
    ouro::Field<A> next;
};
struct B {
    ouro::Field<B> next;
};

void use(const ouro::Ref<A>& a, const ouro::Ref<B>& b) {
    a->next = a;
#ifdef OURO_MUST_FAIL
    a->next = b;
#endif
    (void)b;
}
