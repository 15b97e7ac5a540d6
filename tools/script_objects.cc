#include "tools/script_objects.h"

namespace ouro::tools {

Ref<ScriptNode> as_script_node(const Ref<Object>& object) {
    if (auto node = cast<ScriptNode>(object)) return node;
    return cast<ScriptFinalNode>(object);
}

std::optional<std::uint32_t> script_label(const Ref<Object>& object) {
    if (auto node = as_script_node(object)) return node->identity().label();
    if (auto weak = cast<ScriptWeak>(object)) return weak->identity().label();
    if (auto atom = cast<ScriptAtom>(object)) return atom->identity().label();
    return std::nullopt;
}

}  // namespace ouro::tools
