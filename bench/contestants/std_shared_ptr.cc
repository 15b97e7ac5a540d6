// std::shared_ptr; its cell is std::atomic<std::shared_ptr>.
#include "bench/contestants/std_shared_ptr.h"

#include <atomic>

#include "bench/main.h"

struct Contestant : ouro::bench::SharedPointer {
    static constexpr const char* kName = "std::shared_ptr";
    static constexpr bool kThreads = true;
    static constexpr bool kCounted = true;
    using Cell = std::atomic<Handle>;
    static Handle load(Cell& cell) { return cell.load(); }
    static void store(Cell& cell, Handle value) { cell.store(std::move(value)); }
};
OURO_BENCH_MAIN(Contestant)
