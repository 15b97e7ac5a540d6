// The same for a type with a variable part.
// expect: derives from ouro::WeaklyReferable or ouro::Variable must list
#include "ouro/ouro.h"

struct Array : ouro::Variable {
    ouro::Field<Array> next;
#ifndef OURO_MUST_FAIL
    static constexpr auto ouro_fields = ouro::fields<&Array::next>;
#endif
};

void use(ouro::ManagedHeap& heap) {
    auto array = ouro::try_make_variable<Array>(heap.heap(), {.field_count = 3});
}
