// boost::intrusive_ptr with Boost's own atomic counter in the node.
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <boost/version.hpp>

#include "bench/main.h"

struct Contestant {
    static constexpr const char* kName = "boost::intrusive_ptr";
    static constexpr bool kThreads = true;
    static constexpr bool kCounted = true;
    struct Node : boost::intrusive_ref_counter<Node, boost::thread_safe_counter> {
        boost::intrusive_ptr<Node> field[3];
        std::uint64_t words[2] = {};
    };
    static_assert(sizeof(Node) == 48);
    using Handle = boost::intrusive_ptr<Node>;
    static Handle make() { return Handle(new Node); }
    static void set(const Handle& node, int field, Handle value) {
        node->field[field] = std::move(value);
    }
    static void clear(const Handle& node, int field) { node->field[field].reset(); }
    static Handle get(const Handle& node, int field) { return node->field[field]; }
    static std::string note() { return "Boost " BOOST_LIB_VERSION; }
};
OURO_BENCH_MAIN(Contestant)
