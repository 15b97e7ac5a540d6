// Who is told of the start and the stop of collections.
#include "gc/collector.h"

namespace ouro {

void Collector::announce(CollectPhase phase, const CollectResult& result, bool automatic) {
    const std::size_t collected = result.unreachable - result.uncollectable;
    const CollectInfo info{phase, collected, result.uncollectable, automatic};
    for (std::uint32_t i = 0; i < kCallbacksMax; ++i) {
        Listener listener;
        {
            platform::LockGuard guard(collection_lock_);
            listener = listeners_[i];
        }
        if (listener.callback == nullptr) return;
        listener.callback(listener.self, info);
    }
}

bool Collector::add_callback(Callback callback, void* self) {
    platform::LockGuard guard(collection_lock_);
    for (Listener& listener : listeners_) {
        if (listener.callback != nullptr) continue;
        listener = {callback, self};
        return true;
    }
    return false;
}

bool Collector::remove_callback(Callback callback, void* self) {
    platform::LockGuard guard(collection_lock_);
    bool found = false;
    for (std::uint32_t i = 0; i < kCallbacksMax; ++i) {
        found = found || listeners_[i] == Listener{callback, self};
        if (found) listeners_[i] = i + 1 < kCallbacksMax ? listeners_[i + 1] : Listener{};
    }
    return found;
}

}  // namespace ouro
