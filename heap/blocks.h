// Where objects lie, in the layout that this build has (heap/header.h).
#pragma once

#include "heap/header.h"

#if OURO_COMPACT
#include "heap/compact/block_allocator.h"
#else
#include "heap/paged/block_allocator.h"
#endif
