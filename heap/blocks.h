// Where objects lie, in the layout that this build has (heap/header.h).
#pragma once

#include "heap/header.h"

#if OURO_COMPACT
#include "heap/compact/candidate_pages.h"
#include "heap/compact/page_lists.h"
#else
#include "heap/paged/candidate_pages.h"
#include "heap/paged/page_lists.h"
#endif

namespace ouro {

/// Calls visit(cell) for every header on the page, dead or alive, as far as it can be known while
/// others make and end objects. In a load window, or while nobody changes anything.
template <class Visit>
void for_each_cell(BlockAllocator& blocks, PageIndex page, Visit&& visit) {
    const CellBits cells = blocks.headers(page);
    for (std::uint32_t cell = cells.next(0); cell < kCellsMax; cell = cells.next(cell + 1))
        visit(BlockAllocator::Cell{page, cell});
}

/// The same for all pages, with the headers.
template <class Visit>
void for_each_header(BlockAllocator& blocks, Visit&& visit) {
    for (PageIndex page = 0; page < blocks.page_count(); ++page) {
        for_each_cell(blocks, page,
                      [&](BlockAllocator::Cell cell) { visit(blocks.header_of_cell(cell)); });
    }
}

}  // namespace ouro
