// Document 2, to its part on garbage: references, counts, stale addresses, None and small integers.
#include "tools/tour_documents.h"

namespace ouro::tools::documents {

namespace {

/// A C++ function as an object.
class Function {
public:
    using ouro_leaf = void;
    static constexpr const char* ouro_name = "function";
    explicit Function(Id (*code)(const Ref<Object>&)) : code_(code) {}
    Id operator()(const Ref<Object>& argument) const { return code_(argument); }

private:
    Id (*code_)(const Ref<Object>&);
};

/// What a function sees of its argument.
Id func_1(const Ref<Object>& my_var_test) { return id(my_var_test); }

void everything_is_an_object(Transcript& t, ManagedHeap& heap) {
    t.cell("",
           "for x in (10, 'hello', None, [1, 2, 3], func_1):\n"
           "    print(type(x), hex(id(x)), ref_count(id(x)))");
    const Ref<Object> none_object = none();
    const Ref<Object> ten = integer(heap, 10);
    const Ref<Object> hello = interned(heap, "hello");
    const Ref<Object> list = List::make(heap.heap(), {1, 2, 3});
    const Ref<Object> function = heap.make<Function>(&func_1);
    const auto show = [&t](const Ref<Object>& x, absl::string_view name, absl::string_view count) {
        t.value("", absl::StrCat(type_name(id(x)).value(), " ", hex(id(x)), " ", ref_count(id(x))),
                absl::StrCat(name, " ", hex(id(x)), " ", count), {16});
    };
    show(ten, "int", immortal_count());
    show(hello, "str", immortal_count());
    show(none_object, "constant", immortal_count());
    show(list, "list", "1");
    show(function, "function", "1");
    t.note("A class is no object here: a type is described in read-only memory.");
}

void topics(Transcript& t, ManagedHeap& heap) {
    t.section("Variables and Memory");
    t.note(
        "The document only names these topics. Shared references and mutability have their cells "
        "at the end of document 4.");
    t.cell("", "a = [1, 2, 3]\nb = [1, 2, 3]\na == b, a is b    # variable equality");
    const Ref<List> a = List::make(heap.heap(), {1, 2, 3});
    const Ref<List> b = List::make(heap.heap(), {1, 2, 3});
    t.holds("a == b", a->text() == b->text(), {15});
    t.holds("a is b", a == b, {15}, false);
    t.holds("id(a) == id(b)", id(a) == id(b), {15}, false);
    everything_is_an_object(t, heap);
}

void references(Transcript& t, ManagedHeap& heap) {
    t.section("Variables are Memory References");
    t.cell("2", "a = 10\nprint(hex(id(a)))");
    const Ref<Object> a = integer(heap, 10);
    t.seen("", hex(id(a)), {3});
    t.holds("what the name holds is the number 10", a.bits() == 10, {11}, false);
    t.holds("what the name holds is the id", a.bits() == id(a).address, {11});
    t.cell("3", "greeting = 'hello'\nprint(greeting)");
    const Ref<String> greeting = interned(heap, "hello");
    t.value("", text_of(greeting), "hello");
    t.cell("4", "print(id(greeting))");
    t.seen("", hex(id(greeting)), {2});
    t.cell("5", "print(hex(id(greeting)))");
    t.seen("", hex(id(greeting)), {3});
    t.value("hex(1912861025872)", hex({1912861025872, 0}), "0x1bd5f66e650", {3});
}

void names_that_go(Transcript& t, ManagedHeap& heap) {
    t.section("Reference Counting");
    t.cell("", "my_var = [1, 2, 3]\nother_var = my_var");
    Ref<Object> my_var = List::make(heap.heap(), {1, 2, 3});
    Ref<Object> other_var = my_var;
    const Id object = id(my_var);
    t.value("", ref_count(object), 2);
    t.cell("", "other_var = None");
    other_var = none();
    t.value("", ref_count(object), 1, {28});
    t.cell("", "def f(): local = my_var    # the name goes out of scope");
    {
        const Ref<Object> local = my_var;
        t.value("inside f", ref_count(object), 2, {28});
    }
    t.value("after f", ref_count(object), 1, {28});
    t.cell("", "my_var = None");
    my_var = none();
    t.value("ref_count", ref_count(object), gone(object), {29});
    t.value("at the address", resident(object.address), "nothing", {29});
    t.holds("the space is reused", bool(reuse_address(heap, object.address, 3)), {29, 42});
}

void passing(Transcript& t, ManagedHeap& heap) {
    t.section("Finding the Reference Count");
    t.cell("29", "def func_1(my_var_test):\n    print('Inside func_1: ', hex(id(my_var_test)))");
    const Ref<Object> my_var_test = integer(heap, 10);
    const Ref<Object> list = List::make(heap.heap(), {1, 2, 3});
    t.seen("Inside main", hex(id(my_var_test)), {7});
    t.seen("Inside func_1", hex(func_1(my_var_test)), {7});
    t.holds("the same id", func_1(my_var_test) == id(my_var_test), {7});
    t.holds("the same id for a list", func_1(list) == id(list), {7});

    t.cell("39", "sys.getrefcount(my_var_test)");
    t.value("", count_text(getrefcount(my_var_test)), immortal_count(), {30});
    t.note(
        "The document shows 134, the count of the value 10 in its process. Small integers are "
        "immortal here, as from CPython 3.12 on. A larger number is an object that counts:");
    t.cell("", "n = 1000\nm = n\nref_count(id(n)), ref_count(id(m))");
    const Ref<Object> n = integer(heap, 1000);
    const Ref<Object> m = n;
    t.value("by n", ref_count(id(n)), 2, {30});
    t.value("by m", ref_count(id(m)), 2, {30});
    t.note("The count belongs to the object and not to a name.");

    t.cell("40", "a = hex(id(my_var_test))\nsys.getrefcount(a)");
    const Ref<String> a = text(heap, hex(id(my_var_test)));
    t.value("", getrefcount(a), 2, {31});
}

void counts_of_a_list(Transcript& t, ManagedHeap& heap, Ref<Object>& a) {
    t.section("Another method to find the reference count without having the drawbacks");
    t.cell("884", "id(a)    # a = [1, 2, 3]");
    t.seen("", hex(id(a)));
    t.cell("885", "sys.getrefcount(a)");
    t.value("", getrefcount(a), 2, {17});
    t.cell("888", "refcount(id(a))");
    t.value("", ref_count(id(a)), 1, {18, 21});
    const std::uint32_t counted = getrefcount(a);  // its argument lives to the end of the statement
    const std::uint32_t by_id = refcount(id(a)).value();
    t.value("sys.getrefcount(a) - refcount(id(a))", counted - by_id, 1, {19});
    t.cell("889", "refcount(1912865986760)    # by the bare address");
    t.value("", ref_count(object_at(id(a).address).value()), 1, {20});
    t.cell("891", "id(b)    # b = a");
    Ref<Object> b = a;
    t.seen("", hex(id(b)), {6});
    t.holds("the id of a", id(b) == id(a), {6});
    t.cell("892", "refcount(id(a))");
    t.value("", ref_count(id(a)), 2, {22});
    t.cell("893", "c = a\nrefcount(id(a))");
    Ref<Object> c = a;
    t.value("", ref_count(id(a)), 3, {23});
    t.cell("895", "refcount(id(a))    # c = 10");
    c = integer(heap, 10);
    t.value("", ref_count(id(a)), 2, {24});
    t.cell("897", "id(b)    # b = None");
    b = none();
    t.seen("", hex(id(b)), {35});
    t.cell("898", "refcount(id(a))");
    t.value("", ref_count(id(a)), 1, {26});
    t.cell("62", "q = None\nid(q)");
    const Ref<Object> q = none();
    t.seen("", hex(id(q)), {35});
    t.holds("the id of b", id(q) == id(b), {35});
}

void stale_address(Transcript& t, ManagedHeap& heap, Ref<Object>& a) {
    t.cell("320", "a_id    # a_id = id(a)");
    const Id a_id = id(a);
    t.seen("", hex(a_id));
    t.cell("480", "id(a)    # a = None");
    a = none();
    t.seen("", hex(id(a)), {35});
    t.holds("the id of None", id(a) == id(none()), {35});
    t.cell("526", "a_id");
    t.seen("", hex(a_id));
    t.cell("899", "a_id = id(a)\na = None\nrefcount(a_id)");
    t.value("", ref_count(id(a)), immortal_count(), {43});
    t.note(
        "The document ran its cells out of order: a was None already, so this a_id is the id of "
        "None, as its cell 299 shows. Below, a_id is the id of the list, of cell 320.");
    for (const char* number : {"938", "939", "940", "1255", "68", "69"}) {
        t.cell(number, "refcount(a_id)");
        t.value("", ref_count(a_id), gone(a_id), {43});
    }
    t.note(
        "The document reads 1, 1, 1, 1, 0 and 2 from memory that nobody owns. A query by id is "
        "checked here: it never reads what lies at the address now.");
    t.cell("", "other = [1, 2, 3]    # until one lies at a_id");
    const Ref<List> other = reuse_address(heap, a_id.address, 3);
    t.value("at the address", resident(a_id.address), "a list", {42});
    t.value("refcount(a_id)", ref_count(a_id), gone(a_id), {43});
    t.value("resolve(a_id)", to_string(resolve(a_id).error()), "no such object any more", {48});
}

void shared_small_integer(Transcript& t, ManagedHeap& heap) {
    t.cell("695", "id(cat)    # cat = 253");
    Ref<Object> cat = integer(heap, 253);
    t.seen("", hex(id(cat)));
    const Id bat = id(cat);
    t.cell("698", "refcount(bat)    # bat = id(cat)");
    t.value("", ref_count(bat), immortal_count(), {34});
    t.cell("881", "cat = None\nrefcount(bat)");
    cat = none();
    t.value("", ref_count(bat), immortal_count(), {34});
    t.note(
        "The document shows 30, then 29. From CPython 3.12 on and here the count of a small "
        "integer does not move. An integer above 256 counts its holders:");
    t.cell("", "cat = 1000\nbat, dog = id(cat), cat");
    cat = integer(heap, 1000);
    const Id large = id(cat);
    const Ref<Object> dog = cat;
    t.value("refcount(bat)", ref_count(large), 2, {34});
    t.cell("", "cat = None\nrefcount(bat)");
    cat = none();
    t.value("", ref_count(large), 1, {34});
}

}  // namespace

void tour_document_2(Transcript& t, ManagedHeap& heap, ManagedHeap& automatic) {
    t.document(2, "Variables and Memory");
    topics(t, heap);
    references(t, heap);
    names_that_go(t, heap);
    passing(t, heap);
    Ref<Object> a = List::make(heap.heap(), {1, 2, 3});
    counts_of_a_list(t, heap, a);
    stale_address(t, heap, a);
    shared_small_integer(t, heap);
    tour_document_2_garbage(t, heap, automatic);
}

}  // namespace ouro::tools::documents
