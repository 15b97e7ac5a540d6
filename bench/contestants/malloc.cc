// Blocks from malloc: glibc's, or that of the library that this program is linked with.
#include <dlfcn.h>

#include <cstdlib>

#include "bench/main.h"

struct Contestant {
    static constexpr const char* kName = OURO_BENCH_NAME;
    using Block = char*;
    static Block allocate(std::size_t bytes) {
        char* block = static_cast<char*>(std::malloc(bytes));
        block[0] = block[bytes - 1] = 1;
        return block;
    }
    static void free(Block& block) { std::free(block); }
    /// The library that malloc comes from: the driver checks that it is the one that is meant.
    static std::string note() {
        Dl_info info{};
        dladdr(reinterpret_cast<void*>(&std::malloc), &info);
        return info.dli_fname == nullptr ? "" : info.dli_fname;
    }
};
OURO_BENCH_MAIN(Contestant)
