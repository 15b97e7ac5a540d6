// From base to derived only by a checked cast.
// expect: conversion from|no viable conversion
#include "ouro/ouro.h"

struct Base {
    ouro::Field<Base> next;
    static constexpr auto ouro_fields = ouro::fields<&Base::next>;
};
struct Derived : Base {};

void use(const ouro::Ref<Derived>& derived) {
    ouro::Ref<Base> base = derived;
#ifdef OURO_MUST_FAIL
    ouro::Ref<Derived> back = base;
#endif
}
