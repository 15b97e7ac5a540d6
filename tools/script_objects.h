// The objects of gcscript on the heap: nodes with slots, weak references, atomic objects.
//
// Each knows the label it was created under, and the world that counts it until it is reclaimed.
#pragma once

#include <cstdint>
#include <optional>

#include "ouro/ouro.h"
#include "tools/script_program.h"

namespace ouro::tools {

/// What the objects of a script report to.
class ScriptObserver {
public:
    virtual void object_made() = 0;
    virtual void object_reclaimed() = 0;
    /// A finalizer or callback runs; `self` is the node that is finalized, else null.
    virtual void happen(ScriptEvent event, std::uint32_t label, class ScriptNode* self) = 0;

protected:
    ~ScriptObserver() = default;
};

/// The part that every object of a script has: counts it while it exists.
class ScriptIdentity {
public:
    ScriptIdentity(ScriptObserver& observer, std::uint32_t label)
        : observer_(&observer), label_(label) {
        observer_->object_made();
    }
    ScriptIdentity(const ScriptIdentity&) = delete;
    ScriptIdentity& operator=(const ScriptIdentity&) = delete;
    ~ScriptIdentity() { observer_->object_reclaimed(); }

    ScriptObserver& observer() const { return *observer_; }
    std::uint32_t label() const { return label_; }

private:
    ScriptObserver* observer_;
    std::uint32_t label_;
};

/// A node: one trailing field for each slot name of the script.
class alignas(FieldSlot) ScriptNode : public WeaklyReferable, public Variable {
public:
    static constexpr auto ouro_fields = ouro::fields<>;
    static constexpr const char* ouro_name = "node";

    ScriptNode(ScriptObserver& observer, std::uint32_t label) : identity_(observer, label) {}

    const ScriptIdentity& identity() const { return identity_; }
    Field<Object>& slot(std::uint32_t index) { return trailing_fields<Object>(this)[index]; }

private:
    ScriptIdentity identity_;
};

/// A node with a finalizer.
class ScriptFinalNode : public ScriptNode {
public:
    static constexpr const char* ouro_name = "final node";
    using ScriptNode::ScriptNode;
    void finalize() {
        identity().observer().happen(ScriptEvent::kFinalizer, identity().label(), this);
    }
};
static_assert(sizeof(ScriptFinalNode) == sizeof(ScriptNode),
              "the slots start at the same place in both");

/// An object without slots, which the collector need not track.
class ScriptAtom {
public:
    using ouro_leaf = void;
    static constexpr const char* ouro_name = "atom";

    ScriptAtom(ScriptObserver& observer, std::uint32_t label) : identity_(observer, label) {}
    const ScriptIdentity& identity() const { return identity_; }

private:
    ScriptIdentity identity_;
};

/// A weak reference with a label, and with a callback if it is to have one.
class ScriptWeak : public WeakReference {
public:
    static constexpr const char* ouro_name = "weak reference";

    ScriptWeak(const Ref<Object>& target, bool calls_back, ScriptObserver& observer,
               std::uint32_t label)
        : WeakReference(target, calls_back ? &target_died : nullptr), identity_(observer, label) {}
    const ScriptIdentity& identity() const { return identity_; }

private:
    static void target_died(WeakReference& self) {
        const ScriptIdentity& identity = static_cast<ScriptWeak&>(self).identity_;
        identity.observer().happen(ScriptEvent::kCallback, identity.label(), nullptr);
    }

    ScriptIdentity identity_;
};

/// What `churn` allocates: tracked, and no object of the script.
struct ScriptFiller {
    static constexpr const char* ouro_name = "filler";
    Field<Object> held;
};

/// The node that a reference refers to, or null.
Ref<ScriptNode> as_script_node(const Ref<Object>& object);
/// The label of an object of the script, or nothing if it is none.
std::optional<std::uint32_t> script_label(const Ref<Object>& object);

}  // namespace ouro::tools
