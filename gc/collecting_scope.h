// Marks which context runs a collection: there a nested collect() is a no-op (C2).
#pragma once

#include "platform/atomic.h"
#include "platform/context.h"

namespace ouro {

/// The context on which the collection under way runs its user code, or null.
using CollectingContext = platform::atomic<platform::Context*>;

/// For the time of a collection on this context.
class CollectingScope {
public:
    explicit CollectingScope(CollectingContext& on) : on_(on) {
        // order: relaxed, both; a context looks for itself only, which is one thread.
        on_.store(&platform::current_context(), platform::memory_order_relaxed);
    }
    ~CollectingScope() { on_.store(nullptr, platform::memory_order_relaxed); }
    CollectingScope(const CollectingScope&) = delete;
    CollectingScope& operator=(const CollectingScope&) = delete;

    /// Is it this context?
    static bool is_here(const CollectingContext& on) {
        // order: relaxed; one thread, as above.
        return on.load(platform::memory_order_relaxed) == &platform::current_context();
    }

private:
    CollectingContext& on_;
};

}  // namespace ouro
