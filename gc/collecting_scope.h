// Marks that this context runs a collection: a nested collect() is a no-op (C2).
#pragma once

#include "platform/context.h"

namespace ouro {

/// For the time of a collection on this context.
class CollectingScope {
public:
    CollectingScope() : context_(platform::current_context()) { ++context_.collecting_depth; }
    ~CollectingScope() { --context_.collecting_depth; }
    CollectingScope(const CollectingScope&) = delete;
    CollectingScope& operator=(const CollectingScope&) = delete;

private:
    platform::Context& context_;
};

}  // namespace ouro
