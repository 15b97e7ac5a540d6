// The nodes of a graph as managed objects: one trailing field per reference, then the rest of the
// node's size as bytes that nobody reads.
//
//   | Trailing | node index | field 0 | field 1 | ... | bytes up to the size in the file |
//
// No destructor: the ends of objects are seen from outside, by their ids (tools/node_survey.h).
// User code at their end would keep them out of emergency collections and send garbage through the
// collector's batch, and a replay is to show the plain way.
#pragma once

#include <cstdint>

#include "ouro/ouro.h"

namespace ouro::tools {

/// What all nodes have in common; made as one of the types below. Aligned like its fields, so that
/// they begin where it ends.
struct alignas(FieldSlot) NodeObject : Variable {
    static constexpr auto ouro_fields = ouro::fields<>;  // none but the trailing ones

    explicit NodeObject(std::uint32_t index) : node(index) {}

    const std::uint32_t node;  ///< Index into Graph::nodes.
};

/// A node that may be part of a cycle.
struct TrackedNode : NodeObject {
    static constexpr const char* ouro_name = "node";
    using NodeObject::NodeObject;
};

/// A node with references that cannot.
struct AcyclicNode : NodeObject {
    static constexpr const char* ouro_name = "acyclic node";
    using ouro_acyclic = void;
    using NodeObject::NodeObject;
};

/// A node without references.
struct LeafNode : NodeObject {
    static constexpr const char* ouro_name = "leaf node";
    using ouro_leaf = void;
    using NodeObject::NodeObject;
};

/// Bytes of a node without references.
inline constexpr std::size_t kNodeBytesMin = sizeof(NodeObject) + sizeof(Trailing);

static_assert(sizeof(TrackedNode) == sizeof(NodeObject) &&
                  sizeof(AcyclicNode) == sizeof(NodeObject) &&
                  sizeof(LeafNode) == sizeof(NodeObject) &&
                  sizeof(NodeObject) % sizeof(FieldSlot) == 0,
              "the trailing fields start at the same place in all of them");

}  // namespace ouro::tools
