// A gcscript as it is carried out: its statements with names, slots and labels as indices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ouro::tools {

enum class ScriptVerb : std::uint8_t {
    kNew,
    kWeak,
    kAssign,
    kClear,
    kDrop,
    kCount,
    kTracked,
    kFinalized,
    kListed,
    kReferents,
    kReferrers,
    kWeaks,
    kState,
    kSame,
    kObjects,
    kCollect,
    kEnable,
    kDisable,
    kIsEnabled,
    kThreshold,
    kChurn,
    kSettle,
    kFreeze,
    kUnfreeze,
    kFrozen,
    kSaveAll,
    kGarbage,
    kTake,
    kEmpty,
    kCallbacks,
    kStatistics,
    kOn,
    kSay,
    kRaise,
    kRepeat,
    kMode,
    kUnordered,
    kOrder,
    kPar,
    kThread,
    kLeakCheck,
    kEnd,
};

/// What a word of a script names: the reference at the end of a path, what a weak reference there
/// refers to, a shared value, or the address of the latest object of a label.
struct ScriptOperand {
    enum class Base : std::uint8_t { kNone, kInteger, kText, kName, kSelf, kAddress };

    std::string text;  ///< as the script has it
    Base base = Base::kNone;
    std::uint32_t stars = 0;  ///< how often the referent of what was found is meant
    std::uint32_t name = 0;   ///< of a handle, or the label of an address
    std::int64_t integer = 0;
    std::vector<std::uint32_t> slots;  ///< to follow from the name on
};

/// What kind of objects `new` makes.
enum class ScriptKind : std::uint8_t { kNode, kFinalNode, kAtomic };

/// The events that a script can give actions to.
enum class ScriptEvent : std::uint8_t { kFinalizer, kCallback, kStart, kStop };
inline constexpr std::size_t kScriptEvents = 4;

struct ScriptStatement {
    ScriptVerb verb = ScriptVerb::kEnd;
    std::uint32_t line = 0;
    std::vector<ScriptOperand> operands;
    std::vector<std::uint32_t> names;  ///< handles that are bound or dropped; labels
    std::vector<std::string> words;    ///< of say and order; the generation of collect
    std::uint64_t number = 0;          ///< of repeat, threshold, churn
    bool on = false;                   ///< of the switches; `cb` of weak
    ScriptKind kind = ScriptKind::kNode;
    ScriptEvent event = ScriptEvent::kFinalizer;
    /// The statements up to `end`; of par: one `thread` statement per thread, with its own.
    std::vector<ScriptStatement> body;
};

/// In place of the index of a slot that is never stored to.
inline constexpr std::uint32_t kNoScriptSlot = ~std::uint32_t{0};

struct ScriptProgram {
    std::vector<ScriptStatement> statements;
    std::vector<std::string> names;  ///< of handles and labels
    std::uint32_t slot_count = 0;    ///< distinct slot names that are stored to
    bool legacy = false;             ///< `mode legacy`
    bool generations = false;        ///< `mode generations`
    /// Line of an `end` without a block, behind which nothing was read; 0 = none.
    std::uint32_t end_line = 0;
};

}  // namespace ouro::tools
