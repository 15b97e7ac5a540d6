// The floor: malloc and free with plain pointers, freed by hand at the one place that knows how, a
// plain pointer as the cell, and one plain traversal of a graph.
#include <atomic>
#include <cstdlib>

#include "bench/main.h"

struct Contestant {
    static constexpr const char* kName = "floor";
    static constexpr bool kFloor = true;
    static constexpr bool kThreads = true;
    static constexpr bool kGrowth = true;
    static constexpr bool kNeverFrees = true;
    struct Node {
        Node* field[3];
        std::uint64_t words[3];
    };
    using Handle = Node*;
    static Handle make() {
        Node* node = static_cast<Node*>(std::malloc(sizeof(Node)));
        *node = Node{};
        return node;
    }
    static void set(Handle node, int field, Handle value) { node->field[field] = value; }
    /// Frees the pair of W4 that hangs there.
    static void clear(Handle node, int field) {
        Node* first = node->field[field];
        if (first == nullptr) return;
        std::free(first->field[0]);
        std::free(first);
        node->field[field] = nullptr;
    }
    using Cell = std::atomic<Node*>;
    static void store(Cell& cell, Handle value) { cell.store(value, std::memory_order_release); }
    struct Lender {};
    static std::uint64_t look(Lender&, Cell& cell) {
        return cell.load(std::memory_order_acquire)->words[0];
    }
};
OURO_BENCH_MAIN(Contestant)
