// Compares what a replay finds with what the graph's file expects, also when several steps are
// summed up in one state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/graph_file.h"
#include "tools/node_survey.h"

namespace ouro::tools {

/// Of several steps, freed, tracked, bytes and mix add up, if all of them have an expectation;
/// live, rcsum and garbage are those of the last step.
/// Threads:    one at a time.
class ExpectationCheck {
public:
    /// The step was performed; the state to compare has not been taken since.
    void add(const Step& step);

    /// Does the last step added say what must be garbage after it?
    bool expects_garbage() const { return last_.has_value(); }

    /// Compares the state after the steps added since the last call; garbage only if it is known.
    /// Returns:    one text for every field that differs, with lines of the file and both values.
    std::vector<std::string> compare(const NodeState& state);

private:
    std::string place() const;

    std::size_t first_line_ = 0;  ///< of the steps added; 0 if there are none
    std::size_t last_line_ = 0;
    bool all_expected_ = true;
    Expectation sum_;
    std::optional<Expectation> last_;
};

}  // namespace ouro::tools
