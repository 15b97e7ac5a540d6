// The fields of a base, listed with the base and once more by name.
// expect: a field is listed twice
#include "ouro/ouro.h"

struct Base {
    ouro::Field<Base> next;
    static constexpr auto ouro_fields = ouro::fields<&Base::next>;
};

struct Derived : Base {
    ouro::Field<Base> other;
#ifdef OURO_MUST_FAIL
    static constexpr auto ouro_fields =
        ouro::fields<ouro::fields_of<Base>, &Derived::next, &Derived::other>;
#else
    static constexpr auto ouro_fields = ouro::fields<ouro::fields_of<Base>, &Derived::other>;
#endif
};

void use(ouro::ManagedHeap& heap) { auto node = heap.make<Derived>(); }
