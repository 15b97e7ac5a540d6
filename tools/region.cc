#include "tools/region.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace ouro::tools {

absl::StatusOr<MappedRegion> MappedRegion::create(std::size_t bytes) {
    if (bytes == 0) return MappedRegion({});
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        return absl::ResourceExhaustedError(
            absl::StrCat("cannot map ", bytes, " bytes: ", std::strerror(errno)));
    }
    return MappedRegion({static_cast<std::byte*>(memory), bytes});
}

MappedRegion::~MappedRegion() {
    if (!bytes_.empty()) munmap(bytes_.data(), bytes_.size());
}

}  // namespace ouro::tools
