#include "tools/tour_cycle.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"

namespace ouro::tools::documents {

B::B(CycleScene& scene, Ref<A> its_a) : a(std::move(its_a)) {
    scene.transcript.seen(
        "", absl::Substitute(scene.words.b_line, hex(id(self(this))), hex(id(a.load()))), {54});
    scene.printed.push_back("B");
}

A::A(CycleScene& scene) {
    b = scene.heap.make<B>(scene, self(this));
    scene.transcript.seen(
        "", absl::Substitute(scene.words.a_line, hex(id(self(this))), hex(id(b.load()))), {54});
    scene.printed.push_back("A");
}

void CycleDemo::classes(absl::string_view cell) {
    t_.cell(cell,
            "class A:    # its constructor: self.b = B(self), then prints a line\n"
            "class B:    # its constructor: self.a = a, then prints a line");
}

void CycleDemo::disable_collector() {
    heap_.collector().disable();
    t_.value("gc.isenabled()", python_bool(heap_.collector().is_enabled()), "False", {67, 69});
}

void CycleDemo::make() {
    my_var_ = heap_.make<A>(scene_);
    a_id_ = id(my_var_);
    b_id_ = id(my_var_->b.load());
    t_.holds("B's line before A's", scene_.printed == std::vector<absl::string_view>{"B", "A"},
             {54});
    t_.holds("A's b is B, and B's a is A", id(my_var_->b->a.load()) == a_id_, {53});
}

void CycleDemo::collect(absl::string_view shown) {
    t_.value("", heap_.collect().unreachable, 2, {59, 60, 61});
    t_.note(absl::StrCat("A and B. The document's ", shown,
                         " counts also what else was garbage in its notebook."));
}

void CycleDemo::counts(std::uint32_t of_a, std::uint32_t of_b, Claims claims) {
    t_.value("", ref_count(a_id_), of_a, claims);
    t_.value("", ref_count(b_id_), of_b, claims);
}

void CycleDemo::search(const Id& id, bool there, Claims claims) {
    const auto say = [this](bool found) { return found ? words_.exists : words_.not_found; };
    t_.value("", say(object_by_id(heap_, id)), say(there), claims);
}

void CycleDemo::search_both(bool there, Claims claims) {
    search(a_id_, there, claims);
    search(b_id_, there, claims);
}

void CycleDemo::stale(const Id& id, Claims claims) {
    t_.value("", ref_count(id), gone(id), claims);
}

}  // namespace ouro::tools::documents
