// Small groups of objects that a pass decides about at once, in one step and without marks.
//
// Most cycles are small. For them the way of a pass from phase to phase, each with a look at page
// after page, costs more than what is done there. So what a fresh candidate reaches is followed
// into an array first, as long as it fits. With it the same is done as with a pass's set, in the
// same order (gc/pass.h), and many groups share one decision.
//
// S1  A group is all that its root reaches and that may enter a set. Its members are claimed, and
//     belong to no set and no batch. Its edges are counted when all of it is claimed (G2), and
//     explain the counts of this group alone.
// S2  Nothing of it outlives the step that made it: what is claimed is condemned and ended, let go,
//     or enters the pass's set before the pass takes candidates off another page. (A report about
//     an object that is claimed, and in no set and no batch, would be lost there.)
// S3  A member ends without user code and is not weakly referable. So nothing but a borrowing (U4)
//     or a change of its word stands between its condemnation and its end.
// S4  While it is a member, what counts edges in its header is its place here.
// S5  A group that is seen to refer to a member of the pass's set enters it. Its end would change a
//     word of the set, which would count as alive, with what it reaches, until it is asked again.
// S6  What is not decided at once is nowhere worse off: it enters the set, or it is a candidate
//     again. While a guard is open there are no groups: one decision would be for many of them, and
//     a borrowed member is to keep alive what reaches it, and nothing else.
#pragma once

#include <cstdint>

#include "heap/blocks.h"
#include "heap/fields.h"
#include "heap/header.h"

namespace ouro {

class SmallSet {
public:
    static constexpr std::uint32_t kMembersMax = 32;  ///< of all groups together
    static constexpr std::uint32_t kGroupMax = 16;    ///< members of one
    static constexpr std::uint32_t kFieldsMax = TypeTable::Shape::kFewFields;  ///< of a member
    /// Units of work (Pass::step()) of one group and of the decision about all, at most. Shorter
    /// steps make no groups.
    static constexpr std::int32_t kUnitsMost =
        kGroupMax * 4 * (kFieldsMax + 1) + kMembersMax * (kFieldsMax + 4);

    struct Member {
        Header* header;
        const std::uint16_t* offsets;
        BlockAllocator::Cell cell;
        std::uint32_t edges;  ///< from inside its group
        std::uint32_t field_count;

        FieldSlot& field(std::uint32_t index) const {
            return *place_at<FieldSlot>(header->payload(), offsets[index]);
        }
    };

    std::uint32_t count() const { return count_; }
    bool has_room() const { return count_ + kGroupMax <= kMembersMax; }
    Member& operator[](std::uint32_t at) { return members_[at]; }
    Member* begin() { return members_; }
    Member* end() { return members_ + count_; }

    /// The next member is the root of a group.
    void begin_group() { group_ = count_; }
    /// Where the last group begins.
    std::uint32_t group() const { return group_; }
    std::uint32_t group_count() const { return count_ - group_; }
    /// The last group has been seen to.
    void remove_group() { count_ = group_; }

    /// An object of a type with few plain fields that has just been claimed. There is room.
    void add(Header* header, BlockAllocator::Cell cell, const TypeTable::Entry& type) {
        header->set_edges(count_);
        // order: relaxed; written once, found with acquire.
        const std::uint32_t fields = type.info.load(platform::memory_order_relaxed)->fixed_fields;
        members_[count_++] = {header, type.offsets, cell, 0, fields};
    }

    /// Where a member is, or count(): it is none. In a load window, unless something counts it.
    std::uint32_t find(const Header* header) const {
        const std::uint32_t at = header->edges();
        return at < count_ && members_[at].header == header ? at : count_;
    }
    /// Is there a member at the address? There may be no object any more. Time: O(members).
    bool is_member(std::uintptr_t address) const {
        for (std::uint32_t at = 0; at < count_; ++at) {
            void* const payload = members_[at].header->payload();
            if (reinterpret_cast<std::uintptr_t>(payload) == address) return true;
        }
        return false;
    }

private:
    std::uint32_t count_ = 0;
    std::uint32_t group_ = 0;
    Member members_[kMembersMax];
};

}  // namespace ouro
