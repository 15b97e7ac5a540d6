// An object graph as constants in read-only memory: made by tools/graph_table.py, which describes
// the bytes.
#pragma once

#include <cstdint>

namespace ouro::testing {

struct GraphTable {
    const char* name;
    std::uint32_t nodes, edges, roots, pins, steps;
    const unsigned char* node_bytes;
    const unsigned char* root_bytes;
    const unsigned char* pin_bytes;
    const unsigned char* step_bytes;
};

/// The one graph of this image.
extern const GraphTable kGraph;

/// Reads a stream of a table from front to back.
class TableReader {
public:
    explicit TableReader(const unsigned char* bytes) : at_(bytes) {}

    std::uint32_t number() {
        std::uint32_t value = 0;
        for (unsigned shift = 0;; shift += 7) {
            const unsigned char byte = *at_++;
            value |= std::uint32_t{byte & 0x7Fu} << shift;
            if (byte < 0x80) return value;
        }
    }
    const char* text() {
        const char* begin = reinterpret_cast<const char*>(at_);
        while (*at_++ != 0) {
        }
        return begin;
    }

private:
    const unsigned char* at_;
};

/// The nodes of a graph, one after the other.
class NodeReader {
public:
    enum class Kind : std::uint8_t { tracked, acyclic, leaf };

    explicit NodeReader(const GraphTable& graph) : bytes_(graph.node_bytes) {}

    /// On to the next node. The targets of the one before must have been read.
    void next() {
        const std::uint32_t packed = bytes_.number();
        size = packed >> 3;
        kind = static_cast<Kind>(packed >> 1 & 3);
        atomic = (packed & 1) != 0;
        references = bytes_.number();
        ++node;
    }
    /// The next target of this node.
    std::uint32_t target() {
        const std::uint32_t folded = bytes_.number();
        const std::uint32_t difference = (folded & 1) != 0 ? ~(folded >> 1) : folded >> 1;
        return node + difference;  // modulo 2^32
    }
    void skip_targets() {
        for (std::uint32_t i = 0; i < references; ++i) bytes_.number();
    }

    std::uint32_t node = ~std::uint32_t{0};  ///< its index
    std::uint32_t size = 0;
    std::uint32_t references = 0;
    Kind kind = Kind::leaf;
    bool atomic = false;

private:
    TableReader bytes_;
};

}  // namespace ouro::testing
