// std::shared_ptr: what the contestants with cells of shared_ptr have in common.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

namespace ouro::bench {

struct SharedPointer {
    struct Node {
        std::shared_ptr<Node> field[3];
    };
    using Handle = std::shared_ptr<Node>;
    static Handle make() { return std::make_shared<Node>(); }
    static void set(const Handle& node, int field, Handle value) {
        node->field[field] = std::move(value);
    }
    static void clear(const Handle& node, int field) { node->field[field].reset(); }
    static Handle get(const Handle& node, int field) { return node->field[field]; }
    static std::uint64_t value(const Handle& node) { return node->field[0] != nullptr; }
};

}  // namespace ouro::bench
