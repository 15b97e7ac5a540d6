// The kinds of managed objects that the stress makes, and what each kind's end must look like.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ouro::stress {

enum class Kind : std::uint8_t {
    plain,       ///< fields, no user code: goes through the collector's short way
    pair,        ///< the same, its fields found by decomposition of the aggregate
    node,        ///< fields, a typed one among them; weakly referable
    counted,     ///< destructor
    derived,     ///< destructor in the base class, a further field in the derived one
    finalized,   ///< finalizer and destructor
    final_only,  ///< finalizer, nothing to destroy
    watcher,     ///< has a weak reference as a member
    escaper,     ///< its constructor hands out a reference to the unfinished object
    wide,        ///< trailing fields and bytes, no user code
    wide_ended,  ///< trailing fields and bytes, destructor
    acyclic,     ///< fields that never close a cycle: not tracked
    leaf,        ///< no fields, destructor
    bare_leaf,   ///< no fields, no user code
    final_leaf,  ///< no fields, finalizer and destructor
    count_
};

inline constexpr std::size_t kKinds = static_cast<std::size_t>(Kind::count_);

struct KindInfo {
    const char* name;
    bool tracked;     ///< get_objects() must list it
    bool destructor;  ///< its end is recorded in the shadow
    bool finalizer;
    bool weak;  ///< can be the target of weak references
};

inline constexpr KindInfo kKindInfos[kKinds] = {
    {"plain", true, false, false, false},     {"pair", true, false, false, false},
    {"node", true, false, false, true},       {"counted", true, true, false, true},
    {"derived", true, true, false, true},     {"finalized", true, true, true, true},
    {"final_only", true, false, true, true},  {"watcher", true, true, false, true},
    {"escaper", true, true, false, true},     {"wide", true, false, false, false},
    {"wide_ended", true, true, false, false}, {"acyclic", false, false, false, false},
    {"leaf", false, true, false, true},       {"bare_leaf", false, false, false, false},
    {"final_leaf", false, true, true, true},
};

constexpr const KindInfo& info_of(Kind kind) { return kKindInfos[static_cast<std::size_t>(kind)]; }

/// What a finalizer does, chosen when its object is made.
enum class Behaviour : std::uint8_t {
    quiet,       ///< nothing but being counted
    cut,         ///< empties its fields: breaks its ring
    drop_one,    ///< empties one field
    allocate,    ///< makes objects and drops them, perhaps keeps one in a field
    collect,     ///< calls collect()
    look,        ///< walks its fields, asks for counts, lists objects
    remember,    ///< makes a weak reference to itself: must be dead in the end
    upgrade,     ///< locks a shared weak reference
    self_move,   ///< moves a reference to itself into its own field
    resurrect,   ///< stores itself where threads find it
    give_child,  ///< stores what a field refers to where threads find it
    count_
};

inline constexpr std::size_t kBehaviours = static_cast<std::size_t>(Behaviour::count_);

}  // namespace ouro::stress
