// Goal: a port that lacks an operation, or offers one without an explicit order, is recognized.
// Method: the concepts on types that miss one thing each; all decided by the compiler.
#include "platform/port_concept.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "platform/port.h"

namespace ouro::platform {
namespace {

using Order = std::memory_order;
using U32 = std::uint32_t;

struct WithoutExchange {
    U32 load(Order) const;
    void store(U32, Order);
    U32 fetch_add(U32, Order);
    U32 fetch_sub(U32, Order);
    U32 fetch_or(U32, Order);
    U32 fetch_and(U32, Order);
    bool compare_exchange(U32&, U32, Order, Order);
};
struct Complete : WithoutExchange {
    U32 exchange(U32, Order);
};
struct LoadIsNotConst : Complete {
    U32 load(Order);
};
struct WithoutOrder : Complete {
    U32 fetch_add(U32);
};
struct CompareReturnsNothing : Complete {
    void compare_exchange(U32&, U32, Order, Order);
};

static_assert(PortAtomic<Complete, U32>);
static_assert(!PortAtomic<WithoutExchange, U32>);
static_assert(!PortAtomic<LoadIsNotConst, U32>);
static_assert(!PortAtomic<WithoutOrder, U32>);
static_assert(!PortAtomic<CompareReturnsNothing, U32>);
static_assert(!PortAtomic<int, U32>);

struct AddsMasked : Complete {
    U32 fetch_add_masked(U32, U32, U32, Order);
};
struct AddsMaskedInSteps : Complete {
    void fetch_add_masked(U32, U32, U32, Order);
};
static_assert(PortMaskedAdd<AddsMasked, U32>);
static_assert(!PortMaskedAdd<AddsMaskedInSteps, U32>);
static_assert(!PortMaskedAdd<Complete, U32>);

struct ThreadWithoutSettings {
    bool start(void (*)(void*), void*);
    void join();
};
struct CompleteThread {
    bool start(void (*)(void*), void*, const ThreadSettings& = {});
    void join();
};
static_assert(PortThread<CompleteThread>);
static_assert(!PortThread<ThreadWithoutSettings>);

struct MutexWithoutTry {
    void lock();
    void unlock();
};
struct CompleteMutex : MutexWithoutTry {
    bool try_lock();
};
static_assert(PortMutex<CompleteMutex>);
static_assert(!PortMutex<MutexWithoutTry>);

struct EventWithoutTimeout {
    void set();
    bool wait();
};
struct CompleteEvent {
    void set();
    bool wait(std::uint64_t);
};
static_assert(PortEvent<CompleteEvent>);
static_assert(!PortEvent<EventWithoutTimeout>);

TEST(PortConcept, the_port_of_this_build_offers_what_is_asked) {
    EXPECT_TRUE((PortAtomic<port::atomic<std::uint32_t>, std::uint32_t>));
    EXPECT_TRUE((PortAtomic<port::atomic<std::uintptr_t>, std::uintptr_t>));
    EXPECT_TRUE((PortMaskedAdd<port::atomic<std::uint32_t>, std::uint32_t>));
    EXPECT_TRUE(PortMutex<port::Mutex>);
    EXPECT_TRUE(PortEvent<port::Event>);
    EXPECT_TRUE(PortThread<port::Thread>);
    EXPECT_TRUE(port::kWordBits == 32 || port::kWordBits == 64);
}

}  // namespace
}  // namespace ouro::platform
