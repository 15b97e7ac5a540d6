#include "heap/verify.h"

#include "heap/query.h"
#include "heap/value.h"
#include "heap/weak_list.h"

namespace ouro {

using platform::memory_order_acquire;
using platform::memory_order_relaxed;

namespace {

constexpr const char* kStrayMember = "a page has members of a set while no pass is under way";

class Verifier {
public:
    explicit Verifier(Heap& heap, const Header* ending = nullptr)
        : heap_(heap), blocks_(heap.blocks()), ending_(ending) {}

    Violation run() {
        if (const char* broken = check_structure()) return {broken};
        reset_edges();
        for_each_object(&Verifier::check_object);
        if (!found_) for_each_object(&Verifier::check_fields);
        if (!found_) for_each_object(&Verifier::check_count);
        if (!found_) check_records();
        if (!found_) found_.invariant = heap_.verify_lists();
        if (!found_ && !heap_.is_inherited()) check_sums();
        if (found_ && found_.object != 0) describe_path();
        return found_;
    }

    /// What the steps of a pass that is under way follow, and nothing that they change.
    Violation run_structure() {
        if (const char* broken = check_memory()) return {broken};
        is_counting_ = false;
        for_each_object(&Verifier::check_shape);
        if (!found_) for_each_object(&Verifier::check_fields);
        return found_;
    }

private:
    using Cell = BlockAllocator::Cell;
    using Check = void (Verifier::*)(Header* header, Cell cell);

    const char* check_memory() {
        if (const char* broken = heap_.verify_record()) return broken;
        if (const char* broken = heap_.types().verify()) return broken;
        return blocks_.verify();
    }
    const char* check_structure() {
        if (const char* broken = check_memory()) return broken;
        if (heap_.decision().state() == Decision::undecided)
            return "a decision is open while no pass is under way";
        if (!heap_.candidates().is_whole(TakenPages())) return "the list of candidates is broken";
        return nullptr;
    }

    void for_each_object(Check check) {
        for (PageIndex page = 0; page < blocks_.page_count(); ++page) {
            for_each_cell(blocks_, page, [&](Cell cell) {
                Header* header = blocks_.header_of_cell(cell);
                if (!found_ && header->load_info().type() != 0) (this->*check)(header, cell);
            });
        }
    }

    void report(const char* invariant, Header* header) {
        if (found_) return;
        found_.invariant = invariant;
        found_.object = reinterpret_cast<std::uintptr_t>(header->payload());
        const TypeTable::Entry* type = heap_.type_of(header);
        if (type != nullptr) found_.type = info_of(*type).name;
    }

    static const TypeInfo& info_of(const TypeTable::Entry& type) {
        return *type.info.load(memory_order_relaxed);  // order: nobody changes anything
    }

    /// The object's type when it is known and its fields lie inside its cell, else null.
    const TypeTable::Entry* sound_type(Header* header, Cell cell) {
        const TypeTable::Entry* type = heap_.type_of(header);
        if (type == nullptr) return nullptr;
        const std::size_t room = blocks_.cell_bytes(cell) - sizeof(Header);
        const TypeInfo& info = info_of(*type);
        const bool variable = info.variable();
        std::size_t bytes = variable ? Fields::trailing_offset(info) : info.size;
        if (bytes > room) return nullptr;
        if (variable) bytes = Fields::variable_bytes(info, Trailing::of(header->payload(), info));
        return bytes <= room ? type : nullptr;
    }

    void reset_edges() { for_each_object(&Verifier::reset_object); }
    void reset_object(Header* header, Cell) { header->set_edges(0); }

    /// An object in use has a known type, fits its cell, and its list of weak references is one.
    void check_shape(Header* header, Cell cell) {
        const TypeTable::Entry* type = sound_type(header, cell);
        if (type == nullptr) return report("an object's type or size is impossible", header);
        if (!info_of(*type).weakly_referable() || is_cut_short(header)) return;
        const auto* anchor = static_cast<const WeakAnchor*>(header->payload());
        if (!anchor->is_sound(header->payload()))
            return report("a list of weak references is broken", header);
    }

