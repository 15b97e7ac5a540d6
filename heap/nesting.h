// Ends inside ends: how deep user code that runs at the end of an object is inside other such code.
#pragma once

#include "heap/heap.h"
#include "platform/compiler.h"
#include "platform/context.h"

namespace ouro {

/// One end inside another, or the outermost, which sees to what was put off for nesting too deep.
class Heap::Nested {
public:
    explicit Nested(platform::Context& context) : context_(context) { ++context_.cascade_depth; }
    ~Nested() {
        if (OURO_UNLIKELY(context_.put_off != 0) && is_outermost()) settle_nested(context_);
        --context_.cascade_depth;
    }
    bool is_outermost() const { return context_.cascade_depth == 1; }

private:
    platform::Context& context_;
};

}  // namespace ouro
