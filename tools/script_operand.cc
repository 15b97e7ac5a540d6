#include "tools/script_operand.h"

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace ouro::tools {

namespace {

using Base = ScriptOperand::Base;

absl::Status bad(absl::string_view what, absl::string_view word) {
    return absl::InvalidArgumentError(absl::StrCat(what, " '", word, "'"));
}

/// Names begin with what begins no number, text, address or referent, and have no dot.
bool is_name(absl::string_view word) {
    if (word.empty() || absl::ascii_isdigit(static_cast<unsigned char>(word[0]))) return false;
    if (absl::StrContains("-*@=", word.substr(0, 1))) return false;
    return word.find_first_of(".\"") == absl::string_view::npos;
}

absl::Status read_integer(absl::string_view word, ScriptOperand& operand) {
    const absl::string_view digits = absl::StripPrefix(word, "-");
    const auto is_digit = [](unsigned char c) { return absl::ascii_isdigit(c); };
    if (digits.empty() || !std::ranges::all_of(digits, is_digit)) return bad("bad number", word);
    // Beyond 64 bits a number is kept as its text: nothing but its being shared could tell.
    const bool fits = absl::SimpleAtoi(word, &operand.integer);
    operand.base = fits ? Base::kInteger : Base::kText;
    return absl::OkStatus();
}

}  // namespace

std::uint32_t ScriptWords::index_of(absl::string_view word) {
    const auto [at, added] =
        indices_.try_emplace(std::string(word), static_cast<std::uint32_t>(words_.size()));
    if (added) words_.emplace_back(word);
    return at->second;
}

absl::StatusOr<std::uint32_t> ScriptOperandReader::name(absl::string_view word) {
    if (!is_name(word)) return bad("bad name", word);
    return names_.index_of(word);
}

absl::Status ScriptOperandReader::read_path(absl::string_view word, bool in_action,
                                            ScriptOperand& operand) {
    const std::vector<absl::string_view> parts = absl::StrSplit(word, '.');
    if (!is_name(parts[0])) return bad("bad path", word);
    if (parts[0] == "self") {
        if (!in_action) return bad("'self' outside of actions:", word);
        operand.base = Base::kSelf;
    } else {
        operand.base = Base::kName;
        operand.name = names_.index_of(parts[0]);
    }
    for (std::size_t i = 1; i < parts.size(); ++i) {
        if (parts[i].empty() || absl::StrContains(parts[i], '"')) return bad("bad path", word);
        operand.slots.push_back(slots_.index_of(parts[i]));
    }
    return absl::OkStatus();
}

absl::StatusOr<ScriptOperand> ScriptOperandReader::operand(absl::string_view word, bool in_action) {
    ScriptOperand operand;
    operand.text = std::string(word);
    if (absl::ConsumePrefix(&word, "@")) {
        if (!is_name(word)) return bad("bad address", operand.text);
        operand.base = Base::kAddress;
        operand.name = names_.index_of(word);
        return operand;
    }
    while (absl::ConsumePrefix(&word, "*")) ++operand.stars;
    absl::Status status;
    if (word == "none" || (absl::ConsumePrefix(&word, "@") && is_name(word))) {
        // An address holds nothing, so it has no referent.
        operand.base = Base::kNone;
    } else if (absl::StartsWith(word, "\"")) {
        operand.base = Base::kText;
        if (word.size() < 2 || word.back() != '"') return bad("text without its end", word);
    } else if (!word.empty() && (word[0] == '-' || absl::ascii_isdigit(word[0]))) {
        status = read_integer(word, operand);
    } else {
        status = read_path(word, in_action, operand);
    }
    if (!status.ok()) return status;
    return operand;
}

absl::StatusOr<ScriptOperand> ScriptOperandReader::place(absl::string_view word, bool in_action) {
    ScriptOperand operand;
    operand.text = std::string(word);
    const absl::Status status = read_path(word, in_action, operand);
    if (!status.ok()) return status;
    if (operand.slots.empty() && operand.base == Base::kSelf) return bad("bad name", word);
    return operand;
}

absl::StatusOr<std::uint64_t> read_script_number(absl::string_view word) {
    std::uint64_t number = 0;
    const auto is_digit = [](unsigned char c) { return absl::ascii_isdigit(c); };
    if (!std::ranges::all_of(word, is_digit) || !absl::SimpleAtoi(word, &number)) {
        return bad("bad number", word);
    }
    return number;
}

}  // namespace ouro::tools
