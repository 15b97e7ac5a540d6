// The resident memory of this process, as Linux counts it.
#pragma once

#include <cstdio>

#include <cstddef>
#include <cstring>

namespace ouro::bench {

/// A line "Name:   123 kB" of /proc/self/status, in bytes; 0 if there is none.
inline std::size_t status_bytes(const char* name) {
    std::FILE* file = std::fopen("/proc/self/status", "r");
    if (file == nullptr) return 0;
    char line[256];
    unsigned long long kilobytes = 0;
    while (std::fgets(line, sizeof line, file) != nullptr) {
        if (std::strncmp(line, name, std::strlen(name)) == 0)
            std::sscanf(line + std::strlen(name), ": %llu", &kilobytes);
    }
    std::fclose(file);
    return static_cast<std::size_t>(kilobytes) * 1024;
}

inline std::size_t resident_bytes() { return status_bytes("VmRSS"); }
/// The most since the start, or since reset_peak_resident().
inline std::size_t peak_resident_bytes() { return status_bytes("VmHWM"); }
/// Sets the peak back to what is resident now. Without the right to, the peak stays.
inline void reset_peak_resident() {
    std::FILE* file = std::fopen("/proc/self/clear_refs", "w");
    if (file == nullptr) return;
    std::fputs("5", file);
    std::fclose(file);
}

}  // namespace ouro::bench
