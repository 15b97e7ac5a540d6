#include "tests/support/threads.h"

#include <pthread.h>

#include <barrier>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "tests/support/sanitizer.h"

namespace ouro::testing {

void run_threads(std::size_t count, const std::function<void(std::size_t)>& body) {
    std::barrier barrier(static_cast<std::ptrdiff_t>(count));
    std::vector<std::thread> threads;
    threads.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        threads.emplace_back([&, i] {
            barrier.arrive_and_wait();
            body(i);
        });
    }
    for (std::thread& thread : threads) thread.join();
}

namespace {

void* call(void* body) {
    (*static_cast<const std::function<void()>*>(body))();
    return nullptr;
}

void must(int error, const char* what) {
    if (error == 0) return;
    std::fprintf(stderr, "tests: %s: error %d\n", what, error);
    std::abort();
}

}  // namespace

void run_with_stack(std::size_t bytes, const std::function<void()>& body) {
    pthread_attr_t attributes;
    must(pthread_attr_init(&attributes), "pthread_attr_init");
    const std::size_t stack = kAsan || kTsan ? 4 * bytes : bytes;
    must(pthread_attr_setstacksize(&attributes, stack), "pthread_attr_setstacksize");
    pthread_t thread;
    must(pthread_create(&thread, &attributes, call, const_cast<std::function<void()>*>(&body)),
         "pthread_create");
    must(pthread_attr_destroy(&attributes), "pthread_attr_destroy");
    must(pthread_join(thread, nullptr), "pthread_join");
}

platform::ThreadSettings background_thread() { return {}; }

bool wait_until(const std::function<bool()>& done) {
    constexpr int kLimit = 60'000;  // milliseconds, half of a test's time limit
    for (int i = 0; i < kLimit; ++i) {
        if (done()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return done();
}

}  // namespace ouro::testing
