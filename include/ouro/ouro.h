// Ouro: a concurrent managed heap. The one file that programs include.
//
//   ManagedHeap               a region with its collector               gc/managed_heap.h
//   Ref<T>, Field<T>, Weak<T> references: outside, inside, not counting heap/ref.h, field.h, weak.h
//   Guard, Borrowed<T>        looks that count nothing                  heap/guard.h
//   WeakReference             a weak reference as an object, callbacks  heap/weak_reference.h
//   WeakValueMap, WeakKeyMap  maps that keep one side not alive         heap/weak_value_map.h, ...
//   Finalizer                 a call when an object dies, or at the end heap/finalizer.h
//   make, try_make            objects                                   heap/make.h
//   fields<...>               which members are fields                  heap/describe.h
//   none, try_integer, ...   values as objects, checked casts          heap/values.h
//   id, refcount, ...         looking without disturbing                heap/query.h
//   Collector                 collect, step, drain, enable, ...         gc/collector.h
//   Statistics                figures in constant time                  heap/statistics.h
#pragma once

#include "gc/collector.h"
#include "gc/managed_heap.h"
#include "heap/describe.h"
#include "heap/error.h"
#include "heap/field.h"
#include "heap/finalizer.h"
#include "heap/guard.h"
#include "heap/heap.h"
#include "heap/key.h"
#include "heap/make.h"
#include "heap/query.h"
#include "heap/ref.h"
#include "heap/statistics.h"
#include "heap/values.h"
#include "heap/verify.h"
#include "heap/weak.h"
#include "heap/weak_key_map.h"
#include "heap/weak_reference.h"
#include "heap/weak_value_map.h"
