// Blocks from a context's cache, in layouts that have one (heap/blocks.h).
#pragma once

#include "heap/blocks.h"

#if !OURO_COMPACT
#include "heap/paged/cached_blocks.h"
#endif
