// Document 3: counts of strings and common values, the cycle, and rebinding of integers.
#include "tools/tour_cycle.h"
#include "tools/tour_documents.h"

namespace ouro::tools::documents {

namespace {

void variables(Transcript& t, ManagedHeap& heap) {
    t.section("Variable and memory");
    t.cell("", "big = [None] * 100    # an object of many memory slots");
    const Ref<List> big = List::try_make(heap.heap(), 100).value();
    const std::uintptr_t inside = id(big).address + 50 * sizeof(Field<Object>);
    t.holds("id(big) is where it starts",
            reinterpret_cast<std::uintptr_t>(big.get()) == id(big).address, {49});
    t.value("an object starts inside it", resident(inside), "nothing", {49});
    auto around = object_containing(inside);
    t.holds("the object around an inner address is big", around && *around == id(big), {49});
}

/// Prints getrefcount and the count by id of `name`, as the document does in pairs.
void pair(Transcript& t, const Ref<Object>& ref, absl::string_view name,
          absl::string_view right_counted, absl::string_view right_by_id, int claim) {
    t.more(absl::StrCat("print(sys.getrefcount(", name, "))"));
    t.value("", count_text(getrefcount(ref)), right_counted, {claim});
    t.more(absl::StrCat("print(ctypes.c_long.from_address(id(", name, ")).value)"));
    t.value("", ref_count(id(ref)), right_by_id, {claim});
}

void counts_of_a_string(Transcript& t, ManagedHeap& heap) {
    t.cell("2", "my_var = 'Hello'\nother_var = my_var");
    Ref<Object> my_var = text(heap, "Hello");
    Ref<Object> other_var = my_var;
    t.note("A string made at run time: it counts. Interned strings are immortal here.");
    t.cell("3", "# pass by ref: the argument is one reference more");
    pair(t, my_var, "my_var", "3", "2", 32);
    t.more("other_var = 'Bye'");
    other_var = text(heap, "Bye");
    pair(t, my_var, "my_var", "2", "1", 32);
    const std::uint32_t counted = getrefcount(my_var);  // its argument lives to the statement's end
    const std::uint32_t by_id = refcount(id(my_var)).value();
    t.value("the difference", counted - by_id, 1, {19});
    t.more("my_var = None");
    my_var = none();
    pair(t, my_var, "my_var", immortal_count(), immortal_count(), 37);
    t.note(
        "The document's 31325 and 31324 are the count of None: my_var is None by then, not a name "
        "for an unknown place.");
}

void common_values(Transcript& t, ManagedHeap& heap) {
    t.cell("4", "a = 10000\nb = 100\nc = 1\nd = 'a'\ne = 'Hello'\ng = [1,2,3]");
    // The compiled cell holds its constants while it runs.
    const Ref<Object> constant_10000 = integer(heap, 10000);
    const Ref<Object> constant_hello = text(heap, "Hello");
    const Ref<Object> a = constant_10000;
    const Ref<Object> e = constant_hello;
    const std::string immortal = immortal_count();
    pair(t, a, "a", "3", "2", 33);
    pair(t, integer(heap, 100), "b", immortal, immortal, 33);
    pair(t, integer(heap, 1), "c", immortal, immortal, 33);
    pair(t, interned(heap, "a"), "d", immortal, immortal, 33);
    pair(t, e, "e", "3", "2", 33);
    const Ref<Object> g = List::make(heap.heap(), {1, 2, 3});
    pair(t, g, "g", "2", "1", 33);
    t.note(
        "10000 and 'Hello' have a second holder, the constants of the cell itself. The document's "
        "121, 2593 and 286 count who else in the process uses 100, 1 and 'a': one object each, "
        "by the cache of small integers and by interning, not by the peephole optimizer. From "
        "CPython 3.12 on and here these are immortal.");
}

void garbage_collection(Transcript& t, ManagedHeap& heap) {
    static constexpr CycleWords kWords{"B: self $0 a: $1", "A: self $0 b: $1", "'Object exist'",
                                       "'Not Found'"};
    t.section("Garbage collection");
    t.cell("", "g = [1, 2, 3]; g_id = id(g); g = None");
    const Id g_id = id(List::make(heap.heap(), {1, 2, 3}));
    t.value("ref_count(g_id)", ref_count(g_id), gone(g_id), {84});
    CycleDemo demo(t, heap, kWords);
    demo.classes("7");
    t.cell("8", "gc.disable()");
    demo.disable_collector();
    t.cell("9", "my_var = A()");
    demo.make();
    t.cell("10", "a_id = id(my_var)\nb_id = id(my_var.b)");
    t.cell("11", "ref_count(a_id)\nref_count(b_id)");
    demo.counts(2, 1, {55});
    t.cell("12", "object_by_id(a_id)");
    demo.search(demo.a_id(), true, {76});
    t.cell("13", "object_by_id(b_id)");
    demo.search(demo.b_id(), true, {76});
    t.cell("14", "my_var = None\nref_count(a_id)\nref_count(b_id)");
    demo.drop();
    demo.counts(1, 1, {56, 64});
    t.cell("15", "object_by_id(a_id)");
    demo.search(demo.a_id(), true, {57, 84});
    t.cell("16", "object_by_id(b_id)");
    demo.search(demo.b_id(), true, {57, 84});
    t.cell("17", "gc.collect()");
    demo.collect("330");
    t.cell("18", "object_by_id(a_id)");
    demo.search(demo.a_id(), false, {59});
    t.cell("39", "ref_count(a_id)\nref_count(b_id)");
    demo.stale(demo.a_id(), {45});
    demo.stale(demo.b_id(), {45});
    t.note("The document shows 1 and 247269008: what the memory of A and B held by then.");
}

void rebinding(Transcript& t, ManagedHeap& heap) {
    t.cell("41", "a = 10\nb = 10");
    Ref<Object> a = integer(heap, 10);
    const Ref<Object> b = integer(heap, 10);
    const Id ten = id(a);
    const auto print = [&](int claim) {
        t.more("print(hex(id(a)))\nprint(hex(id(b)))");
        t.seen("", hex(id(a)), {claim});
        t.seen("", hex(id(b)), {claim});
    };
    print(8);
    t.holds("the same id", id(a) == id(b), {8});
    t.more("a = 15");
    a = integer(heap, 15);
    const Id fifteen = id(a);
    print(9);
    t.holds("b's id is still that of 10", id(b) == ten && id(a) != ten, {9});
    t.more("a = a + 1");
    a = integer(heap, *as_integer(a) + 1);
    print(10);
    t.holds("b's id is still that of 10", id(b) == ten && id(a) != fifteen, {10});
    t.value("id(15) - id(10)", fifteen.address - ten.address, 0x7ffc0ebd0870 - 0x7ffc0ebd07d0,
            {10});
    t.value("id(16) - id(15)", id(a).address - fifteen.address, 0x7ffc0ebd0890 - 0x7ffc0ebd0870,
            {10});
    t.note("The same distances as the document's: ids of small integers are 32 apart.");
}

}  // namespace

void tour_document_3(Transcript& t, ManagedHeap& heap) {
    t.document(3, "Variable and memory");
    variables(t, heap);
    counts_of_a_string(t, heap);
    common_values(t, heap);
    garbage_collection(t, heap);
    rebinding(t, heap);
}

}  // namespace ouro::tools::documents
