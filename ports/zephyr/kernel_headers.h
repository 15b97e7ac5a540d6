// Zephyr's own headers, whose warnings are not ours.
#pragma once
#pragma GCC system_header

#include <zephyr/kernel.h>
