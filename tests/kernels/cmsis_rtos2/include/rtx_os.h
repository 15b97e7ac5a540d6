// The sizes of RTX5's control blocks, in shape.
#pragma once

#define osRtxThreadCbSize 80U
#define osRtxMutexCbSize 28U
#define osRtxSemaphoreCbSize 24U
