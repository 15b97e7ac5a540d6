#include "tools/heap_graph.h"

#include <algorithm>
#include <utility>

#include "tools/graph_model.h"

namespace ouro::tools {

namespace {

constexpr std::uint32_t kProgressNodes = 65'536;

std::size_t bytes_of_fields(const Graph& graph, std::uint32_t node) {
    return graph.targets_of(node).size() * sizeof(FieldSlot);
}

/// Reports at the first node of every kProgressNodes.
void report(const HeapGraph::ProgressCallback& progress, std::uint32_t node, std::uint64_t done,
            std::uint64_t total) {
    if (progress && node % kProgressNodes == 0) progress(done, total);
}

template <class T>
Result<Ref<NodeObject>> make_as(Heap& heap, Trailing trailing, std::uint32_t node) {
    auto made = try_make_variable<T>(heap, trailing, node);
    if (!made) return made.error();
    return Ref<NodeObject>(std::move(made).value());
}

}  // namespace

NodeKind kind_of(const Graph& graph, std::uint32_t node) {
    const auto refers_to_something = [&](std::uint32_t target) {
        return !graph.targets_of(target).empty();
    };
    const std::span<const std::uint32_t> targets = graph.targets_of(node);
    if (!graph.nodes[node].atomic || std::ranges::any_of(targets, refers_to_something)) {
        return NodeKind::kTracked;
    }
    return targets.empty() ? NodeKind::kLeaf : NodeKind::kAcyclic;
}

std::size_t payload_bytes(const Graph& graph, std::uint32_t node) {
    return std::max<std::size_t>(graph.nodes[node].size,
                                 kNodeBytesMin + bytes_of_fields(graph, node));
}

std::size_t region_bytes_for(const Graph& graph) {
    constexpr std::size_t kPerObject = 64;  // header, red zone, the smallest cell
    constexpr std::size_t kTables = std::size_t{4} << 20;
    std::size_t objects = 0;
    for (std::uint32_t node = 0; node < graph.nodes.size(); ++node) {
        objects += payload_bytes(graph, node) + kPerObject;
    }
    // Half as much again: rounding to cells and pages, the records of the pages.
    return kTables + objects + objects / 2;
}

Result<HeapGraph::Handle> HeapGraph::make_node(std::uint32_t node) {
    Trailing trailing;
    trailing.field_count = static_cast<std::uint32_t>(graph_.targets_of(node).size());
    trailing.byte_count = static_cast<std::uint32_t>(payload_bytes(graph_, node) - kNodeBytesMin -
                                                     bytes_of_fields(graph_, node));
    switch (kind_of(graph_, node)) {
        case NodeKind::kLeaf: return make_as<LeafNode>(heap_, trailing, node);
        case NodeKind::kAcyclic: return make_as<AcyclicNode>(heap_, trailing, node);
        case NodeKind::kTracked: break;
    }
    return make_as<TrackedNode>(heap_, trailing, node);
}

void HeapGraph::link(const std::vector<Handle>& handles, std::uint32_t node,
                     OperationTimes& times) {
    Field<NodeObject>* fields = trailing_fields<NodeObject>(handles[node].get());
    for (const std::uint32_t target : graph_.targets_of(node)) {
        timed(times.store_ns, [&] { fields++->store(handles[target]); });
    }
}

std::optional<LoadFailure> HeapGraph::load(OperationTimes& times,
                                           const ProgressCallback& progress) {
    const auto count = static_cast<std::uint32_t>(graph_.nodes.size());
    const std::uint64_t total = 2 * std::uint64_t{count};
    std::vector<Handle> handles;
    handles.reserve(count);
    ids_.reserve(count);
    for (std::uint32_t node = 0; node < count; ++node) {
        report(progress, node, node, total);
        auto made = timed(times.make_ns, [&] { return make_node(node); });
        if (!made) {
            return LoadFailure{made.error(), node, payload_bytes(graph_, node), heap_.statistics()};
        }
        ids_.push_back(id(*made));
        handles.push_back(std::move(*made));
    }
    for (std::uint32_t node = 0; node < count; ++node) {
        report(progress, node, std::uint64_t{count} + node, total);
        link(handles, node, times);
    }
    for (const Root& root : graph_.roots) roots_.push_back(handles[root.node]);
    for (const std::uint32_t pin : graph_.pins) pins_.push_back(handles[pin]);
    const std::vector<std::uint32_t> references = initial_reference_counts(graph_);
    for (std::uint32_t node = 0; node < count; ++node) {
        if (references[node] == 0) held_.push_back(handles[node]);
        timed(times.release_ns, [&] { handles[node].reset(); });
    }
    if (progress) progress(total, total);
    return std::nullopt;
}

Ref<NodeObject> HeapGraph::give_up(std::uint32_t root, OperationTimes& times) {
    Handle last = roots_[root];
    timed(times.release_ns, [&] { roots_[root].reset(); });
    return last;
}

std::size_t HeapGraph::count_reachable() const {
    std::vector<bool> reached(graph_.nodes.size());
    std::vector<const NodeObject*> queue;
    const auto reach = [&](const NodeObject* object) {
        if (object == nullptr || reached[object->node]) return;
        reached[object->node] = true;
        queue.push_back(object);
    };
    for (const Handle& root : roots_) reach(root.get());
    for (const Handle& pin : pins_) reach(pin.get());
    for (std::size_t next = 0; next < queue.size(); ++next) {
        const auto* slots = reinterpret_cast<const FieldSlot*>(
            trailing_fields<NodeObject>(const_cast<NodeObject*>(queue[next])));
        for (std::uint32_t i = 0; i < trailing_of(queue[next]).field_count; ++i) {
            // order: acquire; pairs with the store. Not counted: nobody else changes the graph.
            const std::uintptr_t bits = slots[i].load(platform::memory_order_acquire);
            reach(reinterpret_cast<const NodeObject*>(bits));
        }
    }
    return queue.size();
}

void HeapGraph::release_all() {
    roots_.clear();
    pins_.clear();
    held_.clear();
}

}  // namespace ouro::tools
