// A readable interleaving: one line per step, with the names of what it touches.
#pragma once

#include <cstdint>
#include <string>

#include "ports/sim/engine.h"

namespace ouro::explore {

class Trace {
public:
    /// For port::sim::Observer::traced; `self` is a Trace.
    static void note(void* self, const port::sim::Operation& operation);
    /// The last line.
    void finish(const char* violation, const void* object);
    const std::string& text() const { return text_; }

private:
    void line(const port::sim::Operation& operation);

    std::string text_;
    unsigned last_thread_ = ~0u;
    std::uint32_t number_ = 0;
};

/// "object 3 .left", "page 2 marks", "window of thread 1", or the address.
std::string name_of(const void* address);

}  // namespace ouro::explore
