// A: blocks of 16 to 256 bytes, sizes and order drawn before. Nanoseconds of processor time for one
// allocation with its free.
//
//   replace    a random one of 1024 blocks is freed and a new one put in its place
//   two        the same by two threads, 1024 blocks each
//   lifo       64 blocks are allocated and freed in reverse order, again and again
//   pass       one thread allocates, another frees: both threads' time, the ring's included
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "bench/contestant.h"
#include "bench/harness/random.h"
#include "bench/harness/report.h"
#include "bench/harness/scale.h"
#include "bench/harness/threads.h"

namespace ouro::bench {

struct Request {
    std::uint16_t slot;
    std::uint16_t bytes;
};

inline constexpr std::uint32_t kSlots = 1024;

inline std::vector<Request> draw_requests(std::uint64_t seed) {
    Random random(seed);
    std::vector<Request> requests(1 << 14);
    for (Request& request : requests) {
        request.slot = static_cast<std::uint16_t>(random.below(kSlots));
        request.bytes = static_cast<std::uint16_t>(16 + random.below(241));
    }
    return requests;
}

template <class C, unsigned kCount>
void replace_blocks(Scale scale, Report& report) {
    begin<C>();
    const std::size_t rounds = scaled(scale, 500);
    std::size_t made = 0;
    const Together together = run_together<C>(kCount, kCount > 1, [&](unsigned index) {
        const std::vector<Request> requests = draw_requests(index + 1);
        std::vector<typename C::Block> blocks(kSlots);
        for (auto& block : blocks) block = C::allocate(64);
        for (std::size_t round = 0; round < rounds; ++round) {
            for (const Request& request : requests) {
                C::free(blocks[request.slot]);
                blocks[request.slot] = C::allocate(request.bytes);
            }
        }
        for (auto& block : blocks) C::free(block);
        if (index == 0) made = rounds * requests.size();
    });
    report.add("operations", static_cast<double>(made * kCount));
    report.add("ns", static_cast<double>(together.sum()) / static_cast<double>(made * kCount));
    report.add("parallel", together.parallel());
    if constexpr (requires { C::parked_share(); }) report.add("parked_share", C::parked_share());
}

template <class C>
void stack_blocks(Scale scale, Report& report) {
    begin<C>();
    const std::size_t rounds = scaled(scale, 500);
    std::size_t made = 0;
    const Together together = run_together<C>(1, false, [&](unsigned) {
        const std::vector<Request> requests = draw_requests(1);
        std::array<typename C::Block, 64> blocks{};
        for (std::size_t round = 0; round < rounds; ++round) {
            for (std::size_t i = 0; i + blocks.size() <= requests.size(); i += blocks.size()) {
                for (std::size_t k = 0; k < blocks.size(); ++k)
                    blocks[k] = C::allocate(requests[i + k].bytes);
                for (std::size_t k = blocks.size(); k-- > 0;) C::free(blocks[k]);
            }
        }
        made = rounds * requests.size();
    });
    report.add("operations", static_cast<double>(made));
    report.add("ns", static_cast<double>(together.sum()) / static_cast<double>(made));
}

/// A ring between one producer and one consumer. Either tells the other of its work in portions,
/// and asks for the other's only when it must: the ring is to cost little beside what is measured.
template <class T>
class Ring {
public:
    void push(T value) {
        wait([&] { return pushed_ - producer_sees_ != kSize; }, producer_sees_, popped_);
        items_[pushed_ % kSize] = std::move(value);
        if (++pushed_ % kPortion == 0) publish();
    }
    void publish() { published_.store(pushed_, std::memory_order_release); }
    T pop() {
        wait([&] { return taken_ != consumer_sees_; }, consumer_sees_, published_);
        T value = std::move(items_[taken_ % kSize]);
        if (++taken_ % kPortion == 0) popped_.store(taken_, std::memory_order_release);
        return value;
    }

private:
    /// Looks often, then sleeps: waiting is to cost little processor time.
    template <class P>
    static void wait(P&& ready, std::size_t& seen, const std::atomic<std::size_t>& other) {
        for (int i = 0; !ready(); ++i) {
            seen = other.load(std::memory_order_acquire);
            if (i > 500) std::this_thread::sleep_for(std::chrono::microseconds(20));
        }
    }

    static constexpr std::size_t kSize = 4096;
    static constexpr std::size_t kPortion = 64;
    alignas(64) std::atomic<std::size_t> published_{0};
    alignas(64) std::atomic<std::size_t> popped_{0};
    alignas(64) std::size_t pushed_ = 0;  // the producer's
    std::size_t producer_sees_ = 0;
    alignas(64) std::size_t taken_ = 0;  // the consumer's
    std::size_t consumer_sees_ = 0;
    alignas(64) std::array<T, kSize> items_{};
};

template <class C>
void pass_blocks(Scale scale, Report& report) {
    begin<C>();
    const std::size_t count = scaled(scale, 3'000'000);
    static Ring<typename C::Block> ring;
    const Together together = run_together<C>(2, true, [&](unsigned index) {
        if (index == 0) {
            const std::vector<Request> requests = draw_requests(1);
            for (std::size_t i = 0; i < count; ++i)
                ring.push(C::allocate(requests[i % requests.size()].bytes));
            ring.publish();
        } else {
            for (std::size_t i = 0; i < count; ++i) {
                typename C::Block block = ring.pop();
                C::free(block);
            }
        }
    });
    report.add("operations", static_cast<double>(count));
    report.add("ns", static_cast<double>(together.sum()) / static_cast<double>(count));
    report.add("wall_ns", static_cast<double>(together.wall) / static_cast<double>(count));
    report.add("parallel", together.parallel());
}

}  // namespace ouro::bench
