// A program that counts every call of malloc and its relatives while mutators and the collector are
// at work on a heap. Ends with 0 iff there was none. Given an argument it makes one itself, so that
// a test can see that the count counts.
#include <pthread.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "ouro/ouro.h"

namespace {

/// A number that threads share; all its operations in one order.
class Shared {
public:
    std::uint32_t get() const { return value_.load(ouro::platform::memory_order_acquire); }
    void set(std::uint32_t value) { value_.store(value, ouro::platform::memory_order_release); }
    void add_one() { value_.fetch_add(1, ouro::platform::memory_order_acq_rel); }

private:
    ouro::platform::atomic<std::uint32_t> value_{0};
};

Shared g_counting;
Shared g_calls;

void note_call() {
    if (g_counting.get() != 0) g_calls.add_one();
}

}  // namespace

// The C library's own functions under the names that it keeps for this purpose.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

void* malloc(std::size_t bytes) {
    note_call();
    return __libc_malloc(bytes);
}
void* calloc(std::size_t count, std::size_t bytes) {
    note_call();
    return __libc_calloc(count, bytes);
}
void* realloc(void* old, std::size_t bytes) {
    note_call();
    return __libc_realloc(old, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
    note_call();
    return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** result, std::size_t alignment, std::size_t bytes) {
    note_call();
    *result = __libc_memalign(alignment, bytes);
    return *result != nullptr ? 0 : 12;
}
void free(void* block) {
    if (block != nullptr) note_call();
    __libc_free(block);
}
}

namespace {

struct Node : ouro::WeaklyReferable {
    explicit Node(int number) : id(number) {}
    ~Node() { ended.add_one(); }
    void finalize() { finalized.add_one(); }
    ouro::Field<Node> next;
    ouro::Field<ouro::Object> any;
    int id;
    static constexpr auto ouro_fields = ouro::fields<&Node::next, &Node::any>;
    static inline Shared ended;
    static inline Shared finalized;
};

struct Plain {
    ouro::Field<Plain> next;
};

alignas(64) std::byte g_region[std::size_t{4} << 20];
ouro::ManagedHeap* g_heap = nullptr;
pthread_barrier_t g_barrier;
Shared g_failed;

void require(bool condition, const char* what) {
    if (condition) return;
    std::fprintf(stderr, "no_allocation: %s\n", what);
    g_failed.set(1);
}

void work(int round) {
    ouro::ManagedHeap& heap = *g_heap;
    ouro::Ref<Node> ring = heap.make<Node>(round);
    ring->next = heap.make<Node>(round + 1);
    ring->next->next = ring;
    ring->any = ouro::try_integer(heap.heap(), round * 1'000'003).value();
    ring->next->any = ouro::try_string(heap.heap(), "a text made at run time").value();
    const ouro::Weak<Node> weak(ring);
    require(weak.lock() == ring, "a weak reference is lost");
    ouro::Ref<Plain> list;
    for (int i = 0; i < 20; ++i) {
        ouro::Ref<Plain> node = heap.make<Plain>();
        node->next = std::move(list);
        list = std::move(node);
    }
    (void)ouro::try_intern(heap.heap(), "name");
    if (round % 50 == 0) heap.collector().step(100);
    if (round % 97 == 0) heap.collect();
    if (round % 31 == 0) (void)heap.statistics();
    require(ouro::refcount(ring) == 2, "a count is wrong");
}

/// More than the region holds: the last requests force collections on this thread.
void run_out_of_memory() {
    ouro::Ref<Plain> list;
    for (;;) {
        auto made = g_heap->try_make<Plain>();
        if (!made) break;
        ouro::Ref<Plain> node = std::move(made).value();
        node->next = std::move(list);
        list = std::move(node);
    }
}

void* mutator(void*) {
    work(0);  // what a thread needs once, the C library may take from malloc
    pthread_barrier_wait(&g_barrier);
    pthread_barrier_wait(&g_barrier);
    for (int round = 1; round < 1000; ++round) work(round);
    pthread_barrier_wait(&g_barrier);
    pthread_barrier_wait(&g_barrier);
    return nullptr;
}

}  // namespace

int main(int count, char**) {
    ouro::ManagedHeap heap(g_region);
    g_heap = &heap;
    pthread_barrier_init(&g_barrier, nullptr, 3);
    pthread_t threads[2];
    for (pthread_t& thread : threads) pthread_create(&thread, nullptr, mutator, nullptr);
    pthread_barrier_wait(&g_barrier);
    g_counting.set(1);
    if (count > 1) {
        void* volatile planted = std::malloc(100);
        std::free(planted);
    }
    pthread_barrier_wait(&g_barrier);
    pthread_barrier_wait(&g_barrier);
    run_out_of_memory();
    heap.collect();
    require(!heap.collector().verify(), "the heap is broken");
    g_counting.set(0);
    pthread_barrier_wait(&g_barrier);
    for (const pthread_t thread : threads) pthread_join(thread, nullptr);
    require(Node::ended.get() == 4000 && Node::finalized.get() == 4000, "nodes are missing");
    require(heap.statistics().reclaimed_by_collector > 0, "the collector had nothing to do");
    require(heap.statistics().emergency_collections > 0, "memory was never short");
    if (g_failed.get() != 0) return 2;
    std::printf("%u calls of malloc and free\n", g_calls.get());
    return g_calls.get() == 0 ? 0 : 1;
}
