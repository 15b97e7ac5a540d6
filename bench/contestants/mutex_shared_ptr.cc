// A cell of a mutex and a std::shared_ptr.
#include <mutex>

#include "bench/contestants/std_shared_ptr.h"
#include "bench/main.h"

struct Contestant {
    static constexpr const char* kName = "mutex + shared_ptr";
    using Pointer = ouro::bench::SharedPointer;
    struct Cell {
        std::mutex mutex;
        Pointer::Handle handle;
    };
    static Pointer::Handle make() { return Pointer::make(); }
    static std::uint64_t value(const Pointer::Handle& node) { return Pointer::value(node); }
    static Pointer::Handle load(Cell& cell) {
        std::lock_guard<std::mutex> lock(cell.mutex);
        return cell.handle;
    }
    static void store(Cell& cell, Pointer::Handle value) {
        std::lock_guard<std::mutex> lock(cell.mutex);
        cell.handle.swap(value);
    }
};
OURO_BENCH_MAIN(Contestant)
