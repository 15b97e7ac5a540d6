#include "heap/weak_reference.h"

#include "heap/query.h"

namespace ouro {

WeaklyReferable* detail::weakly_referable(const Ref<Object>& target) {
    if (!is_object(target.bits())) return nullptr;
    void* object = object_of(target.bits());
    const TypeInfo* info = type_of(object);
    if (info == nullptr || !info->weakly_referable()) return nullptr;
    return static_cast<WeaklyReferable*>(object);
}

std::uint32_t weak_count(const Ref<Object>& target) {
    const WeaklyReferable* anchor = detail::weakly_referable(target);
    Heap* heap = anchor == nullptr ? nullptr : Heap::of(anchor);
    return heap == nullptr ? 0 : anchor->count(*heap);
}

}  // namespace ouro
