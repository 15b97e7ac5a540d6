#include "tools/script_verbs.h"

#include <algorithm>
#include <iterator>

namespace ouro::tools {

namespace {

using enum ScriptVerb;
using enum ScriptArguments;

constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();

constexpr ScriptVerbRow kVerbs[] = {
    {"new", kNew, kKindAndNames, 1, kAny, "[fin|atomic] NAME..."},
    {"weak", kWeak, kTarget, 2, 3, "NAME X [cb]"},
    {"clear", kClear, kPlaces, 1, kAny, "PATH.SLOT..."},
    {"drop", kDrop, kNames, 1, kAny, "NAME..."},
    {"rc", kCount, kOperands, 1, kAny, "X..."},
    {"tracked", kTracked, kOperands, 1, kAny, "X..."},
    {"finalized", kFinalized, kOperands, 1, kAny, "X..."},
    {"listed", kListed, kOperands, 1, kAny, "X..."},
    {"referents", kReferents, kOperands, 1, kAny, "X..."},
    {"referrers", kReferrers, kOperands, 1, kAny, "X..."},
    {"weaks", kWeaks, kOperands, 1, kAny, "X..."},
    {"state", kState, kOperands, 1, kAny, "SOURCE..."},
    {"same", kSame, kOperands, 2, 2, "X X"},
    {"objects", kObjects, kNothing, 0, 0, ""},
    {"collect", kCollect, kGeneration, 0, 1, ""},
    {"enable", kEnable, kNothing, 0, 0, ""},
    {"disable", kDisable, kNothing, 0, 0, ""},
    {"isenabled", kIsEnabled, kNothing, 0, 0, ""},
    {"threshold", kThreshold, kNumber, 1, 1, "N"},
    {"churn", kChurn, kNumber, 1, 1, "N"},
    {"settle", kSettle, kNothing, 0, 0, ""},
    {"freeze", kFreeze, kNothing, 0, 0, ""},
    {"unfreeze", kUnfreeze, kNothing, 0, 0, ""},
    {"frozen", kFrozen, kNothing, 0, 0, ""},
    {"saveall", kSaveAll, kSwitch, 1, 1, "on|off"},
    {"garbage", kGarbage, kNothing, 0, 0, ""},
    {"take", kTake, kNames, 2, 2, "NAME LABEL"},
    {"empty", kEmpty, kNothing, 0, 0, ""},
    {"callbacks", kCallbacks, kSwitch, 1, 1, "on|off"},
    {"stats", kStatistics, kNothing, 0, 0, ""},
    {"on", kOn, kEvent, 2, 2, "fin LABEL | cb LABEL | gc start | gc stop", true},
    {"say", kSay, kWords, 0, kAny, "WORD..."},
    {"raise", kRaise, kNothing, 0, 0, ""},
    {"repeat", kRepeat, kNumber, 1, 1, "N", true},
    {"mode", kMode, kModeName, 1, 1, "legacy|generations"},
    {"unordered", kUnordered, kStatement, 0, kAny, "[STATEMENT]", true},
    {"order", kOrder, kEvents, 1, kAny, "E..."},
    {"par", kPar, kNothing, 0, 0, "", true},
    {"thread", kThread, kNothing, 0, 0, ""},
    {"leakcheck", kLeakCheck, kNothing, 0, 0, ""},
    {"end", kEnd, kNothing, 0, 0, ""},
};

}  // namespace

const ScriptVerbRow* find_script_verb(absl::string_view word) {
    const auto* row = std::ranges::find(kVerbs, word, &ScriptVerbRow::word);
    return row == std::end(kVerbs) ? nullptr : row;
}

absl::string_view script_verb_word(ScriptVerb verb) {
    const auto* row = std::ranges::find(kVerbs, verb, &ScriptVerbRow::verb);
    return row == std::end(kVerbs) ? "" : row->word;
}

}  // namespace ouro::tools
