// Finalizer: calls a function when an object dies, or when the heap ends.
#pragma once

#include <cstdint>

#include "heap/error.h"
#include "heap/finalizer_list.h"
#include "heap/make.h"
#include "heap/weak_reference.h"

namespace ouro {

/// A function that is called at most once: when the target dies, by call(), or, unless told not to,
/// at the end of the heap. Made by try_finalize(). The heap keeps it alive until then (a counted
/// reference), with its argument, so that nobody needs to keep a handle; afterwards the argument is
/// let go. An argument that leads to the target keeps the target alive until the end of the heap.
///
/// When the target dies the function runs as the callback of a weak reference does, on the same
/// context, in the same order: the newest first, after the target's own finalizer if it dies by
/// count, before it if by collection. At exit (~ManagedHeap) it runs the newest first, before the
/// last collection. No lock of the heap is held. Whoever comes first decides: of any number of
/// contexts that call, detach or end the target at once, one succeeds.
///
/// Threads: any, all functions. Time: O(1) and the function called. Semantics: Python's
/// weakref.finalize.
class Finalizer : public WeakReference {
public:
    /// The result is what call() returns; nobody sees it otherwise. It may be null.
    using Function = Ref<Object> (*)(const Ref<Object>& argument);

    /// What is to be called about what; all null when the finalizer is not alive.
    struct Registration {
        Ref<Object> target;
        Function function = nullptr;
        Ref<Object> argument;
        explicit operator bool() const { return function != nullptr; }
    };

    /// Use try_finalize().
    Finalizer(const Ref<Object>& target, Function function, const Ref<Object>& argument)
        : WeakReference(target, &Finalizer::target_died),
          argument_(argument),
          function_(function),
          function_check_(function) {}

    /// Calls the function now and returns its result; null when the finalizer is not alive.
    Ref<Object> call();
    /// The function will not be called. Says what it would have been; false when the finalizer is
    /// not alive or its target is dead.
    Registration detach();
    /// What detach() would return.
    Registration peek() const;
    /// Has the function neither been called nor detached? Only a moment's truth.
    bool alive() const {
        // order: acquire; pairs with claim(): who sees false sees what came before it.
        return alive_.load(platform::memory_order_acquire) != 0;
    }

    /// Does the function run at the end of the heap if the target lives until then? At first true.
    bool at_exit() const {
        // order: relaxed; a setting.
        return at_exit_.load(platform::memory_order_relaxed) != 0;
    }
    void set_at_exit(bool on) {
        // order: relaxed; a setting.
        at_exit_.store(on ? 1 : 0, platform::memory_order_relaxed);
    }

private:
    friend class FinalizerList;
    static void target_died(WeakReference& self);
    /// Decides the end: true for one context, once. That one takes it off the list.
    bool claim() {
        // order: acq_rel; the one that succeeds continues what the maker wrote.
        return alive_.exchange(0, platform::memory_order_acq_rel) != 0;
    }
    bool end(Ref<Object>& argument);

    Field<Object> argument_;
    const Function function_;
    const CodeCheck function_check_;
    bool chosen_ = false;  ///< at exit, under the weak lock: it is to run
    platform::atomic<std::uint32_t> alive_{1};
    platform::atomic<std::uint32_t> at_exit_{1};
    Finalizer* next_ = nullptr;    ///< on the list; these two under the weak lock
    Finalizer** place_ = nullptr;  ///< the pointer that leads here

public:
    static constexpr const char* ouro_name = "Finalizer";
    static constexpr auto ouro_fields = fields<&Finalizer::argument_>;
};

/// Has function(argument) called when `target` dies, at the latest at the end of the target's heap.
/// Fails like try_make; with wrong_type for a null target or function, not_supported when the
/// target's type is not weakly referable, shut_down when the finalizers at exit have run.
Result<Ref<Finalizer>> try_finalize(const Ref<Object>& target, Finalizer::Function function,
                                    const Ref<Object>& argument = {});

}  // namespace ouro
