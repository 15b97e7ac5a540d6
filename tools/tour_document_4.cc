// Document 4: programs rather than cells. Its last heading has no body; its cells are here.
#include "absl/strings/str_join.h"
#include "tools/tour_cycle.h"
#include "tools/tour_documents.h"

namespace ouro::tools::documents {

namespace {

void reference_counting(Transcript& t, ManagedHeap& heap) {
    t.section("Reference counting");
    t.cell(kUnnumbered, "x = [1, 2, 3]\na = x\nprint(id(a))\nprint(id(x))");
    Ref<Object> x = List::make(heap.heap(), {1, 2, 3});
    const std::size_t used = heap.statistics().used_bytes;
    Ref<Object> a = x;
    t.seen("", hex(id(a)), {6});
    t.seen("", hex(id(x)), {6});
    t.holds("the same id", id(a) == id(x), {6, 27});
    t.more("print(sys.getrefcount(a))");
    t.value("", getrefcount(a), 3, {27, 40});
    t.more("print(ctypes.c_long.from_address(id(a)).value)");
    t.value("", ref_count(id(a)), 2, {27, 40});
    t.value("bytes that the second reference took", heap.statistics().used_bytes - used, 0, {39});
    t.note(
        "There is no table of counts: each object has its own in a header before it. A query by "
        "id finds it from the address.");
    const Id x_id = id(x);
    t.cell("", "x = a = None    # the count is 0");
    x = none();
    a = none();
    t.value("at the address", resident(x_id.address), "nothing", {29});
    const Ref<List> next = reuse_address(heap, x_id.address, 3);
    t.value("after further lists", resident(x_id.address), "a list", {50});
    t.holds("of the same heap", Heap::of(next.get()) == &heap.heap(), {50});
    t.note(
        "The memory is used again by this heap. Other programs never see it: the region stays "
        "with its owner.");
}

void circular_reference(Transcript& t, ManagedHeap& heap) {
    t.section("Circular Reference");
    t.cell(kUnnumbered, "my_var = objectA\nobjectA.var1 = ObjectB");
    t.cell("", "del my_var");
    std::vector<std::string> finalized;
    heap.make<Mortal>("objectA", finalized, heap.make<Mortal>("ObjectB", finalized)).reset();
    t.value("finalizers", absl::StrJoin(finalized, ", then "), "objectA, then ObjectB", {51});
    t.cell(kUnnumbered, "my_var = objectA\nobjectA.var1 = ObjectB\nobjectB.var1 = objectA");
    t.cell("", "del my_var");
    const std::vector<Id> pair = drop_ring(heap, 2);
    t.value("ref_count of objectA", ref_count(pair[0]), 1, {64});
    t.value("ref_count of objectB", ref_count(pair[1]), 1, {64});
    t.value("objects left in memory", count_alive(pair), 2, {58});
    t.cell("", "gc.collect()");
    t.value("", heap.collect().unreachable, 2, {65});
    t.value("objects left in memory", count_alive(pair), 0, {65});
}

void periodic(Transcript& t, ManagedHeap& automatic) {
    t.section("Garbage Collector (GC)");
    t.cell("", "gc.isenabled()    # of a new heap");
    t.value("", python_bool(automatic.collector().is_enabled()), "True", {68});
    t.cell("", "my_var = objectA    # the ring again\ndel my_var");
    const std::vector<Id> pair = drop_ring(automatic, 2);
    t.holds("gone by itself", wait_until_gone(pair[0]) && wait_until_gone(pair[1]), {71, 75});
    t.value("calls of gc.collect() until then", automatic.collector().statistics().collections, 0,
            {71});
}

void finalizers(Transcript& t, ManagedHeap& heap) {
    t.cell("", "# the ring again, each object with a __del__\ngc.collect()");
    std::vector<std::string> finalized;
    {
        const Ref<Mortal> a = heap.make<Mortal>("objectA", finalized);
        a->held = Ref<Object>(heap.make<Mortal>("objectB", finalized, a));
    }
    t.value("", heap.collect().unreachable, 2, {82});
    t.value("finalizers that ran", finalized.size(), 2, {82});
    t.note("Python below 3.4 left such a ring as it was. Since then, and here, it is reclaimed.");
}

void demonstration(Transcript& t, ManagedHeap& heap) {
    static constexpr CycleWords kWords{"B: self: $0, a: $1", "A: self: $0, b: $1", "object exists",
                                       "Not found"};
    CycleDemo demo(t, heap, kWords);
    demo.classes(kUnnumbered);
    t.more("gc.disable()");
    demo.disable_collector();
    t.more("my_var = A()");
    demo.make();
    t.more("print(ref_count(a_id))\nprint(ref_count(b_id))");
    demo.counts(2, 1, {55});
    t.more("print(object_by_id(a_id))\nprint(object_by_id(b_id))");
    demo.search_both(true, {76});
    t.more("my_var = None\nprint(ref_count(a_id))\nprint(ref_count(b_id))");
    demo.drop();
    demo.counts(1, 1, {56});
    t.more("print(object_by_id(a_id))\nprint(object_by_id(b_id))");
    demo.search_both(true, {57});
    t.more("gc.collect()");
    t.value("", heap.collect().unreachable, 2, {60, 61});
    t.more("print(object_by_id(a_id))\nprint(object_by_id(b_id))");
    demo.search_both(false, {59});
    t.more("print(ref_count(a_id))\nprint(ref_count(b_id))");
    demo.stale(demo.a_id(), {45});
    demo.stale(demo.b_id(), {45});
    t.note("The document announces random numbers for the last two lines.");
}

void mutability(Transcript& t, ManagedHeap& heap) {
    t.section("Shared References and Mutability");
    t.note("The document ends with an empty cell.");
    t.cell("", "a = [1, 2, 3]\nb = a\nb[0] = 99");
    const Ref<List> a = List::make(heap.heap(), {1, 2, 3});
    const Id a_id = id(a);
    Ref<List> b = a;
    (*b)[0] = integer(heap, 99);
    t.value("a", a->text(), "[99, 2, 3]", {14});
    t.holds("a is b, and its id is what it was", a == b && id(a) == a_id, {14});
    t.cell("", "b = b + [4]");
    b = List::make(heap.heap(),
                   {*as_integer((*b)[0]), *as_integer((*b)[1]), *as_integer((*b)[2]), 4});
    t.value("b", b->text(), "[99, 2, 3, 4]", {14});
    t.value("a", a->text(), "[99, 2, 3]", {14});
    t.holds("a is b", a == b, {14}, false);
}

}  // namespace

void tour_document_4(Transcript& t, ManagedHeap& heap, ManagedHeap& automatic) {
    t.document(4, "Memory Management");
    reference_counting(t, heap);
    circular_reference(t, heap);
    periodic(t, automatic);
    finalizers(t, heap);
    demonstration(t, heap);
    mutability(t, heap);
}

}  // namespace ouro::tools::documents
