// Cascade: the end of one object after the other, in the order that heap/reclaim.cc states.
//
// The stack of the traversal is the chain of dead parents themselves (heap/chain_link.h).
//
// A parent whose last field is being let go leaves the chain first, so a list of any length needs
// no stack at all. Bounded releases (HeapConfig::cascade_objects_max) leave the child in hand to
// the collector with the flag `postponed`, and the chain on the heap's list of postponed chains.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/chain_link.h"
#include "heap/give_back.h"
#include "heap/heap.h"
#include "heap/reference_count.h"
#include "platform/fatal.h"
#include "platform/mutant.h"

namespace ouro {

/// One context's, for one release, on its stack.
class Cascade {
public:
    /// `limit`: objects that it ends before the rest is put off; 0 or ~0 = all. A reference out of
    /// a parent that ends nothing counts as one, too.
    Cascade(Heap& heap, bool allow_user_code, std::uint32_t limit)
        : heap_(heap),
          limit_(limit + 1 == 0 ? 0 : limit),
          allow_user_code_(allow_user_code),
          has_withheld_(heap.guards_.count() != 0) {}

    /// What may end and does not yet is the collector's.
    ~Cascade() {
        if (OURO_UNLIKELY(may_end_withheld()) && allow_user_code_) heap_.signal_.wake().set();
    }

    /// Ends `object`, whose count the caller took to 0, and everything that follows from it.
    void end(void* object) { run(begin_end(object)); }

    /// Ends what guards have withheld and may end by now. False: there was nothing.
    bool end_withheld() {
        bool some = false;
        while (may_end_withheld() && !exhausted()) {
            void* object = heap_.guards_.take([this](void* at) { return may_end_here(at); });
            if (object == nullptr) break;
            some = true;
            const std::uint32_t before = ended_;
            run(begin_end(object, false));
            if (ended_ == before) ++ended_;  // its finalizer may have made it live on
        }
        return some;
    }
    /// Is there something that guards have withheld and that may end by now? Where nothing was
    /// withheld the heap is not asked: its last object may have ended, and the heap with it.
    bool may_end_withheld() const { return has_withheld_ && heap_.guards_.ended() != 0; }

    /// Takes dead parents off the heap's list, at most `limit`. False: there are none.
    bool take_chain() {
        platform::LockGuard guard(heap_.postponed_lock_);
        top_ = bottom_ =
            heap_.postponed_.load(platform::memory_order_relaxed);  // order: under the lock
        if (top_ == nullptr) return false;
        Header* rest = nullptr;
        if (limit_ != 0) {
            rest = parent_of(bottom_);
            for (std::uint32_t taken = 1; rest != nullptr && taken < limit_; ++taken) {
                bottom_ = rest;
                rest = parent_of(bottom_);
            }
            FieldSlot& slot = first_field(bottom_);
            const std::uintptr_t next =
                slot.load(platform::memory_order_relaxed) & ChainLink::kFieldMask;  // order: ours
            slot.store(next, platform::memory_order_release);  // order: as in hand_over()
        }
        heap_.postponed_.store(rest, platform::memory_order_relaxed);  // order: under the lock
        return true;
    }
    /// Goes on with the chain that was taken.
    void resume() { run(nullptr); }

    std::uint32_t ended() const { return ended_; }
    /// Bytes of the objects whose memory went back, about.
    std::size_t freed() const { return freed_; }
    /// Is there an object that could not end here, and is left to the collector?
    bool has_put_off() const { return has_put_off_; }

