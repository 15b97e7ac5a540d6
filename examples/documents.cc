// What the documents about Python's memory manager show, in C++: ids, reference counts, a cycle,
// and the collector that finds it. The exit status is 0 iff everything printed is as it must be.
#include <cstddef>
#include <cstdio>

#include "ouro/ouro.h"

using ouro::Field;
using ouro::Id;
using ouro::Object;
using ouro::Ref;

namespace {

std::byte region[256 * 1024];
bool all_right = true;

/// Prints a number, and remembers if it is wrong.
void print(const char* what, std::size_t value, std::size_t right) {
    std::printf("%-36s %zu\n", what, value);
    all_right = all_right && value == right;
}

/// Prints an id, as hex(id(...)) does.
void print(const char* what, const Id& id) {
    char digits[ouro::kHexBytes];
    std::printf("%-36s %s\n", what, ouro::hex(id, digits));
}

// class A: self.b = B(self)        class B: self.a = a
class A;

class B {
public:
    explicit B(Ref<A> its_a) : a(std::move(its_a)) {}

    Field<A> a;
    static constexpr auto ouro_fields = ouro::fields<&B::a>;
};

class A {
public:
    explicit A(ouro::ManagedHeap& heap) { b = heap.make<B>(ouro::self(this)); }

    Field<B> b;
    static constexpr auto ouro_fields = ouro::fields<&A::b>;
};

/// Searches the collector's objects for the one with this id.
bool object_by_id(ouro::ManagedHeap& heap, const Id& object_id) {
    struct Search {
        Id wanted;
        bool found;
    } search{object_id, false};
    heap.collector().get_objects(
        [](void* self, const Ref<Object>& object) {
            auto& at = *static_cast<Search*>(self);
            at.found = at.found || ouro::id(object) == at.wanted;
        },
        &search);
    return search.found;
}

void variables(ouro::ManagedHeap& heap) {
    const Ref<Object> my_var = ouro::try_integer(heap.heap(), 10).value();
    const Ref<Object> ten = ouro::try_integer(heap.heap(), 10).value();
    print("hex(id(my_var))", ouro::id(my_var));
    print("id(my_var) == id(10)", ouro::id(my_var) == ouro::id(ten), true);

    Ref<Object> a = ouro::try_string(heap.heap(), "a text of its own").value();
    print("sys.getrefcount(a)", ouro::getrefcount(a), 2);
    print("ref_count(id(a))", ouro::refcount(ouro::id(a)).value(), 1);
    Ref<Object> b = a;
    print("b = a: ref_count(id(a))", ouro::refcount(ouro::id(a)).value(), 2);
    Ref<Object> c = a;
    print("c = a: ref_count(id(a))", ouro::refcount(ouro::id(a)).value(), 3);
    c = ouro::try_integer(heap.heap(), 10).value();
    print("c = 10: ref_count(id(a))", ouro::refcount(ouro::id(a)).value(), 2);
    b = ouro::none();
    print("b = None: ref_count(id(a))", ouro::refcount(ouro::id(a)).value(), 1);

    const Id a_id = ouro::id(a);
    a = ouro::none();
    auto count = ouro::refcount(a_id);
    print("a = None: is there a count at a_id", count.ok(), false);
    std::printf("  ref_count(a_id): %s\n", ouro::to_string(count.error()));
}

void cycle(ouro::ManagedHeap& heap) {
    heap.collector().disable();
    Ref<A> my_var = heap.make<A>(heap);
    const Id a_id = ouro::id(my_var);
    const Id b_id = ouro::id(my_var->b.load());
    print("hex(id(my_var))", a_id);
    print("hex(id(my_var.b))", b_id);
    print("hex(id(my_var.b.a))", ouro::id(my_var->b->a.load()));
    print("ref_count(a_id)", ouro::refcount(a_id).value(), 2);
    print("ref_count(b_id)", ouro::refcount(b_id).value(), 1);

    my_var.reset();  // my_var = None
    print("my_var = None: ref_count(a_id)", ouro::refcount(a_id).value(), 1);
    print("ref_count(b_id)", ouro::refcount(b_id).value(), 1);
    print("A among gc.get_objects()", object_by_id(heap, a_id), true);
    print("B among gc.get_objects()", object_by_id(heap, b_id), true);

    print("gc.collect()", heap.collect().unreachable, 2);
    print("A among gc.get_objects()", object_by_id(heap, a_id), false);
    print("B among gc.get_objects()", object_by_id(heap, b_id), false);
    std::printf("  ref_count(a_id): %s\n", ouro::to_string(ouro::refcount(a_id).error()));
}

}  // namespace

int main() {
    ouro::ManagedHeap heap(region);
    variables(heap);
    cycle(heap);
    return all_right ? 0 : 1;
}
