// The finalizers of a heap that have not run: who keeps them alive, and their order at exit.
#pragma once

#include "heap/ref.h"

namespace ouro {

class Finalizer;
class Heap;

/// A list through the finalizers themselves, the newest first. It owns one counted reference to
/// each, which passes to whoever decides that finalizer's end. Threads: any.
class FinalizerList {
public:
    /// Enters a new finalizer. False: the finalizers at exit have run, it would never.
    bool add(Heap& heap, const Ref<Finalizer>& finalizer);
    /// Takes a finalizer out whose end the caller has decided; once. Time: O(1).
    Ref<Finalizer> remove(Heap& heap, Finalizer& finalizer);
    /// Runs all that are to run at exit, the newest first: chosen when it begins, and again when
    /// others are made meanwhile; forgets the rest. From then on none can be made.
    /// Time: O(finalizers), and what they do. Runs user code.
    void run_at_exit(Heap& heap);
    /// verify(): is the list one of finalizers of this heap, each of which knows what leads to it?
    /// The objects are sound.
    bool is_sound(Heap& heap) const;

private:
    Ref<Finalizer> take_next(Heap& heap, bool only_at_exit);
    void link(Finalizer& finalizer);
    void unlink(Finalizer& finalizer);

    Finalizer* newest_ = nullptr;  ///< all of the list: under the heap's weak lock
    Finalizer** at_ = nullptr;     ///< at exit: the pointer that leads to the next one to be asked
    bool made_since_ = false;      ///< at exit: some were made since the choice
    bool closed_ = false;
};

}  // namespace ouro
