// The Cortex-M as ports see it: settings, registers, atomics and linked words.
#pragma once

#include "ports/machine/arm_config.h"
#include "ports/machine/arm_registers.h"
#if OURO_CORTEX_M_MASKED_ATOMICS
#include "ports/machine/arm_masked_section.h"
#include "ports/machine/masked_atomic.h"
#include "ports/machine/masked_linked_word.h"
#else
#include "ports/machine/arm_exclusive.h"
#endif
