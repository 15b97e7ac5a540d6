#include "tests/support/region.h"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>

namespace ouro::testing {

Region::Region(std::size_t bytes) : bytes_(bytes) {
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        std::perror("tests: mmap");
        std::abort();
    }
    memory_ = static_cast<std::byte*>(memory);
}

Region::~Region() { unmap(); }

void Region::unmap() {
    if (memory_ != nullptr) munmap(memory_, bytes_);
    memory_ = nullptr;
}

}  // namespace ouro::testing