    /// It is counted, and nobody is working on it.
    void check_object(Header* header, Cell cell) {
        check_shape(header, cell);
        if (found_) return;
        const TypeTable::Entry* type = heap_.type_of(header);
        const WordValue word = header->load_word();
        if (is_cut_short(header)) return;
        if (header->load_info().constructing())
            return report("an object is still under construction", header);
        if (header->load_info().member()) return report(kStrayMember, header);
        // A dead parent on a postponed chain (heap/cascade.h) still has fields to let go.
        const bool waits = word.has(WordValue::kPostponed) || word.has(WordValue::kFinalized) ||
                           info_of(*type).finalize == nullptr;
        const bool in_batch =
            word.has(WordValue::kClaimed) && (blocks_.has(Mark::batch, cell) || header == ending_);
        if (word.count() == 0 && !in_batch && !(waits && heap_.has_postponed()) &&
            !heap_.guards().withholds(header->payload()))
            return report("an object in use has count 0", header);
        const bool dead_in_batch = in_batch && word.count() == 0;
        const bool held = word.has(WordValue::kHeld) && !waits_to_call(header, *type);
        if ((word.has(WordValue::kCondemned) && !dead_in_batch) || held)
            return report("an object is condemned or held while nothing runs", header);
        if (word.count() != 0 && word.has(WordValue::kFinalized) &&
            info_of(*type).finalize == nullptr)
            return report("an object without finalizer is marked as finalized", header);
        if (word.has(WordValue::kClaimed) && !in_batch)
            return report("an object is claimed by nobody", header);
        const bool listed =
            heap_.candidates().lists(cell, word) || blocks_.has(Mark::deferred, cell);
        const bool asked = word.count() != 0 && !word.immortal() && info_of(*type).tracked();
        if (asked && word.marked() && !listed)
            return report("an object is marked as a candidate but on no list", header);
        ++objects_;
        bytes_ += info_of(*type).variable()
                      ? Fields::variable_bytes(info_of(*type),
                                               Trailing::of(header->payload(), info_of(*type)))
                      : info_of(*type).size;
    }

    /// A weak reference object is held by the heap until its callback has run.
    static bool waits_to_call(Header* header, const TypeTable::Entry& type) {
        return info_of(type).is_weak_reference() &&
               static_cast<const ObjectWeakNode*>(header->payload())->waits();
    }

    /// Was a thread that the fork has left behind making or ending the object?
    bool is_cut_short(Header* header) const {
        const WordValue word = header->load_word();
        return heap_.is_inherited() && (header->load_info().constructing() || word.count() == 0 ||
                                        word.has(WordValue::kHeld));
    }

    /// A field holds null, an immediate, or the address of an object in use.
    void check_fields(Header* header, Cell cell) {
        if (is_cut_short(header)) return;
        const TypeTable::Entry* type = sound_type(header, cell);
        const Fields fields(header->payload(), *type, info_of(*type));
        for (std::uint32_t i = 0; i < fields.count(); ++i) {
            const std::uintptr_t value = fields[i].load(memory_order_acquire);  // order: any
            // Field 0 of a dead parent may hold its place on a postponed chain (heap/cascade.h).
            if ((value & 1) != 0 && i == 0 && header->load_word().count() == 0) continue;
            if ((value & 1) != 0 && !detail::is_immediate(value))
                return report("a field holds an immediate that is none", header);
            if (value == 0 || (value & 1) != 0) continue;
            void* object = reinterpret_cast<void*>(value);
            if (!blocks_.contains(object)) {
                if (Heap::of(object) == nullptr) report("a field refers outside all heaps", header);
                continue;
            }
            Header* target = header_of(object);
            if (!blocks_.is_header(target) || target->load_info().type() == 0)
                return report("a field refers to no object", header);
            const std::uint32_t edges = target->edges();
            if (is_counting_ && edges < Header::kEdgesMax) target->set_edges(edges + 1);
        }
    }

    /// The count is at least the number of fields that refer to the object.
    void check_count(Header* header, Cell) {
        const WordValue word = header->load_word();
        std::uint64_t edges = header->edges();
        if (edges == Header::kEdgesMax && !word.immortal()) edges = count_references(header);
        if (!word.immortal() && word.count() < edges)
            report("an object's count is lower than the number of fields that refer to it", header);
    }

    std::uint64_t count_references(Header* target) {
        std::uint64_t found = 0;
        const auto value = reinterpret_cast<std::uintptr_t>(target->payload());
        for (PageIndex page = 0; page < blocks_.page_count(); ++page) {
            for_each_cell(blocks_, page, [&](Cell cell) { found += references_from(cell, value); });
        }
        return found;
    }

    std::uint32_t references_from(Cell cell, std::uintptr_t value) {
        Header* header = blocks_.header_of_cell(cell);
        if (header->load_info().type() == 0) return 0;
        const TypeTable::Entry* type = sound_type(header, cell);
        if (type == nullptr) return 0;
        const Fields fields(header->payload(), *type, info_of(*type));
        std::uint32_t found = 0;
        for (std::uint32_t i = 0; i < fields.count(); ++i) {
            if (fields[i].load(memory_order_acquire) == value) ++found;  // order: any
        }
        return found;
    }

