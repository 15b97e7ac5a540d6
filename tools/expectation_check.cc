#include "tools/expectation_check.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace ouro::tools {

void ExpectationCheck::add(const Step& step) {
    if (first_line_ == 0) first_line_ = step.line;
    last_line_ = step.line;
    last_ = step.expectation;
    if (!step.expectation) {
        all_expected_ = false;
        return;
    }
    sum_.freed += step.expectation->freed;
    sum_.tracked += step.expectation->tracked;
    sum_.bytes += step.expectation->bytes;
    sum_.mix += step.expectation->mix;
}

std::string ExpectationCheck::place() const {
    if (first_line_ == 0) return "no step";
    if (first_line_ == last_line_) return absl::StrCat("step in line ", first_line_);
    return absl::StrCat("steps in lines ", first_line_, " to ", last_line_);
}

std::vector<std::string> ExpectationCheck::compare(const NodeState& state) {
    std::vector<std::string> differences;
    const auto check = [&](const char* name, std::uint64_t found, std::uint64_t expected) {
        if (found == expected) return;
        differences.push_back(
            absl::StrFormat("%s: %s is %d, expected %d", place(), name, found, expected));
    };
    if (all_expected_) {
        check("freed", state.freed, sum_.freed);
        check("tracked", state.tracked, sum_.tracked);
        check("bytes", state.bytes, sum_.bytes);
    }
    if (last_) {
        check("live", state.live, last_->live);
        check("rcsum", state.rcsum, last_->rcsum);
        if (state.garbage) check("garbage", *state.garbage, last_->garbage);
    }
    if (all_expected_ && state.mix != sum_.mix) {
        differences.push_back(
            absl::StrFormat("%s: mix is %016x, expected %016x", place(), state.mix, sum_.mix));
    }
    first_line_ = last_line_ = 0;
    all_expected_ = true;
    sum_ = {};
    last_.reset();
    return differences;
}

}  // namespace ouro::tools
