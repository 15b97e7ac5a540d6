// A tree with parent pointers and a model with observers: what ends at once, what the collector
// finds by itself, and what happens when the region is full. The exit status is 0 iff everything
// printed is as it must be.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <thread>
#include <vector>

#include "ouro/ouro.h"

using ouro::Field;
using ouro::Ref;
using ouro::Weak;

namespace {

std::byte region[256 * 1024];
bool all_right = true;

void print(const char* what, std::size_t value, std::size_t right) {
    std::printf("%-52s %6zu\n", what, value);
    all_right = all_right && value == right;
}

/// A node of a tree. Parent and children hold each other: every edge is a ring.
struct Node {
    Field<Node> parent;
    Field<Node> first_child;
    Field<Node> next_sibling;
};

void add_child(const Ref<Node>& parent, Ref<Node> child) {
    child->parent = parent;
    child->next_sibling = parent->first_child.load();
    parent->first_child = std::move(child);
}

/// A tree of three levels: 1 + width + width * width nodes.
Ref<Node> make_tree(ouro::ManagedHeap& heap, int width) {
    Ref<Node> root = heap.make<Node>();
    for (int i = 0; i < width; ++i) {
        Ref<Node> child = heap.make<Node>();
        for (int j = 0; j < width; ++j) add_child(child, heap.make<Node>());
        add_child(root, std::move(child));
    }
    return root;
}

void tree(ouro::ManagedHeap& heap) {
    Ref<Node> root = make_tree(heap, 10);
    print("tree: objects", heap.statistics().live_objects, 111);
    root.reset();  // nobody calls collect(): the collector's thread comes by itself
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (heap.statistics().live_objects != 0 && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    print("tree: objects left after a while", heap.statistics().live_objects, 0);
    print("tree: reclaimed by the collector", heap.statistics().reclaimed_by_collector, 111);
}

class Model;

/// Shows a model, which it keeps alive.
class View : public ouro::WeaklyReferable {
public:
    explicit View(Ref<Model> shown) : model(std::move(shown)) {}
    void update() { ++updates_; }
    std::size_t updates() const { return updates_; }

    Field<Model> model;
    static constexpr auto ouro_fields = ouro::fields<&View::model>;

private:
    std::size_t updates_ = 0;
};

/// Knows its views without keeping them alive.
class Model {
public:
    using ouro_leaf = void;

    void show_in(std::size_t place, const Ref<View>& view) { views_[place] = view; }
    /// Updates the views that are still there; returns how many.
    std::size_t change() {
        std::size_t updated = 0;
        for (const Weak<View>& weak : views_) {
            if (const Ref<View> view = weak.lock()) {
                view->update();
                ++updated;
            }
        }
        return updated;
    }

private:
    std::array<Weak<View>, 4> views_;
};

void observers(ouro::ManagedHeap& heap) {
    const std::size_t before = heap.statistics().reclaimed_by_count;
    Ref<Model> model = heap.make<Model>();
    Ref<View> left = heap.make<View>(model);
    Ref<View> right = heap.make<View>(model);
    model->show_in(0, left);
    model->show_in(1, right);
    print("observers: updated", model->change(), 2);
    right.reset();
    print("observers: updated after one view was closed", model->change(), 1);
    print("observers: updates of the other view", left->updates(), 2);
    model.reset();
    left.reset();
    print("observers: reclaimed at once, by count", heap.statistics().reclaimed_by_count - before,
          3);
}

void full_region(ouro::ManagedHeap& heap) {
    std::vector<Ref<Node>> nodes;
    ouro::Error reason = ouro::Error::none;
    while (reason == ouro::Error::none) {
        auto node = heap.try_make<Node>();
        reason = node.error();
        if (node) nodes.push_back(std::move(node).value());
    }
    const ouro::Statistics full = heap.statistics();
    std::printf("full region: \"%s\" after %zu objects in %zu bytes\n", ouro::to_string(reason),
                nodes.size(), full.region_bytes);
    print("full region: it said out of memory", reason == ouro::Error::out_of_memory, true);
    print("full region: requests that failed", full.out_of_memory, 1);
    nodes.clear();
    print("full region: objects left", heap.statistics().live_objects, 0);
    print("full region: there is room again", heap.try_make<Node>().ok(), true);
}

}  // namespace

int main() {
    ouro::ManagedHeap heap(region);
    tree(heap);
    observers(heap);
    full_region(heap);
    const ouro::Statistics s = heap.statistics();
    std::printf("made %zu, reclaimed %zu by count and %zu by the collector, high-water mark %zu\n",
                s.objects_made, s.reclaimed_by_count, s.reclaimed_by_collector, s.used_bytes_max);
    print("all that was made is reclaimed", s.reclaimed_by_count + s.reclaimed_by_collector,
          s.objects_made);
    return all_right ? 0 : 1;
}