    /// verify(): is each of the chain a dead object of this heap that has fields to let go, the
    /// next of them one that it has, and are they at most so many? The objects are sound.
    bool is_sound(Header* chain, std::size_t objects) const {
        for (Header* header = chain; header != nullptr; header = parent_of(header)) {
            if (objects-- == 0 || !heap_.is_object(header->payload())) return false;
            const TypeTable::Entry* type = heap_.type_of(header);
            // order: relaxed, both; nobody else is there.
            const TypeInfo& info = *type->info.load(platform::memory_order_relaxed);
            const Fields fields(header->payload(), *type, info);
            if (header->load_word().count() != 0 || fields.count() == 0) return false;
            const std::uintptr_t link = fields[0].load(platform::memory_order_relaxed);
            if ((link & 1) == 0 || ChainLink::next_field_of(link) >= fields.count()) return false;
        }
        return true;
    }

private:
    /// Lets go of the fields of `dead` (may be null) and of all parents on the chain.
    void run(void* dead) {
        while (dead != nullptr || top_ != nullptr) {
            const std::uint32_t ended = ended_;
            const bool from_chain = dead == nullptr;
            void* child = next_child(from_chain ? top_ : header_of(dead), from_chain);
            dead = child != nullptr ? let_go(child) : nullptr;
            if (from_chain && ended_ == ended) ++ended_;
            if (top_ != nullptr && exhausted()) {
                if (dead != nullptr) continue;  // its memory has no link yet: one more step
                hand_over();
                return;
            }
        }
    }

    bool exhausted() const { return limit_ != 0 && ended_ >= limit_; }

    /// Releases one reference to `child`. What that ended and has fields that are to follow, if so.
    void* let_go(void* child) {
        if (OURO_UNLIKELY(!heap_.blocks_.contains(child))) {
            Heap* other = Heap::of(child);
            if (allow_user_code_) {
                detail::release(child);  // another heap's object
            } else if (other != nullptr) {
                other->postpone_release(child);
            }
            return nullptr;
        }
        if (exhausted() || !may_end_here(child)) {
            heap_.postpone_release(child);
            return nullptr;
        }
        // order: acq_rel; as in detail::release().
        const WordValue before = header_of(child)->count_down(platform::memory_order_acq_rel);
        if (before.immortal() || before.count() == 0) {
            detail::release_slow(child, before);  // immortal again, or fatal
            return nullptr;
        }
        if (before.count() > 1) {
            if (!before.marked() && !OURO_MUTANT(child_not_reported))
                heap_.report_released(child, before);
            return nullptr;
        }
        return begin_end(child);
    }

    bool may_end_here(void* object) {
        if (allow_user_code_) return true;
        const TypeTable::Entry* type = heap_.type_of(header_of(object));
        // order: relaxed; written once, found through find()'s acquire.
        return !type->info.load(platform::memory_order_relaxed)->runs_user_code();
    }

    /// Everything up to the fields of `object`, or, while guards are open, of one that was withheld
    /// before. That one if its fields are to follow, else null.
    OURO_ALWAYS_INLINE void* begin_end(void* object) {
        if constexpr (HeapConfig::kSmall) return begin_end(object, true);  // one copy
        Header* header = header_of(object);
        TypeTable::Entry* type = heap_.type_of(header);
        const bool plain =
            type != nullptr &&
            type->info.load(platform::memory_order_relaxed)->ends_plainly();  // order: once
        const bool asks = OURO_UNLIKELY(heap_.guards_.are_open());
        if (!plain || (asks && !OURO_MUTANT(plain_guard_not_asked))) return begin_end(object, true);
        return end_of(header, *type) ? object : nullptr;
    }

    /// `may_be_lent`: nobody has looked, since its count reached 0, whether a guard lends it.
    OURO_NOINLINE void* begin_end(void* object, bool may_be_lent) {
        for (;; may_be_lent = true) {
            if (may_be_lent && OURO_UNLIKELY(heap_.guards_.are_open()) &&
                !OURO_MUTANT(guard_not_asked)) {
                object = withhold(object);
                if (object == nullptr) return nullptr;
                if (exhausted()) {
                    put_off(object);
                    return nullptr;
                }
            }
            Header* header = header_of(object);
            TypeTable::Entry* type = heap_.type_of(header);
            if (OURO_UNLIKELY(type == nullptr))
                platform::fatal("end of an object without type", object);
            const TypeInfo& info =
                *type->info.load(platform::memory_order_relaxed);  // order: written once
            const bool weak_first = heap_.config_.legacy_finalizers && info.weakly_referable();
            if (weak_first) {
                heap_.cut_weak_references(object, allow_user_code_);
                note_withheld();
            }
            bool cuts = !weak_first;
            if (info.finalize != nullptr && !is_finalized(header)) {
                if (!finalize(header, info)) return nullptr;
                cuts = true;  // it may have made weak references
                // It may have been lent meanwhile.
                if (!OURO_MUTANT(lent_by_finalizer) && OURO_UNLIKELY(heap_.guards_.are_open())) {
                    ++ended_;  // its finalizer alone counts, should it be withheld again
                    continue;
                }
            }
            return end_now(header, *type, info, cuts) ? object : nullptr;
        }
    }

