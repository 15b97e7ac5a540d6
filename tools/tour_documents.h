// The five documents, in order. Each runs on a fresh heap whose collector works when it is called.
#pragma once

#include <cstddef>

#include "tools/tour_transcript.h"
#include "tools/tour_world.h"

namespace ouro::tools::documents {

void tour_document_0(Transcript& t, ManagedHeap& heap);
void tour_document_1(Transcript& t, ManagedHeap& heap);
/// `automatic` is a second heap, made as a program makes one: with its collector in the background.
void tour_document_2(Transcript& t, ManagedHeap& heap, ManagedHeap& automatic);
void tour_document_3(Transcript& t, ManagedHeap& heap);
void tour_document_4(Transcript& t, ManagedHeap& heap, ManagedHeap& automatic);

/// The part of document 2 on reclaim and its collector.
void tour_document_2_garbage(Transcript& t, ManagedHeap& heap, ManagedHeap& automatic);

}  // namespace ouro::tools::documents
