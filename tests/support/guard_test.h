// The fixture of tests about guards.
#pragma once

#include <cstddef>

#include "heap/guard.h"
#include "tests/support/heap_test.h"

namespace ouro::testing {

class GuardTest : public HeapTest {
protected:
    std::size_t withheld() { return heap().statistics().withheld_objects; }
    /// A container whose `left` holds an object with the number.
    template <class T>
    Ref<T> holder(int number) {
        const Ref<T> container = make<T>(testing::kSilent);
        container->left = make<T>(number);
        return container;
    }
};

}  // namespace ouro::testing
