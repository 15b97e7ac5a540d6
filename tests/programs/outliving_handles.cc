// A program whose statics and thread-locals hold references when the heap has ended already: the
// heap is a local of main(), or a static that ends before them. Ends with 0 iff everything that was
// made has been destroyed by the very end of the program.
#include <unistd.h>
#include <cstddef>
#include <cstdio>
#include <thread>

#include "ouro/ouro.h"

namespace {

int g_made = 0;
int g_ended = 0;

struct Counted : ouro::WeaklyReferable {
    Counted() { ++g_made; }
    ~Counted() { ++g_ended; }
    ouro::Field<Counted> next;
    static constexpr auto ouro_fields = ouro::fields<&Counted::next>;
};

/// Made first, so it ends last of all statics.
struct Balance {
    ~Balance() {
        if (g_made == g_ended && g_made > 0) return;
        std::fprintf(stderr, "%d objects made, %d ended\n", g_made, g_ended);
        _exit(1);
    }
} g_balance;

alignas(64) std::byte g_region[256 * 1024];
alignas(64) std::byte g_local_region[256 * 1024];

ouro::Ref<Counted> g_handle;          // ends after g_heap
ouro::Weak<Counted> g_weak;           // likewise
ouro::Ref<Counted> g_handle_of_main;  // its heap has ended with main()
thread_local ouro::Ref<Counted> t_handle_of_main;

ouro::ManagedHeap& static_heap() {
    static ouro::ManagedHeap heap(g_region);
    return heap;
}

ouro::Ref<Counted> make_pair(ouro::ManagedHeap& heap) {
    ouro::Ref<Counted> first = heap.make<Counted>();
    first->next = heap.make<Counted>();
    return first;
}

}  // namespace

int main() {
    g_handle = make_pair(static_heap());
    g_weak = g_handle;
    std::thread([] {
        thread_local ouro::Ref<Counted> late;
        late = make_pair(static_heap());
    }).join();
    ouro::ManagedHeap local(g_local_region);
    g_handle_of_main = make_pair(local);
    t_handle_of_main = make_pair(local);
    ouro::Ref<Counted> ring = make_pair(local);
    ring->next->next = ring;
    return 0;
}
