// How long collect() waits for another context's collection.
#pragma once

#include "gc/collector.h"

namespace ouro {

/// Tells when another context's collection has done nothing for too long.
class Collector::Stall {
public:
    /// Is it so? Called again and again while waiting.
    bool lasts(Collector& collector) {
        const std::uint64_t now = platform::clock_ns();
        const std::size_t progress = collector.progress();
        if (progress == 0 || progress != progress_) {
            progress_ = progress;
            since_ns_ = now;
            looks_ = 0;
        }
        const std::uint64_t patience = collector.config_.collect_patience_ns;
        return patience != 0 && ++looks_ > kLooksMin && now - since_ns_ >= patience;
    }

private:
    static constexpr unsigned kLooksMin = 64;  // whatever the clock says

    std::size_t progress_ = 0;
    std::uint64_t since_ns_ = 0;
    unsigned looks_ = 0;
};

}  // namespace ouro
