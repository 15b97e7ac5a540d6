// Fuzz target: the graph parser, compressed or not. Refusals name the line; acceptances satisfy the
// invariants of tools/graph_file.h.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tools/graph_file.h"

namespace ouro::tools {
namespace {

void require(bool condition, const char* what) {
    if (condition) return;
    std::fprintf(stderr, "fuzz: %s\n", what);
    std::abort();
}

void check(const Graph& graph) {
    const std::size_t nodes = graph.nodes.size();
    require(graph.edge_begin.size() == nodes + 1, "F1: edge_begin");
    require(graph.edge_begin.front() == 0 && graph.edge_begin.back() == graph.targets.size(),
            "F1: ends of edge_begin");
    for (std::size_t i = 0; i < nodes; ++i)
        require(graph.edge_begin[i] <= graph.edge_begin[i + 1], "F1: edge_begin falls");
    for (const auto target : graph.targets) require(target < nodes, "F1: target");
    for (const auto& node : graph.nodes)
        require(node.type_index < graph.type_names.size(), "F2: type index");
}

}  // namespace
}  // namespace ouro::tools

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto graph =
        ouro::tools::parse_graph({reinterpret_cast<const char*>(data), size}, "input");
    if (graph.ok()) {
        ouro::tools::check(*graph);
    } else {
        ouro::tools::require(!graph.status().message().empty(), "a refusal without a reason");
    }
    return 0;
}
