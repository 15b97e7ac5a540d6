#include "tools/script_layout.h"

#include <cstdint>
#include <vector>

namespace ouro::tools {

namespace {

using Statements = std::vector<ScriptStatement>;

void find_stored(const Statements& statements, std::vector<bool>& stored) {
    for (const ScriptStatement& statement : statements) {
        find_stored(statement.body, stored);
        if (statement.verb != ScriptVerb::kAssign) continue;
        const std::vector<std::uint32_t>& slots = statement.operands[0].slots;
        if (!slots.empty()) stored[slots.back()] = true;
    }
}

void renumber(Statements& statements, const std::vector<std::uint32_t>& places) {
    for (ScriptStatement& statement : statements) {
        renumber(statement.body, places);
        for (ScriptOperand& operand : statement.operands) {
            for (std::uint32_t& slot : operand.slots) slot = places[slot];
        }
    }
}

}  // namespace

void lay_out_slots(ScriptProgram& program) {
    std::vector<bool> stored(program.slot_count);
    find_stored(program.statements, stored);
    std::vector<std::uint32_t> places(program.slot_count, kNoScriptSlot);
    program.slot_count = 0;
    for (std::size_t i = 0; i < stored.size(); ++i) {
        if (stored[i]) places[i] = program.slot_count++;
    }
    renumber(program.statements, places);
}

}  // namespace ouro::tools
