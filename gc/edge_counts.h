// How many references to a member were found from inside the set: 14 bits in the header, and a
// table of carries for the few members that have more.
//
// A carry stands for 2^14 fields of the region that hold a reference to one member, 128 KiB of
// fields, so a table of region / 128 KiB entries (and one) can never be full.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/fields.h"
#include "heap/header.h"

namespace ouro {

class EdgeCounts {
public:
    static std::size_t bytes_needed(std::size_t region_bytes) {
        return entries_needed(region_bytes) * sizeof(Entry);
    }
    void init(void* memory, std::size_t region_bytes) {
        entries_ = static_cast<Entry*>(memory);
        capacity_ = entries_needed(region_bytes);
        used_ = 0;
    }

    /// Forgets all carries. The members' own 14 bits are cleared by reset(header).
    void clear() { used_ = 0; }
    static void reset(Header* header) { set_bits(header, 0); }

    void add(Header* header) {
        const std::uint32_t edges = header->load_info().edges();
        if (edges < InfoValue::kEdgesMax) {
            set_bits(header, edges + 1);
            return;
        }
        set_bits(header, 0);
        carry(header);
    }
    /// Are all `count` references to the object accounted for?
    bool explains(const Header* header, std::uint32_t count) const {
        if (header->load_info().edges() != (count & InfoValue::kEdgesMax)) return false;
        if (count <= InfoValue::kEdgesMax && used_ == 0) return true;
        return carries_of(header) == count >> 14;
    }

private:
    struct Entry {
        const Header* header;
        std::uint32_t carries;
    };

    static std::size_t entries_needed(std::size_t region_bytes) {
        return region_bytes / ((InfoValue::kEdgesMax + 1) * sizeof(FieldSlot)) + 1;
    }
    static void set_bits(Header* header, std::uint32_t edges) {
        // order: relaxed, both; the pass owner is the only writer of a claimed object's info.
        const InfoValue info{header->info.load(platform::memory_order_relaxed)};
        header->info.store(info.with_edges(edges).bits, platform::memory_order_relaxed);
    }
    void carry(const Header* header);
    std::uint32_t carries_of(const Header* header) const;

    Entry* entries_ = nullptr;
    std::size_t capacity_ = 0;
    std::size_t used_ = 0;
};

static_assert(InfoValue::kEdgesMax == (1u << 14) - 1);

}  // namespace ouro
