// The collector looking around: objects, references in and out. Nothing is stopped meanwhile.
#include "gc/collector.h"
#include "heap/field_slot.h"
#include "heap/reference_count.h"
#include "platform/context.h"

namespace ouro {

using platform::memory_order_acquire;
using platform::memory_order_relaxed;
using platform::memory_order_release;

// ---- looking around

/// A counted reference to the object in a cell, or null when there is none. `listed`: only if the
/// collector lists it.
Ref<Object> Collector::object_in(BlockAllocator::Cell cell, bool listed) {
    platform::LoadWindow window;
    if (!heap_.blocks().is_header_at(cell)) return {};
    Header* header = heap_.blocks().header_of_cell(cell);
    for (;;) {
        LinkedWord look(header);
        const InfoValue info = header->load_info();
        const TypeTable::Entry* type = heap_.types().find(info.type());
        if (type == nullptr || info.constructing()) return {};
        const bool tracked = type->info.load(memory_order_relaxed)->tracked();  // order: once
        if (listed && (info.frozen() || !tracked)) return {};
        switch (detail::try_upgrade(heap_, header, look, detail::UpgradeBy::id)) {
            case detail::Upgrade::yes:
                return Ref<Object>::adopt(reinterpret_cast<std::uintptr_t>(header->payload()));
            case detail::Upgrade::dead: return {};
            case detail::Upgrade::again: break;  // it has changed: look again
        }
    }
}

void Collector::get_objects(void (*visit)(void*, const Ref<Object>&), void* self) {
    BlockAllocator& blocks = heap_.blocks();
    for (PageIndex p = 0; p < blocks.page_count(); ++p) {
        for_each_cell(blocks, p, [&](BlockAllocator::Cell cell) {
            const Ref<Object> object = object_in(cell, true);
            if (object) visit(self, object);
        });
    }
}

namespace {

/// The type of an object, whichever heap it is of; null: it is none, or its heap has gone.
const TypeTable::Entry* entry_of(const Ref<Object>& object) {
    if (!detail::is_object(object.bits())) return nullptr;
    void* address = detail::object_of(object.bits());
    Heap* heap = Heap::of(address);
    return heap == nullptr ? nullptr : heap->type_of(header_of(address));
}

}  // namespace

void Collector::referents(const Ref<Object>& object, void (*visit)(void*, const Ref<Object>&),
                          void* self) {
    const TypeTable::Entry* type = entry_of(object);
    if (type == nullptr) return;
    const TypeInfo* info = type->info.load(memory_order_relaxed);  // order: written once
    const Fields fields(detail::object_of(object.bits()), *type, *info);
    for (std::uint32_t i = 0; i < fields.count(); ++i) {
        const Ref<Object> target = Ref<Object>::adopt(detail::load_counted(fields[i]));
        if (target) visit(self, target);
    }
}

void Collector::referrers(const Ref<Object>& object, void (*visit)(void*, const Ref<Object>&),
                          void* self) {
    if (!object) return;  // nothing refers to null, though fields hold it
    struct Search {
        Collector& collector;
        std::uintptr_t target;
        void (*visit)(void*, const Ref<Object>&);
        void* self;
    } search{*this, object.bits(), visit, self};
    const auto look = [](void* context, const Ref<Object>& holder) {
        auto& s = *static_cast<Search*>(context);
        Header* header = header_of(detail::object_of(holder.bits()));
        const TypeTable::Entry* type = s.collector.heap_.type_of(header);
        const Fields fields(header->payload(), *type,
                            *type->info.load(memory_order_relaxed));  // order: written once
        for (std::uint32_t i = 0; i < fields.count(); ++i) {
            // order: acquire; only compared, not followed.
            if (fields[i].load(memory_order_acquire) != s.target) continue;
            s.visit(s.self, holder);
            return;
        }
    };
    get_objects(look, &search);
}

bool Collector::is_tracked(const Ref<Object>& object) {
    const TypeTable::Entry* type = entry_of(object);
    return type != nullptr && type->info.load(memory_order_relaxed)->tracked();  // order: once
}

bool Collector::is_finalized(const Ref<Object>& object) {
    if (!detail::is_object(object.bits())) return false;
    return header_of(detail::object_of(object.bits()))->load_word().has(WordValue::kFinalized);
}

}  // namespace ouro
