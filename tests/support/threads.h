// Threads of tests: started together, or with a stack of a chosen size.
#pragma once

#include <cstddef>
#include <functional>

#include "platform/thread_settings.h"

namespace ouro::testing {

/// Runs body(0) .. body(count - 1) on threads of their own that pass one barrier first, and waits
/// for their ends.
void run_threads(std::size_t count, const std::function<void(std::size_t)>& body);

/// Runs body on a thread with a stack of `bytes` and waits for its end. Checkers of the build take
/// stack of their own, so their builds get four times as much.
void run_with_stack(std::size_t bytes, const std::function<void()>& body);

/// What the collector's thread is made with: a stack and a priority on machines that want them.
platform::ThreadSettings background_thread();

/// Waits until done() or a limit that only a hang reaches: true iff done() was met. For work that
/// another thread does by itself.
bool wait_until(const std::function<bool()>& done);

}  // namespace ouro::testing
