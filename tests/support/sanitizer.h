// Which checker watches this build, for tests about the checkers and for sizes that they can bear.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define OURO_TEST_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OURO_TEST_ASAN 1
#endif
#endif
#ifndef OURO_TEST_ASAN
#define OURO_TEST_ASAN 0
#endif

#if defined(__SANITIZE_THREAD__)
#define OURO_TEST_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define OURO_TEST_TSAN 1
#endif
#endif
#ifndef OURO_TEST_TSAN
#define OURO_TEST_TSAN 0
#endif

namespace ouro::testing {

inline constexpr bool kAsan = OURO_TEST_ASAN != 0;
inline constexpr bool kTsan = OURO_TEST_TSAN != 0;

#ifdef OURO_TEST_COVERAGE
inline constexpr bool kCoverage = true;
#else
inline constexpr bool kCoverage = false;
#endif

/// A repeat count for loops whose length proves nothing by itself: a tenth under a checker.
constexpr std::size_t repeats(std::size_t plain) {
    return kAsan || kTsan ? (plain + 9) / 10 : plain;
}

}  // namespace ouro::testing