    /// Which object is to end instead, if any (U2).
    /// Model: models/guards.pml
    void* withhold(void* object) {
        Header* header = header_of(object);
        const TypeTable::Entry* type = heap_.type_of(header);
        if (type == nullptr) return object;
        // order: relaxed; written once, found through find()'s acquire.
        const bool waits = type->info.load(platform::memory_order_relaxed)->may_be_borrowed();
        if (!waits && !heap_.guards_.is_lent(object)) return object;
        const std::size_t bytes = Fields::payload_bytes(header, *type);
        has_withheld_ = true;
        bool is_news = false;
        void* other = heap_.guards_.withhold(
            object, bytes, [this](void* at) { return may_end_here(at); }, is_news);
        if (other == object) {
            put_off(object);
            return nullptr;
        }
        if (is_news) heap_.signal_.wake().set();
        return other;
    }

    /// User code ran: what it let go may be withheld.
    void note_withheld() { has_withheld_ |= heap_.guards_.count() != 0; }

    void put_off(void* object) {
        heap_.postpone_end(object);
        has_put_off_ = true;
    }

    /// With count 0: did its finalizer run?
    static bool is_finalized(const Header* header) {
        const WordValue word = header->load_word();
        return word.count() == 0 && word.has(WordValue::kFinalized);
    }

    /// The object is dead for good. False iff it has no fields and is gone.
    bool end_now(Header* header, TypeTable::Entry& type, const TypeInfo& info, bool cuts) {
        void* object = header->payload();
        if (cuts && info.weakly_referable() && !OURO_MUTANT(weak_not_cut_by_count)) {
            heap_.cut_weak_references(object, allow_user_code_);
            note_withheld();
        }
        if (info.destroy != nullptr) {
            info.destroy(object);
            note_withheld();
        }
        return end_of(header, type);
    }

    /// Nothing is left of the object but its fields and its memory. False iff it has no fields and
    /// is gone.
    bool end_of(Header* header, TypeTable::Entry& type) {
        ++ended_;
        // order: relaxed; written once, found through find()'s acquire.
        if (type.info.load(platform::memory_order_relaxed)->has_fields()) return true;
        give_back(header, type);
        return false;
    }

    /// Runs the finalizer if it never ran. True iff the object is dead for good afterwards.
    /// Model: models/postponed.pml
    bool finalize(Header* header, const TypeInfo& info) {
        for (;;) {
            LinkedWord look(header);
            const WordValue word = look.value();
            if (word.count() != 0) break;  // a weak upgrade has completed the transition (W4)
            WordValue held = word.incremented()
                                 .with(WordValue::kHeld | WordValue::kFinalized)
                                 .without(WordValue::kClean);
            if (OURO_MUTANT(finalized_not_marked)) held = held.without(WordValue::kFinalized);
            // order: acq_rel; pairs with a weak upgrade that completes this transition (W4).
            if (look.swap(held, platform::memory_order_acq_rel)) break;
        }
        Counters::add(heap_.counters_.finalized);
        // Whoever is resurrected is not set aside any more (gc.freeze), as in CPython.
        // order: acq_rel; one of several writers, all by read-modify-write while it is frozen.
        if (header->load_info().frozen())
            header->info.fetch_and(~InfoValue::kFrozen, platform::memory_order_acq_rel);
        heap_.announce_legacy_user_code(header);
        info.finalize(header->payload());
        note_withheld();
        return heap_.drop_held(header);
    }

