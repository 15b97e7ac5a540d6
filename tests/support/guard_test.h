// The fixture of tests about guards.
#pragma once

#include <cstddef>
#include <optional>

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
    /// The finalizer of objects with the number opens a guard and borrows the object under it.
    template <class T>
    void lends_itself(int number, const Ref<T>& container, std::optional<Guard>& guard,
                      Borrowed<T>& borrowed) {
        T::on_finalize[number] = [&](T& object) {
            container->left = self(&object);
            guard.emplace(heap());
            borrowed = container->left.borrow(*guard);
            container->left = nullptr;
        };
    }
};

}  // namespace ouro::testing
