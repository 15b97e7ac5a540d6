// What a thread did last, for the evidence: a ring of entries, written by its thread alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "stress/shadow.h"

namespace ouro::stress {

class Log {
public:
    struct Entry {
        std::uint64_t time_ns = 0;   ///< when the operation began in which this happened
        const char* what = nullptr;  ///< static text
        Serial first = 0;            ///< the objects concerned
        Serial second = 0;
    };
    static constexpr std::size_t kEntries = 512;

    void at(std::uint64_t time_ns) { now_ns_ = time_ns; }
    void note(const char* what, Serial first = 0, Serial second = 0) {
        entries_[count_++ % kEntries] = {now_ns_, what, first, second};
    }
    /// Calls visit(entry) from the oldest entry to the newest, at most `last` of them.
    template <class V>
    void for_each(V&& visit, std::size_t last = kEntries) const {
        const std::size_t kept = count_ < kEntries ? count_ : kEntries;
        const std::size_t first = count_ - (last < kept ? last : kept);
        for (std::size_t i = first; i < count_; ++i) visit(entries_[i % kEntries]);
    }

private:
    std::array<Entry, kEntries> entries_;
    std::size_t count_ = 0;
    std::uint64_t now_ns_ = 0;
};

}  // namespace ouro::stress
