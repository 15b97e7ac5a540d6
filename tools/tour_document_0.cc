// Document 0: variables as references, counts of a list, and the first A and B.
#include "tools/tour_cycle.h"
#include "tools/tour_documents.h"

namespace ouro::tools::documents {

namespace {

void variables(Transcript& t, ManagedHeap& heap) {
    t.section("Variable are memory reference");
    t.cell("2", "my_var = 10");
    const Ref<Object> my_var = integer(heap, 10);
    t.value("", *as_integer(my_var), 10);

    t.cell("4", "id(my_var)");
    t.seen("", id(my_var).address, {2});
    t.note(
        "An id is a number. A small integer takes no memory here, so its id is the same on every "
        "run; the id of an object is its address, printed in hexadecimal from here on.");
    t.cell("5", "hex(id(my_var))");
    t.seen("", quoted_hex(id(my_var)), {3});
    t.value("hex(140724871025736)", quoted_hex({140724871025736, 0}), "'0x7ffd0ff2d448'", {3});

    t.cell("6", "greeting = \"hello\"\ngreeting");
    const Ref<String> greeting = interned(heap, "hello");
    t.value("", in_quotes(text_of(greeting)), "'hello'");
    t.cell("7", "id(greeting)");
    t.seen("", hex(id(greeting)), {2});
    t.cell("8", "id(\"hello\")");
    t.seen("", hex(id(interned(heap, "hello"))), {5});
    t.holds("the id of greeting", id(interned(heap, "hello")) == id(greeting), {5});
    t.note(
        "So it is for literals, which are interned. An equal text that is made at run time is an "
        "object of its own.");
    t.holds("the same id when made at run time", id(text(heap, "hello")) == id(greeting), {5},
            false);
    t.cell("9", "id(10)");
    t.seen("", id(integer(heap, 10)).address, {4});
    t.holds("the id of my_var", id(integer(heap, 10)) == id(my_var), {4});
}

/// a_id is the id of a list that has just ended: what its address tells from now on.
void stale_address(Transcript& t, ManagedHeap& heap, const Id& a_id, std::size_t live_before) {
    t.value("", ref_count(a_id), gone(a_id), {41});
    t.holds("the list was destroyed at once", heap.statistics().live_objects == live_before - 1,
            {29});
    for (const char* number : {"30", "31", "32"}) {
        t.cell(number, "ref_count(a_id)");
        t.value("", ref_count(a_id), gone(a_id), {41});
    }
    t.note(
        "The document reads 1, 0, 0 and 9: what the memory held next. An id of Ouro names the "
        "object and not the place, so it has one answer for ever.");
    t.cell("", "other = [1, 2, 3]    # until one lies at a_id");
    const Ref<List> other = reuse_address(heap, a_id.address, 3);
    t.holds("the address holds other data now", bool(other), {42});
    t.value("at the address", resident(a_id.address), "a list", {42});
    t.holds("with the old id", id(other) == a_id, {42}, false);
    t.value("ref_count(id(other))", ref_count(id(other)), 1, {42});
    t.value("ref_count(a_id)", ref_count(a_id), gone(a_id), {42});
}

void reference_counting(Transcript& t, ManagedHeap& heap) {
    t.section("Reference Counting");
    t.cell("19", "a = [1, 2, 3]\nid(a)");
    Ref<Object> a = List::make(heap.heap(), {1, 2, 3});
    t.seen("", hex(id(a)), {1});
    t.holds("the list lies in the heap", Heap::of(a.get()) == &heap.heap(), {1});
    t.holds("the name holds this address and nothing else",
            sizeof(a) == sizeof(a.bits()) && a.bits() == id(a).address, {1});
    t.cell("20", "sys.getrefcount(a)");
    t.value("", getrefcount(a), 2, {17});
    t.note(
        "One is the name, one the argument. CPython 3.14 lends a function's local variables "
        "without counting and says 1; Ouro's getrefcount() takes its argument by value.");
    t.cell("21", "c_long.from_address(id(a)).value");
    t.value("", ref_count(id(a)), 1, {18});
    t.cell("22", "b = a\nc_long.from_address(id(a)).value");
    Ref<Object> b = a;
    t.value("", ref_count(id(a)), 2, {22});
    t.cell("25", "ref_count(id(a))");
    t.value("", ref_count(id(a)), 2, {20});
    t.cell("26", "c = a\nref_count(id(a))");
    Ref<Object> c = a;
    t.value("", ref_count(id(a)), 3, {23});
    t.cell("27", "c = 10\nref_count(id(a))");
    c = integer(heap, 10);
    t.value("", ref_count(id(a)), 2, {24});
    t.cell("28", "b = None\nref_count(id(a))");
    b = none();
    t.value("", ref_count(id(a)), 1, {26});
    t.cell("29", "a_id = id(a)\na = None\nref_count(a_id)");
    const Id a_id = id(a);
    const std::size_t live = heap.statistics().live_objects;
    a = none();
    stale_address(t, heap, a_id, live);
}

void without_collector(Transcript& t, ManagedHeap& heap) {
    t.section("Garbage Collection");
    t.cell("", "gc.disable()\nfor i in range(1000): a = [[1, 2, 3]]");
    heap.collector().disable();
    const std::size_t live = heap.statistics().live_objects;
    for (int i = 0; i < 1000; ++i) {
        const Ref<List> a = List::make(heap.heap(), {0});
        (*a)[0] = List::make(heap.heap(), {1, 2, 3});
    }
    t.value("lists left", heap.statistics().live_objects - live, 0, {83});
    t.note("Counting alone frees what is in no cycle. The collector is there for cycles.");
    heap.collector().enable();
}

void circular_reference(Transcript& t, ManagedHeap& heap) {
    static constexpr CycleWords kWords{"B :self :$0 ,a :$1", "A :self :$0 ,b :$1", "'Object exits'",
                                       "'Not Found'"};
    t.section("Circular Reference");
    CycleDemo demo(t, heap, kWords);
    demo.classes("8");
    t.cell("9", "gc.disable()");
    demo.disable_collector();
    t.cell("10", "my_var = A()");
    demo.make();
    t.cell("12", "a_id = id(my_var)\nb_id = id(my_var.b)");
    t.cell("13", "print(f\"reference count of A : {ref_count(a_id)}\")");
    t.value("reference count of A ", ref_count(demo.a_id()), 2, {55});
    t.more("print(f\"Reference count of B : {ref_count(b_id)}\")");
    t.value("Reference count of B ", ref_count(demo.b_id()), 1, {55});
    t.cell("16", "object_by_id(a_id)");
    demo.search(demo.a_id(), true, {76});
    t.cell("17", "object_by_id(b_id)");
    demo.search(demo.b_id(), true, {76});
    t.cell("18", "my_var = None");
    demo.drop();
    t.cell("19", "ref_count(a_id)");
    t.value("", ref_count(demo.a_id()), 1, {56, 62});
    t.cell("20", "ref_count(b_id)");
    t.value("", ref_count(demo.b_id()), 1, {56, 62});
    t.note("Each is held by the other, so counting never frees them.");
    t.cell("22", "object_by_id(a_id)");
    demo.search(demo.a_id(), true, {57, 63});
    t.cell("21", "object_by_id(b_id)");
    demo.search(demo.b_id(), true, {57, 63});
    t.cell("23", "gc.collect()");
    demo.collect("1605");
    t.cell("24", "object_by_id(a_id)");
    demo.search(demo.a_id(), false, {59});
    t.cell("25", "object_by_id(b_id)");
    demo.search(demo.b_id(), false, {59});
    t.cell("26", "ref_count(a_id)");
    demo.stale(demo.a_id(), {45});
    t.note("The document shows 228: what the memory held by then.");
}

}  // namespace

void tour_document_0(Transcript& t, ManagedHeap& heap) {
    t.document(0, "Variable are memory reference");
    variables(t, heap);
    reference_counting(t, heap);
    without_collector(t, heap);
    circular_reference(t, heap);
}

}  // namespace ouro::tools::documents
