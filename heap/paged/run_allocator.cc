#include "heap/paged/run_allocator.h"

namespace ouro {

namespace {
std::uint32_t log2_floor(std::uint32_t value) {
    return 31u - static_cast<std::uint32_t>(__builtin_clz(value));
}
}  // namespace

// Lists 0..7 hold the lengths 0..7 exactly; after that eight lists a doubling.
std::uint32_t RunAllocator::list_of(std::uint32_t count) {
    if (count < kSecond) return count;
    const std::uint32_t first = log2_floor(count);
    const std::uint32_t second = (count >> (first - kSecondBits)) & (kSecond - 1);
    return (first - kSecondBits + 1) * kSecond + second;
}

std::uint32_t RunAllocator::first_list_that_fits(std::uint32_t count) {
    if (count < kSecond) return count;
    const std::uint32_t round_up = (1u << (log2_floor(count) - kSecondBits)) - 1;
    return list_of(count + round_up);
}

std::uint32_t RunAllocator::first_nonempty_from(std::uint32_t list) const {
    const std::uint32_t first = list / kSecond;
    if (first >= kFirst) return kFirst * kSecond;
    const std::uint32_t here = second_bitmap_[first] & (~0u << (list % kSecond));
    if (here != 0) return first * kSecond + static_cast<std::uint32_t>(__builtin_ctz(here));
    const std::uint32_t above = first + 1 < 32 ? first_bitmap_ & (~0u << (first + 1)) : 0;
    if (above == 0) return kFirst * kSecond;
    const auto found = static_cast<std::uint32_t>(__builtin_ctz(above));
    const auto second = static_cast<std::uint32_t>(__builtin_ctz(second_bitmap_[found]));
    return found * kSecond + second;
}

void RunAllocator::set_layout(PageIndex page, PageLayout layout) {
    // order: release; pairs with PageInfo::load_layout().
    pages_[page].layout.store(layout.encode(), platform::memory_order_release);
}

void RunAllocator::link(PageIndex first, std::uint32_t count) {
    set_layout(first, {PageLayout::kFree, 0, count});
    if (count > 1) set_layout(first + count - 1, {PageLayout::kFreeTail, 0, count - 1});
    const std::uint32_t list = list_of(count);
    PageIndex& head = heads_[list];
    pages_[first].prev = kNoPage;
    pages_[first].next = head;
    if (head != kNoPage) pages_[head].prev = first;
    head = first;
    first_bitmap_ |= 1u << (list / kSecond);
    second_bitmap_[list / kSecond] =
        static_cast<std::uint8_t>(second_bitmap_[list / kSecond] | (1u << (list % kSecond)));
}

void RunAllocator::unlink(PageIndex first, std::uint32_t count) {
    const std::uint32_t list = list_of(count);
    const PageIndex next = pages_[first].next;
    const PageIndex prev = pages_[first].prev;
    if (next != kNoPage) pages_[next].prev = prev;
    if (prev != kNoPage) {
        pages_[prev].next = next;
        return;
    }
    heads_[list] = next;
    if (next != kNoPage) return;
    std::uint8_t& second = second_bitmap_[list / kSecond];
    second = static_cast<std::uint8_t>(second & ~(1u << (list % kSecond)));
    if (second == 0) first_bitmap_ &= ~(1u << (list / kSecond));
}

void RunAllocator::init(PageInfo* pages, std::uint32_t count) {
    pages_ = pages;
    count_ = count;
    free_pages_ = 0;
    for (PageIndex& head : heads_) head = kNoPage;
    if (count > 0) give(0, count);
}

/// A run in the request's own list that happens to be long enough: only some of it are.
PageIndex RunAllocator::look_in_own_list(std::uint32_t count, std::uint32_t looks_max) const {
    PageIndex run = heads_[list_of(count)];
    for (std::uint32_t looks = 0; run != kNoPage && looks < looks_max; ++looks) {
        if (pages_[run].load_layout().pages >= count) return run;
        run = pages_[run].next;
    }
    return kNoPage;
}

PageIndex RunAllocator::take(std::uint32_t count) {
    const std::uint32_t list = first_nonempty_from(first_list_that_fits(count));
    return take_from(list < kFirst * kSecond ? heads_[list] : look_in_own_list(count, kLooksMax),
                     count);
}

PageIndex RunAllocator::take_anywhere(std::uint32_t count) {
    const PageIndex found = take(count);
    return found != kNoPage ? found : take_from(look_in_own_list(count, ~0u), count);
}

PageIndex RunAllocator::take_from(PageIndex first, std::uint32_t count) {
    if (first == kNoPage) return kNoPage;
    const std::uint32_t length = pages_[first].load_layout().pages;
    unlink(first, length);
    if (length > count) link(first + count, length - count);
    free_pages_ -= count;
    return first;
}

void RunAllocator::give(PageIndex first, std::uint32_t count) {
    free_pages_ += count;
    if (first > 0) {
        const PageLayout before = pages_[first - 1].load_layout();
        const bool single = before.kind == PageLayout::kFree && before.pages == 1;
        if (single || before.kind == PageLayout::kFreeTail) {
            const std::uint32_t length = single ? 1 : before.pages + 1;
            unlink(first - length, length);
            first -= length;
            count += length;
        }
    }
    const PageIndex after = first + count;
    if (after < count_) {
        const PageLayout layout = pages_[after].load_layout();
        if (layout.kind == PageLayout::kFree) {
            unlink(after, layout.pages);
            count += layout.pages;
        }
    }
    link(first, count);
}

std::uint32_t RunAllocator::largest_run() const {
    if (first_bitmap_ == 0) return 0;
    const std::uint32_t first = log2_floor(first_bitmap_);
    const std::uint32_t second = log2_floor(second_bitmap_[first]);
    const std::uint32_t list = first * kSecond + second;
    const std::uint32_t in_list = pages_[heads_[list]].load_layout().pages;
    // A request that rounds up past its own list is not found there; report what is certain.
    if (first_list_that_fits(in_list) <= list) return in_list;
    const std::uint32_t shift = first == 0 ? 0 : first - 1;
    return first == 0 ? second : (kSecond + second) << shift;
}

// ---- verify()

/// Ends, because no run is found twice: it would have to know two before it.
bool RunAllocator::is_list_sound(std::uint32_t list, std::uint32_t& runs) const {
    PageIndex before = kNoPage;
    for (PageIndex run = heads_[list]; run != kNoPage; run = pages_[run].next) {
        if (run >= count_ || pages_[run].prev != before) return false;
        const PageLayout layout = pages_[run].load_layout();
        if (layout.kind != PageLayout::kFree || list_of(layout.pages) != list) return false;
        before = run;
        ++runs;
    }
    const bool shown = (second_bitmap_[list / kSecond] >> (list % kSecond) & 1) != 0;
    return shown == (heads_[list] != kNoPage);
}

bool RunAllocator::is_sound(std::uint32_t runs) const {
    std::uint32_t found = 0;
    for (std::uint32_t list = 0; list < kFirst * kSecond; ++list) {
        if (!is_list_sound(list, found)) return false;
    }
    std::uint32_t first = 0;
    for (std::uint32_t i = 0; i < kFirst; ++i) first |= second_bitmap_[i] != 0 ? 1u << i : 0;
    return first == first_bitmap_ && found == runs;
}

}  // namespace ouro
