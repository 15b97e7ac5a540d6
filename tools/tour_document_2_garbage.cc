// Document 2, from "Garbage Collection" on: cascades, rings, the collector and its controls.
#include <algorithm>
#include <set>

#include "absl/strings/str_join.h"
#include "tools/tour_cycle.h"
#include "tools/tour_documents.h"

namespace ouro::tools::documents {

namespace {

std::size_t live_objects(ManagedHeap& heap) { return heap.statistics().live_objects; }
std::size_t passes(ManagedHeap& heap) { return heap.collector().statistics().passes; }

void chain(Transcript& t, ManagedHeap& heap) {
    t.section("Garbage Collection");
    t.section("Circular References");
    t.cell("", "Object_A.var_1 = Object_B\nmy_var = Object_A");
    std::vector<std::string> finalized;
    const std::size_t passes_before = passes(heap);
    Ref<Mortal> object_b = heap.make<Mortal>("Object_B", finalized);
    const Id b_id = id(object_b);
    Ref<Mortal> my_var = heap.make<Mortal>("Object_A", finalized, std::move(object_b));
    const Id a_id = id(my_var);
    t.value("ref_count of Object_A", ref_count(a_id), 1);
    t.value("ref_count of Object_B", ref_count(b_id), 1, {52});
    t.cell("", "my_var = None");
    my_var.reset();
    t.value("finalizers", absl::StrJoin(finalized, ", then "), "Object_A, then Object_B", {51});
    t.value("ref_count of Object_A", ref_count(a_id), gone(a_id), {51});
    t.value("ref_count of Object_B", ref_count(b_id), gone(b_id), {51});
    t.value("passes of the collector meanwhile", passes(heap) - passes_before, 0, {51});
}

void ring(Transcript& t, ManagedHeap& heap) {
    t.cell("", "Object_B.var_2 = Object_A");
    const std::size_t live = live_objects(heap);
    Ref<List> my_var = List::try_make(heap.heap(), 1).value();
    Ref<List> object_b = List::try_make(heap.heap(), 1).value();
    (*my_var)[0] = Ref<Object>(object_b);
    (*object_b)[0] = Ref<Object>(my_var);
    const Id a_id = id(my_var);
    const Id b_id = id(object_b);
    object_b.reset();
    t.value("ref_count of Object_A", ref_count(a_id), 2, {64});
    t.value("ref_count of Object_B", ref_count(b_id), 1, {64});
    t.cell("", "my_var = None");
    my_var.reset();
    t.value("ref_count of Object_A", ref_count(a_id), 1, {64});
    t.value("ref_count of Object_B", ref_count(b_id), 1, {64});
    t.value("objects that nobody can reach, still in memory", live_objects(heap) - live, 2, {58});
    t.cell("", "gc.collect()");
    t.value("", heap.collect().unreachable, 2, {65});
    t.value("objects left", live_objects(heap) - live, 0, {58, 65});
    t.cell("", "gc.collect()    # once more");
    t.value("", heap.collect().unreachable, 0, {61});
    t.cell("", "for i in range(5): objects[i].next = objects[(i + 1) % 5]\ndel objects");
    const std::vector<Id> five = drop_ring(heap, 5);
    t.value("objects of the ring in memory", count_alive(five), 5, {58});
    t.value("gc.collect()", heap.collect().unreachable, 5, {66});
    t.value("objects of the ring in memory", count_alive(five), 0, {66});
}

void own_clean_up(Transcript& t, ManagedHeap& heap) {
    t.cell("", "a[0], b[0] = b, a\na[0] = None    # our own clean-up: break the ring\ndel a, b");
    Ref<List> a = List::try_make(heap.heap(), 1).value();
    Ref<List> b = List::try_make(heap.heap(), 1).value();
    (*a)[0] = Ref<Object>(b);
    (*b)[0] = Ref<Object>(a);
    const std::vector<Id> both = {id(a), id(b)};
    (*a)[0] = none();
    a.reset();
    b.reset();
    t.value("objects left", count_alive(both), 0, {74});
    t.value("gc.collect()", heap.collect().unreachable, 0, {74});
}

void switched_off(Transcript& t, ManagedHeap& automatic) {
    t.cell("", "gc.isenabled()    # of a new heap");
    t.value("", python_bool(automatic.collector().is_enabled()), "True", {68});
    t.cell("",
           "gc.disable()\na = [None]; a[0] = a; a_id = id(a); del a\n"
           "for i in range(50000): b = [1, 2, 3]");
    automatic.collector().disable();
    const std::size_t passes_before = passes(automatic);
    const std::vector<Id> single = drop_ring(automatic, 1);
    for (int i = 0; i < 50'000; ++i) List::make(automatic.heap(), {1, 2, 3});
    t.value("gc.isenabled()", python_bool(automatic.collector().is_enabled()), "False", {69});
    t.value("ref_count(a_id)", ref_count(single.front()), 1, {69});
    t.cell("", "for i in range(100): a, b = [None], [None]; a[0] = b; b[0] = a");
    const std::size_t live = live_objects(automatic);
    for (int i = 0; i < 100; ++i) drop_ring(automatic, 2);
    t.value("objects that stay in memory", live_objects(automatic) - live, 200, {70});
    t.value("passes of the collector meanwhile", passes(automatic) - passes_before, 0, {72});
    t.note(
        "These passes are what turning it off saves. They run beside the program here and never "
        "stop it; garbage without cycles needs none of them.");
    t.cell("", "gc.collect()    # still disabled");
    t.value("", automatic.collect().unreachable, 201, {60, 73});
}

void switched_on(Transcript& t, ManagedHeap& automatic) {
    t.cell("", "gc.enable()\na, b = [None], [None]; a[0] = b; b[0] = a; del a, b");
    const std::size_t asked_before = automatic.collector().statistics().collections;
    automatic.collector().enable();
    for (const char* when : {"gone by itself", "the next ring, too", "and the one after it"}) {
        const std::vector<Id> pair = drop_ring(automatic, 2);
        t.holds(when, wait_until_gone(pair[0]) && wait_until_gone(pair[1]), {71, 75});
    }
    t.value("calls of gc.collect() meanwhile",
            automatic.collector().statistics().collections - asked_before, 0, {71});
    t.note(
        "CPython's collector starts after a number of allocations. Ouro's waits in a thread of "
        "its own and starts when something was dropped that may be in a ring.");
}

void finalizers_in_a_ring(Transcript& t, ManagedHeap& heap) {
    t.section("for python < 3.4");
    t.cell("", "# a ring of A and B, each with a destructor\ndel a, b\ngc.collect()");
    std::vector<std::string> finalized;
    std::vector<Id> ids;
    {
        const Ref<Mortal> a = heap.make<Mortal>("A", finalized);
        const Ref<Mortal> b = heap.make<Mortal>("B", finalized, a);
        a->held = Ref<Object>(b);
        ids = {id(a), id(b)};
    }
    t.value("", heap.collect().unreachable, 2, {81});
    std::sort(finalized.begin(), finalized.end());
    t.value("finalizers that ran, in no promised order", absl::StrJoin(finalized, " "), "A B",
            {79, 81});
    t.value("objects left uncollected", count_alive(ids), 0, {78, 80, 81});
    t.value("gc.collect()", heap.collect().unreachable, 0, {81});
    t.note(
        "Python before 3.4 called neither finalizer and kept the ring for ever. Since 3.4, and "
        "here, all finalizers of a ring run once, then the ring is reclaimed.");
}

void tracked_objects(Transcript& t, ManagedHeap& heap, const Id& a_id) {
    struct Seen {
        Id wanted;
        std::size_t objects = 0;
        std::size_t wanted_objects = 0;
    } seen{a_id};
    heap.collector().get_objects(
        [](void* self, const Ref<Object>& object) {
            auto& all = *static_cast<Seen*>(self);
            ++all.objects;
            if (id(object) == all.wanted) ++all.wanted_objects;
        },
        &seen);
    t.cell("", "len(gc.get_objects())");
    t.value("", seen.objects, 2, {77});
    t.value("of which have the id of A", seen.wanted_objects, 1, {77});
    const Ref<Object> string = text(heap, "hello");
    t.value("gc.is_tracked('hello')", python_bool(heap.collector().is_tracked(string)), "False",
            {76});
    t.value("gc.is_tracked(10)", python_bool(heap.collector().is_tracked(integer(heap, 10))),
            "False", {76});
}

/// The addresses of A and B after their end.
void addresses_of_the_dead(Transcript& t, ManagedHeap& heap, CycleDemo& demo) {
    t.cell("58", "ref_count(a_id)");
    demo.stale(demo.a_id(), {44});
    t.cell("73", "ref_count(b_id)");
    demo.stale(demo.b_id(), {44});
    t.note(
        "The document shows -1453878798 and -1: four bytes of whatever is there, read as a number "
        "with a sign. Counts here are numbers without a sign, and are read from objects only.");
    std::set<std::string> readings;
    for (int i = 0; i < 10; ++i) readings.insert(ref_count(demo.a_id()));
    t.value("different readings of ten more", readings.size(), 1, {46});
    t.value("at the address of A", resident(demo.a_id().address), "nothing", {47});
    const Ref<List> list = reuse_address(heap, demo.a_id().address, 1);
    t.cell("", "other = [None]    # until one lies at a_id");
    t.value("at the address of A", resident(demo.a_id().address), "a list", {47});
    demo.stale(demo.a_id(), {47});
    t.note(
        "A bare address tells which object lives there now, if any. An id tells whether its own "
        "object still lives; resolve() makes a reference of it only then.");
}

void workings(Transcript& t, ManagedHeap& heap) {
    static constexpr CycleWords kWords{"B: self:$0, a: $1", "A: self:$0, b: $1", "'Object Exists'",
                                       "'Object Not Found'"};
    t.section("Understanding the Garbage collector workings");
    CycleDemo demo(t, heap, kWords);
    demo.classes("21");
    t.cell("23", "gc.disable()");
    demo.disable_collector();
    t.cell("24", "my_var = A()");
    demo.make();
    t.cell("25", "hex(id(my_var))");
    t.seen("", quoted_hex(id(demo.my_var())), {53});
    t.cell("26", "print(hex(id(my_var.b)))");
    t.seen("", hex(id(demo.my_var()->b.load())), {53});
    t.more("print(hex(id(my_var.b.a)))");
    t.seen("", hex(id(demo.my_var()->b->a.load())), {53});
    t.cell("30", "a_id = id(my_var)\nb_id = id(my_var.b)");
    t.cell("32", "print(hex(a_id))");
    t.seen("", hex(demo.a_id()));
    t.more("print(hex(b_id))");
    t.seen("", hex(demo.b_id()));
    t.cell("33", "ref_count(a_id)");
    t.value("", ref_count(demo.a_id()), 2, {55});
    t.cell("34", "ref_count(b_id)");
    t.value("", ref_count(demo.b_id()), 1, {55});
    t.cell("37", "object_by_id(a_id)");
    demo.search(demo.a_id(), true, {76});
    t.cell("38", "object_by_id(b_id)");
    demo.search(demo.b_id(), true, {76});
    tracked_objects(t, heap, demo.a_id());
    t.cell("40", "my_var = None");
    demo.drop();
    t.cell("41", "ref_count(a_id)");
    t.value("", ref_count(demo.a_id()), 1, {56});
    t.cell("42", "ref_count(b_id)");
    t.value("", ref_count(demo.b_id()), 1, {56});
    t.cell("43", "object_by_id(a_id)");
    demo.search(demo.a_id(), true, {57});
    t.cell("44", "object_by_id(b_id)");
    demo.search(demo.b_id(), true, {57});
    t.cell("45", "gc.collect()");
    demo.collect("972");
    t.cell("46", "object_by_id(a_id)");
    demo.search(demo.a_id(), false, {59});
    t.cell("47", "object_by_id(b_id)");
    demo.search(demo.b_id(), false, {59});
    addresses_of_the_dead(t, heap, demo);
}

}  // namespace

void tour_document_2_garbage(Transcript& t, ManagedHeap& heap, ManagedHeap& automatic) {
    chain(t, heap);
    ring(t, heap);
    own_clean_up(t, heap);
    switched_off(t, automatic);
    switched_on(t, automatic);
    finalizers_in_a_ring(t, heap);
    workings(t, heap);
}

}  // namespace ouro::tools::documents
