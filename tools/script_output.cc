#include "tools/script_output.h"

#include <algorithm>
#include <utility>

namespace ouro::tools {

void ScriptOutput::put(absl::string_view line) {
    if (muted_) return;
    if (held_) {
        lines_.emplace_back(line);
    } else {
        out_ << line << '\n';
    }
}

void ScriptOutput::print(absl::string_view line) {
    const std::lock_guard guard(lock_);
    if (!muted_) out_ << line << '\n';
}

void ScriptOutput::announce(absl::string_view line, std::string name) {
    const std::lock_guard guard(lock_);
    events_.push_back(std::move(name));
    put(line);
}

void ScriptOutput::print_of_event(absl::string_view line) {
    const std::lock_guard guard(lock_);
    put(line);
}

bool ScriptOutput::hold() {
    const std::lock_guard guard(lock_);
    return !std::exchange(held_, true);
}

void ScriptOutput::let_go() {
    const std::lock_guard guard(lock_);
    held_ = false;
    std::ranges::sort(lines_);
    for (const std::string& line : std::exchange(lines_, {})) put(line);
}

void ScriptOutput::forget_order() {
    const std::lock_guard guard(lock_);
    events_.clear();
}

bool ScriptOutput::came_in_order(const std::vector<std::string>& names) {
    const std::lock_guard guard(lock_);
    auto after = events_.begin();
    for (const std::string& name : names) {
        const auto first = std::ranges::find(events_, name);
        if (first == events_.end() || first < after) return false;
        after = first + 1;
    }
    return true;
}

void ScriptOutput::mute() {
    const std::lock_guard guard(lock_);
    muted_ = true;
}

}  // namespace ouro::tools
