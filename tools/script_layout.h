// Which slots the nodes of a gcscript have.
#pragma once

#include "tools/script_program.h"

namespace ouro::tools {

/// Gives a place in every node to those slots that the script stores to, and to no other. What is
/// only read or emptied is `kNoScriptSlot` afterwards.
void lay_out_slots(ScriptProgram& program);

}  // namespace ouro::tools
