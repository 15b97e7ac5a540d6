// Lists of the pages that have members of the collector's sets.
//
// The links are part of the page records. All lists are private to the owner of the pass (or of the
// batch). L1: a page is on a list iff its flag for that list is set.
#pragma once

#include <cstdint>

#include "heap/paged/block_allocator.h"

namespace ouro {

/// A singly linked list of pages through one of the link fields of PageInfo.
template <PageIndex PageInfo::* Link, std::uint16_t PageInfo::* Flag>
class PageList {
public:
    bool empty() const { return first_ == kNoPage; }
    PageIndex first(BlockAllocator&) const { return first_; }
    static PageIndex next(BlockAllocator& blocks, PageIndex page) {
        return blocks.page(page).*Link;
    }

    /// Is the page on the list?
    static bool lists(BlockAllocator& blocks, PageIndex page) {
        return blocks.page(page).*Flag != 0;
    }

    /// Puts the page on the list unless it is there already.
    void add(BlockAllocator& blocks, PageIndex page) {
        PageInfo& info = blocks.page(page);
        if (info.*Flag != 0) return;
        info.*Flag = 1;
        info.*Link = first_;
        first_ = page;
    }
    /// Takes the first page off; kNoPage when empty.
    PageIndex take(BlockAllocator& blocks) {
        const PageIndex page = first_;
        if (page == kNoPage) return kNoPage;
        PageInfo& info = blocks.page(page);
        info.*Flag = 0;
        first_ = info.*Link;
        return page;
    }

    /// verify(): how many pages are on the list; kNoPage if a link leads nowhere or back.
    std::uint32_t length(BlockAllocator& blocks) const {
        std::uint32_t length = 0;
        for (PageIndex page = first_; page != kNoPage; page = next(blocks, page)) {
            if (page >= blocks.page_count() || length++ == blocks.page_count()) return kNoPage;
            if (blocks.page(page).*Flag != 1) return kNoPage;
        }
        return length;
    }
    /// verify(): is the list whole, and are all pages on it that say so?
    bool is_whole(BlockAllocator& blocks) const { return are_whole(blocks, *this, PageList()); }
    /// The same for two that share their links.
    static bool are_whole(BlockAllocator& blocks, const PageList& one, const PageList& other) {
        std::uint32_t listed = 0;
        for (PageIndex page = 0; page < blocks.page_count(); ++page)
            listed += lists(blocks, page) ? 1 : 0;
        const std::uint32_t length = one.length(blocks);
        return length <= listed && other.length(blocks) == listed - length;
    }

    /// Takes over all pages of the other list; this one is empty.
    void take_all(BlockAllocator&, PageList& other) {
        first_ = other.first_;
        other.first_ = kNoPage;
    }

private:
    PageIndex first_ = kNoPage;
};

using SetPages = PageList<&PageInfo::set_next, &PageInfo::on_set>;
using TodoPages = PageList<&PageInfo::todo_next, &PageInfo::on_todo>;
using BatchPages = PageList<&PageInfo::batch_next, &PageInfo::on_batch>;
using DeferredPages = PageList<&PageInfo::deferred_next, &PageInfo::on_deferred>;
/// Pages taken off the former, to be gathered. A page is on one of the two.
using DeferredSourcePages = DeferredPages;

}  // namespace ouro
