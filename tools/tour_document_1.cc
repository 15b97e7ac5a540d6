// Document 1: the same ground in fewer cells, the count of None, and types of names.
#include <set>

#include "tools/tour_cycle.h"
#include "tools/tour_documents.h"

namespace ouro::tools::documents {

namespace {

void variables(Transcript& t, ManagedHeap& heap) {
    t.section("Variables are memory references");
    t.cell("1", "v = 10\nprint(hex(id(v)))");
    const Ref<Object> v = integer(heap, 10);
    t.seen("", hex(id(v)), {3});
    t.cell("2", "greeting = \"Hello\"\nprint(greeting)");
    const Ref<String> greeting = interned(heap, "Hello");
    t.value("", text_of(greeting), "Hello");
    t.cell("3", "print(hex(id(greeting)))");
    t.seen("", hex(id(greeting)), {3});
    t.holds("the name holds this address and nothing else",
            sizeof(greeting) == sizeof(greeting.get()) &&
                reinterpret_cast<std::uintptr_t>(greeting.get()) == id(greeting).address,
            {1});
}

/// a was rebound to None: what id(a) tells now.
void count_of_none(Transcript& t, const Ref<Object>& a) {
    t.value("", ref_count(id(a)), immortal_count(), {36});
    t.holds("id(a) is the id of None", id(a) == id(none()), {36});
    t.note(
        "The document's 26994 is the count of None and not what the list left behind: id(a) is "
        "read after a = None. None is immortal here, as it is from CPython 3.12 on; its count "
        "is never written.");
    t.cell("13", "for i in range(10):\n  print(ref_count(id(a)))");
    std::set<std::string> readings;
    for (int i = 0; i < 10; ++i) readings.insert(ref_count(id(a)));
    t.value("", *readings.begin(), immortal_count(), {38});
    t.value("different readings of ten", readings.size(), 1, {38});
    t.note(
        "The document's readings wander from 26981 to 26991, because each use of None in the "
        "process counted. Counts here are live too; that of an immortal does not move.");
}

void reference_count(Transcript& t, ManagedHeap& heap) {
    t.section("Reference count");
    t.cell("6", "a = [1, 2, 3]\nprint(hex(id(a)))");
    Ref<Object> a = List::make(heap.heap(), {1, 2, 3});
    t.seen("", hex(id(a)), {3});
    t.cell("7", "sys.getrefcount(a)");
    t.value("", getrefcount(a), 2, {17});
    t.cell("8", "ref_count(id(a))");
    t.value("", ref_count(id(a)), 1, {18});
    t.cell("9", "b = a\nref_count(id(a))");
    Ref<Object> b = a;
    t.value("", ref_count(id(a)), 2, {22});
    t.cell("10", "c = a\nref_count(id(a))");
    Ref<Object> c = a;
    t.value("", ref_count(id(a)), 3, {23});
    t.cell("11", "c = 3\nb = 4\nref_count(id(a))");
    c = integer(heap, 3);
    b = integer(heap, 4);
    t.value("", ref_count(id(a)), 1, {25});
    const Id list = id(a);
    t.cell("12", "a = None\nref_count(id(a))");
    a = none();
    count_of_none(t, a);
    t.cell("", "ref_count(list_id)    # the list's own id, taken before a = None");
    t.value("", ref_count(list), gone(list), {36, 41});
}

void garbage_collection(Transcript& t, ManagedHeap& heap) {
    static constexpr CycleWords kWords{"B: self=$0, a=$1", "A: self=$0, b=$1", "Objects exist",
                                       "Not found"};
    t.section("Garbage collection");
    CycleDemo demo(t, heap, kWords);
    demo.classes("16");
    t.cell("18", "gc.disable()");
    demo.disable_collector();
    t.note(
        "The collector is an object of the program's, with the functions of Python's gc module.");
    t.cell("19", "my_var = A()");
    demo.make();
    t.cell("20", "print(hex(id(my_var)))");
    t.seen("", hex(id(demo.my_var())), {53});
    t.more("print(hex(id(my_var.b)))");
    t.seen("", hex(id(demo.my_var()->b.load())), {53});
    t.more("print(hex(id(my_var.b.a)))");
    t.seen("", hex(id(demo.my_var()->b->a.load())), {53});
    t.cell("21", "a_id = id(my_var)\nb_id = id(my_var.b)");
    t.cell("22", "print(ref_count(a_id))\nprint(ref_count(b_id))");
    demo.counts(2, 1, {55});
    t.more("print(object_by_id(a_id))\nprint(object_by_id(b_id))");
    demo.search_both(true, {76});
    t.cell("23", "my_var = None\nprint(ref_count(a_id))\nprint(ref_count(b_id))");
    demo.drop();
    demo.counts(1, 1, {56});
    t.more("print(object_by_id(a_id))\nprint(object_by_id(b_id))");
    demo.search_both(true, {57});
    t.cell("24", "gc.collect()");
    t.value("", heap.collect().unreachable, 2, {60, 61});
    t.more("print(ref_count(a_id))\nprint(ref_count(b_id))");
    demo.stale(demo.a_id(), {45});
    demo.stale(demo.b_id(), {45});
    t.note("The document shows 0 and 0: what the memory of A and B held by then.");
    t.more("print(object_by_id(a_id))\nprint(object_by_id(b_id))");
    demo.search_both(false, {59});
}

void typing(Transcript& t, ManagedHeap& heap) {
    t.section("Dynamic vs static typing");
    const auto type_of = [](const Ref<Object>& ref) { return type_name(id(ref)).value(); };
    t.cell("", "c = [1, 2, 3]");
    Ref<Object> c = List::make(heap.heap(), {1, 2, 3});
    t.value("c refers to a", type_of(c), "list", {12, 13});
    t.more("c = 10");
    c = integer(heap, 10);
    t.value("c refers to an", type_of(c), "int", {12, 13});
    t.more("c = None");
    c = none();
    t.holds("c refers to None", is_none(c), {12});
    t.more("c = hex(10)");
    c = text(heap, "0xa");
    t.value("c refers to a", type_of(c), "str", {12, 13});
    t.note(
        "The type belongs to the object. A Ref<Object> may refer to any; a Ref<T> in C++ only to "
        "a T, and cast<T>() asks the object.");
    t.holds("cast<List>(c)", bool(cast<List>(c)), {13}, false);
    t.holds("cast<String>(c)", bool(cast<String>(c)), {13});
}

}  // namespace

void tour_document_1(Transcript& t, ManagedHeap& heap) {
    t.document(1, "Variables are memory references");
    variables(t, heap);
    reference_count(t, heap);
    garbage_collection(t, heap);
    typing(t, heap);
}

}  // namespace ouro::tools::documents
