// Durations in buckets that are at most 1/32 wide, so that a percentile is right within 3 %.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace ouro::bench {

class Histogram {
public:
    void add(std::uint64_t ns) {
        ++buckets_[bucket_of(ns)];
        ++count_;
        sum_ += ns;
        longest_ = std::max(longest_, ns);
        if (ns > kLong) sum_of_long_ += ns;
    }

    /// The least duration (its bucket's upper end, never above the longest) that `share` of all do
    /// not exceed. 0 while there is none.
    std::uint64_t percentile(double share) const {
        const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(count_));
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < kBuckets; ++i) {
            seen += buckets_[i];
            if (seen > wanted) return std::min(upper_end(i), longest_);
        }
        return longest_;
    }
    std::uint64_t count() const { return count_; }
    std::uint64_t sum() const { return sum_; }
    std::uint64_t longest() const { return longest_; }
    /// Sum of the durations above one millisecond.
    std::uint64_t sum_of_long() const { return sum_of_long_; }

private:
    static constexpr std::uint64_t kLong = 1'000'000;
    static constexpr unsigned kBits = 5;
    static constexpr std::size_t kParts = std::size_t{1} << kBits;
    static constexpr std::size_t kBuckets = (64 - kBits + 1) * kParts;

    static std::size_t bucket_of(std::uint64_t ns) {
        if (ns < kParts) return ns;
        const auto shift = static_cast<unsigned>(std::bit_width(ns)) - kBits - 1;
        return (shift + 1) * kParts + ((ns >> shift) - kParts);
    }
    static std::uint64_t upper_end(std::size_t bucket) {
        if (bucket < kParts) return bucket;
        const std::size_t shift = bucket / kParts - 1;
        return ((bucket % kParts + kParts + 1) << shift) - 1;
    }

    std::array<std::uint64_t, kBuckets> buckets_{};
    std::uint64_t count_ = 0;
    std::uint64_t sum_ = 0;
    std::uint64_t longest_ = 0;
    std::uint64_t sum_of_long_ = 0;
};

}  // namespace ouro::bench