    /// The collector's records are empty while no pass is under way.
    void check_records() {
        for (PageIndex page = 0; page < blocks_.page_count() && !found_; ++page) {
            if (blocks_.marked(Mark::member, page).any() ||
                blocks_.marked(Mark::todo, page).any() || SetPages::lists(blocks_, page) ||
                TodoPages::lists(blocks_, page))
                found_ = {kStrayMember};
            if ((blocks_.marked(Mark::batch, page).any() && !BatchPages::lists(blocks_, page)) ||
                (blocks_.marked(Mark::deferred, page).any() &&
                 !DeferredPages::lists(blocks_, page)))
                found_ = {"a page has members of a set and is not on its list"};
            for (const Mark mark : {Mark::batch, Mark::kept}) {
                CellBits stray = blocks_.marked(mark, page);
                for_each_cell(blocks_, page, [&](Cell cell) {
                    if (blocks_.header_of_cell(cell)->load_info().type() != 0)
                        stray.clear(cell.index);
                });
                if (stray.any()) found_ = {"a cell without object is a member of a set"};
            }
        }
    }

    void check_sums() {
        const Statistics sums = heap_.statistics();
        if (sums.live_objects != objects_) found_ = {"live objects: the sum is wrong"};
        if (sums.live_bytes != bytes_) found_ = {"live bytes: the sum is wrong"};
        std::uintptr_t of_types = 0;
        for (TypeIndex type = 1; type <= heap_.types().types_max(); ++type) {
            TypeTable::Entry* entry = heap_.types().find(type);
            if (entry == nullptr) continue;
            // order: relaxed; nobody else is there.
            of_types += entry->live_objects.load(memory_order_relaxed);
            of_types += static_cast<std::uintptr_t>(blocks_.live_objects(type));
        }
        if (static_cast<std::uint32_t>(of_types - objects_) != 0)
            found_ = {"live objects: the sum of the types is wrong"};
    }

    // ---- the path to a broken object

    void append(const char* text) {
        while (*text != '\0' && length_ + 1 < sizeof(found_.path)) found_.path[length_++] = *text++;
        found_.path[length_] = '\0';
    }
    void append_number(std::uintptr_t value, unsigned base) {
        char digits[24];
        int count = 0;
        do {
            digits[count++] = "0123456789abcdef"[value % base];
            value /= base;
        } while (value != 0);
        while (count > 0) {
            const char one[2] = {digits[--count], '\0'};
            append(one);
        }
    }

    /// One step up: some object with a field that refers to `value`; null when there is none.
    Header* a_referrer(std::uintptr_t value, std::uint32_t& field) {
        Header* found = nullptr;
        for (PageIndex page = 0; page < blocks_.page_count() && found == nullptr; ++page) {
            for_each_cell(blocks_, page, [&](Cell cell) {
                if (found == nullptr && references_from(cell, value) != 0)
                    found = blocks_.header_of_cell(cell);
            });
        }
        if (found == nullptr) return nullptr;
        const TypeTable::Entry* type = heap_.type_of(found);
        const Fields fields(found->payload(), *type, info_of(*type));
        for (field = 0; field < fields.count(); ++field) {
            if (fields[field].load(memory_order_acquire) == value) break;  // order: any
        }
        return found;
    }

    /// Climbs at most six steps; printed from the top down would need memory, so bottom up.
    void describe_path() {
        std::uintptr_t at = found_.object;
        for (int step = 0; step < 6; ++step) {
            Header* header = header_of(reinterpret_cast<void*>(at));
            const TypeTable::Entry* type = heap_.type_of(header);
            append(type != nullptr ? info_of(*type).name : "?");
            append("@0x");
            append_number(at, 16);
            std::uint32_t field = 0;
            Header* holder = a_referrer(at, field);
            if (holder == nullptr) break;
            append(" <- [");
            append_number(field, 10);
            append("] ");
            at = reinterpret_cast<std::uintptr_t>(holder->payload());
            if (at == found_.object) break;
        }
    }

    Heap& heap_;
    BlockAllocator& blocks_;
    const Header* ending_;
    Violation found_;
    bool is_counting_ = true;  ///< references to each object, in its scratch bits
    std::size_t length_ = 0;
    std::size_t objects_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace

Violation verify_structure(Heap& heap) { return Verifier(heap).run_structure(); }

Violation verify(Heap& heap, const Header* ending) { return Verifier(heap, ending).run(); }

}  // namespace ouro