    /// Takes the next reference out of a dead object, which is the first of the chain or not on it.
    /// It is back there if it has more, and its memory is given back if not: so a list is gone
    /// through once.
    void* next_child(Header* header, bool from_chain) {
        TypeTable::Entry* type = heap_.type_of(header);
        const Fields fields(header->payload(), *type,
                            *type->info.load(platform::memory_order_relaxed));  // order: once
        std::uint32_t index = from_chain ? pop(fields) : 0;
        index = next_object(fields, index);
        void* child = nullptr;
        if (index < fields.count()) {
            const std::uint32_t next = next_object(fields, index + 1);
            child = detail::object_of(
                fields[index].load(platform::memory_order_relaxed));  // order: seen above
            fields[index].store(0, platform::memory_order_relaxed);   // order: ours alone
            if (next < fields.count()) {
                push(header, fields, next);
                return child;
            }
        }
        give_back(header, *type);
        return child;
    }

    void give_back(Header* header, TypeTable::Entry& type) {
        heap_.give_back_inline(header, type, freed_);
    }

    /// The first field, from there on, that refers to an object; fields.count(): none does.
    static std::uint32_t next_object(const Fields& fields, std::uint32_t index) {
        return fields.find(index, [](const FieldSlot& slot) {
            // order: acquire; pairs with the release of whoever stored it. Nobody else writes now.
            return detail::is_object(slot.load(platform::memory_order_acquire));
        });
    }

    // ---- the chain

    std::uintptr_t origin() const {
        const auto start = reinterpret_cast<std::uintptr_t>(heap_.region_.data());
        return start & ~(std::uintptr_t{sizeof(Header)} - 1);
    }
    std::uint32_t unit_of(Header* header) const {
        const auto bytes = reinterpret_cast<std::uintptr_t>(header) - origin();
        return static_cast<std::uint32_t>(bytes / sizeof(Header));
    }
    Header* header_of_unit(std::uint32_t unit) const {
        if (unit == 0) return nullptr;
        return reinterpret_cast<Header*>(origin() + std::uintptr_t{unit} * sizeof(Header));
    }
    FieldSlot& first_field(Header* header) const {
        const TypeTable::Entry* type = heap_.type_of(header);
        return Fields(header->payload(), *type,
                      *type->info.load(platform::memory_order_relaxed))[0];  // order: written once
    }
    Header* parent_of(Header* header) const {
        const std::uintptr_t link =
            first_field(header).load(platform::memory_order_relaxed);  // order: ours
        return header_of_unit(ChainLink::link_of(link));
    }
    void push(Header* header, const Fields& fields, std::uint32_t next_field) {
        // order: release; a collector that reads the link (acquire) sees the count 0 before it.
        fields[0].store(ChainLink::encode(top_ == nullptr ? 0 : unit_of(top_), next_field),
                        platform::memory_order_release);
        if (top_ == nullptr) bottom_ = header;
        top_ = header;
    }
    /// Takes the first off the chain, whose fields these are. Returns which of them is the next.
    std::uint32_t pop(const Fields& fields) {
        const std::uintptr_t link =
            fields[0].load(platform::memory_order_relaxed);  // order: ours alone
        top_ = header_of_unit(ChainLink::link_of(link));
        fields[0].store(0, platform::memory_order_relaxed);  // order: ours alone
        return ChainLink::next_field_of(link);
    }
    void hand_over() {
        platform::LockGuard guard(heap_.postponed_lock_);
        // order: relaxed load / release store under the lock; readers outside take only a hint.
        Header* old = heap_.postponed_.load(platform::memory_order_relaxed);
        FieldSlot& slot = first_field(bottom_);
        const std::uintptr_t next =
            slot.load(platform::memory_order_relaxed) & ChainLink::kFieldMask;  // order: ours
        slot.store((old == nullptr ? 0 : std::uintptr_t{unit_of(old)} << ChainLink::kShift) | next,
                   platform::memory_order_release);
        heap_.postponed_.store(top_, platform::memory_order_release);
        top_ = bottom_ = nullptr;
        if (old == nullptr) heap_.signal_.wake().set();
    }

    Heap& heap_;
    Header* top_ = nullptr;
    Header* bottom_ = nullptr;
    std::uint32_t ended_ = 0;
    std::size_t freed_ = 0;
    std::uint32_t limit_;
    bool allow_user_code_;
    bool has_put_off_ = false;
    bool has_withheld_;  ///< something is withheld: before, or by this cascade
};

}  // namespace ouro
