// What a script prints: results at once, the lines of events at once or held back and sorted; and
// the events of the last top-level statement in their true order.
#pragma once

#include <mutex>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace ouro::tools {

/// Threads: any, all functions. Nothing of the heap is called with the lock held.
class ScriptOutput {
public:
    explicit ScriptOutput(std::ostream& out) : out_(out) {}

    /// Prints a line now.
    void print(absl::string_view line);
    /// The line that announces an event, `name` being its place in the order ("fin:a").
    void announce(absl::string_view line, std::string name);
    /// A line of an event's actions: held back where its event is.
    void print_of_event(absl::string_view line);

    /// From now on lines of events are held back. False: they are already.
    bool hold();
    /// Prints what was held back, sorted bytewise.
    void let_go();

    /// Forgets the order of events.
    void forget_order();
    /// Did these events come in this order, each for the first time?
    bool came_in_order(const std::vector<std::string>& names);

    /// From now on nothing is printed.
    void mute();

private:
    void put(absl::string_view line);

    std::mutex lock_;
    std::ostream& out_;
    bool held_ = false;
    bool muted_ = false;
    std::vector<std::string> lines_;   ///< held back
    std::vector<std::string> events_;  ///< in their order
};

}  // namespace ouro::tools
