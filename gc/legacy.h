// The time in which the garbage beside what a legacy collection has set aside ends.
#pragma once

#include "gc/collector.h"

namespace ouro {

/// While it exists, members of the batch that go through an end by count on this context, or that
/// are weak references and call back, leave the batch. In a heap without legacy finalizers it does
/// nothing. Owned by the context that owns the collection; not nested.
class [[nodiscard]] Collector::LegacyEnd {
public:
    explicit LegacyEnd(Collector& collector);
    ~LegacyEnd();
    LegacyEnd(const LegacyEnd&) = delete;
    LegacyEnd& operator=(const LegacyEnd&) = delete;

private:
    Collector& collector_;
};

}  // namespace ouro
