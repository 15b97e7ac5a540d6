// The only file with compiler attributes. Everything else says what it means through these names.
#pragma once

#define OURO_NOINLINE [[gnu::noinline]]
#define OURO_ALWAYS_INLINE [[gnu::always_inline]] inline
// For what is a few instructions long: a part of its callers, unless small code was asked for.
#ifdef __OPTIMIZE_SIZE__
#define OURO_SHORT inline
#else
#define OURO_SHORT OURO_ALWAYS_INLINE
#endif
#define OURO_COLD [[gnu::cold, gnu::noinline]]

// Branch hints: used where the cost of the expected path is a published figure.
#define OURO_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define OURO_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
