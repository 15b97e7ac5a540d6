// heap/ref.h needs nothing before it, also where its templates are used.
#include "heap/ref.h"

struct Base {};
struct Derived : Base {};

ouro::Ref<Base> convert(const ouro::Ref<Derived>& derived) { return derived; }
