// The collector's long-lived sets: objects set aside (freeze) and the garbage list (save all,
// legacy finalizers). Both are bits of the objects and pages themselves; nothing is allocated.
#include "gc/collector.h"

#include "heap/reference_count.h"
#include "platform/context.h"
#include "platform/mutant.h"

namespace ouro {

using platform::memory_order_acq_rel;
using platform::memory_order_acquire;
using platform::memory_order_release;

/// Calls visit(header, page, cell) for every living tracked object that is not under construction
/// and not claimed by a batch, between two passes, under the pass lock.
template <class V>
void Collector::for_each_tracked(V&& visit) {
    platform::LockGuard guard(pass_lock_);
    while (step_pass(config_.step_units)) let_others_step();
    BlockAllocator& blocks = heap_.blocks();
    for (PageIndex p = 0; p < blocks.page_count(); ++p) {
        platform::LoadWindow window;  // the span may be dissolved, but not while we look
        for_each_cell(blocks, p, [&](BlockAllocator::Cell cell) {
            Header* header = blocks.header_of_cell(cell);
            const WordValue word = header->load_word();
            const InfoValue info = header->load_info();
            if (word.count() == 0 || word.has(WordValue::kClaimed) || info.constructing()) return;
            const TypeTable::Entry* type = heap_.types().find(info.type());
            // order: relaxed; written once.
            if (type != nullptr && type->info.load(platform::memory_order_relaxed)->tracked())
                visit(header, info);
        });
    }
}

namespace {

/// From what was seen there: the object may have ended since, and its memory be free.
void set_frozen(Header* header, InfoValue seen) {
    InfoValue now = seen;
    while (now.type() != 0 && !now.constructing()) {
        // order: acq_rel; the pass owner's other writes of info are ordered by the pass lock.
        if (header->info.compare_exchange(now.bits, now.bits | InfoValue::kFrozen,
                                          memory_order_acq_rel, memory_order_acquire))
            return;
    }
}

}  // namespace

void Collector::freeze() {
    for_each_tracked([](Header* header, InfoValue info) {
        // order: any, a mutant
        if (OURO_MUTANT(frozen_blindly))
            header->info.fetch_or(InfoValue::kFrozen, memory_order_acq_rel);
        set_frozen(header, info);
    });
}

void Collector::unfreeze() {
    for_each_tracked([this](Header* header, InfoValue info) {
        if (!info.frozen()) return;
        // order: acq_rel; as in freeze().
        header->info.fetch_and(~InfoValue::kFrozen, memory_order_acq_rel);
        heap_.report_candidate(header->payload());
    });
}

std::size_t Collector::freeze_count() {
    std::size_t count = 0;
    for_each_tracked([&count](Header*, InfoValue info) { count += info.frozen() ? 1 : 0; });
    return count;
}

// ---- the garbage list

void Collector::set_save_all(bool on) {
    save_all_.store(on ? 1 : 0, memory_order_release);  // order: pairs with save_all()
}
bool Collector::save_all() const {
    return save_all_.load(memory_order_acquire) != 0;  // order: pairs with set_save_all()
}

/// Takes the first object off the list that lies in or behind page `from`; null when there is none.
Ref<Object> Collector::take_any_garbage(PageIndex& from) {
    platform::LockGuard guard(pass_lock_);
    BlockAllocator& blocks = heap_.blocks();
    for (; from < blocks.page_count(); ++from) {
        const std::uint32_t cell = blocks.marked(Mark::kept, from).next(0);
        if (cell == kCellsMax) continue;
        blocks.clear(Mark::kept, {from, cell});
        void* object = blocks.header_of_cell({from, cell})->payload();
        return Ref<Object>::adopt(reinterpret_cast<std::uintptr_t>(object));
    }
    return {};
}

void Collector::garbage(void (*visit)(void*, const Ref<Object>&), void* self) {
    BlockAllocator& blocks = heap_.blocks();
    for (PageIndex p = 0; p < blocks.page_count(); ++p) {
        std::uint32_t cell = 0;
        for (;;) {
            Ref<Object> object;
            {
                platform::LockGuard guard(pass_lock_);
                cell = blocks.marked(Mark::kept, p).next(cell);
                if (cell == kCellsMax) break;
                void* payload = blocks.header_of_cell({p, cell})->payload();
                detail::retain(payload);  // the list holds a reference: it lives
                object = Ref<Object>::adopt(reinterpret_cast<std::uintptr_t>(payload));
            }
            visit(self, object);
            ++cell;
        }
    }
}

bool Collector::take_garbage(const Ref<Object>& object) {
    if (!detail::is_object(object.bits())) return false;
    Ref<Object> taken;
    {
        platform::LockGuard guard(pass_lock_);
        BlockAllocator& blocks = heap_.blocks();
        const auto cell = blocks.cell_of(header_of(detail::object_of(object.bits())));
        if (cell.page == kNoPage || !blocks.has(Mark::kept, cell)) return false;
        blocks.clear(Mark::kept, cell);
        taken = Ref<Object>::adopt(object.bits());
    }
    return true;
}

void Collector::clear_garbage() {
    PageIndex from = 0;
    while (take_any_garbage(from)) {
    }
}

}  // namespace ouro
