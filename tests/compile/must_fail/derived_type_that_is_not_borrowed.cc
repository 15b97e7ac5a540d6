// An object that ends at once may not be reached as one that can be borrowed.
// expect: must have bases that are not
#include "ouro/ouro.h"

struct Base {
    ouro::Field<Base> next;
    static constexpr auto ouro_fields = ouro::fields<&Base::next>;
};
struct Prompt : Base {
#ifdef OURO_MUST_FAIL
    using ouro_not_borrowed = void;
#endif
};

void use(const ouro::Ref<Prompt>& prompt) { ouro::Ref<Base> base = prompt; }
