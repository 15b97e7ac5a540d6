#include "stress/survey.h"

namespace ouro::stress {

void Survey::add(std::uintptr_t bits, bool is_value) {
    if (detail::is_interned_bits(bits)) bits = detail::address_of_interned(bits);
    if (!detail::is_object(bits)) return;
    const auto [entry, is_new] = by_bits_.try_emplace(bits, found_.size());
    if (is_new) {
        const Serial serial = is_value ? 0 : mark_of(detail::object_of(bits)).serial();
        if (!is_value) by_serial_.try_emplace(serial, found_.size());
        if (is_value) ++values_;
        found_.push_back({bits, 0, is_value, serial});
    }
    ++found_[entry->second].references;
}

void Survey::walk() {
    // The list of what was found is the queue of what is to be followed.
    for (; walked_ < found_.size(); ++walked_) {
        if (found_[walked_].is_value) continue;
        void* object = detail::object_of(found_[walked_].bits);
        if (!is_intact(object)) continue;  // the judge will say so
        const Edges edges = edges_of(object);
        for (const Field<Object>& slot : edges.slots) add(raw_bits(slot), false);
        for (const std::uintptr_t bits : edges.typed) add(bits, false);
        add(edges.value, true);
    }
}

void Survey::miscount() {
    for (Found& found : found_) {
        if (found.references < 2 || found.is_value) continue;
        --found.references;
        return;
    }
}

}  // namespace ouro::stress
