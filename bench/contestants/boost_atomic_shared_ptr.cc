// boost::atomic_shared_ptr: a spinlock beside a boost::shared_ptr.
#include <boost/smart_ptr/atomic_shared_ptr.hpp>
#include <boost/smart_ptr/make_shared.hpp>
#include <boost/version.hpp>

#include "bench/main.h"

struct Contestant {
    static constexpr const char* kName = "boost::atomic_shared_ptr";
    struct Node {
        std::uint64_t words[6];
    };
    using Pointer = boost::shared_ptr<Node>;
    using Cell = boost::atomic_shared_ptr<Node>;
    static Pointer make() { return boost::make_shared<Node>(); }
    static std::uint64_t value(const Pointer& node) { return node->words[0]; }
    static Pointer load(Cell& cell) { return cell.load(); }
    static void store(Cell& cell, Pointer value) { cell.store(std::move(value)); }
    static std::string note() { return "Boost " BOOST_LIB_VERSION; }
};
OURO_BENCH_MAIN(Contestant)
