#include "tools/script_parser.h"

#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tools/script_layout.h"
#include "tools/script_lines.h"
#include "tools/script_operand.h"
#include "tools/script_verbs.h"

namespace ouro::tools {

namespace {

constexpr std::uint32_t kDepthMax = 100;
constexpr std::uint64_t kThresholdMost = std::numeric_limits<std::int32_t>::max();

using Words = std::vector<absl::string_view>;

/// Where a statement stands.
struct Scope {
    std::uint32_t depth = 0;  ///< blocks around it
    bool action = false;      ///< in the actions of an event
    bool held = false;        ///< in `unordered` or `par`
    bool threads = false;     ///< directly in `par`
};

absl::Status wrong(absl::string_view reason) { return absl::InvalidArgumentError(reason); }

class Parser {
public:
    Parser(absl::string_view text, absl::string_view file)
        : lines_(split_script_lines(text)), file_(file) {}

    absl::StatusOr<ScriptProgram> parse() {
        absl::Status status = check_encoding();
        if (status.ok()) status = read_block(nullptr, Scope{}, program_.statements);
        if (!status.ok()) return wrong(absl::StrCat(file_, ":", line_, ": ", status.message()));
        program_.names = reader_.names().words();
        program_.slot_count = static_cast<std::uint32_t>(reader_.slots().words().size());
        lay_out_slots(program_);
        return std::move(program_);
    }

private:
    absl::Status check_encoding();
    absl::Status read_block(const ScriptStatement* opener, const Scope& scope,
                            std::vector<ScriptStatement>& block);
    absl::Status read_statement(const Words& words, const Scope& scope, ScriptStatement& statement);
    absl::Status read_assignment(const Words& words, const Scope& scope,
                                 ScriptStatement& statement);
    absl::Status read_body(const ScriptVerbRow& row, const Words& words, const Scope& scope,
                           ScriptStatement& statement);
    absl::Status read_arguments(const ScriptVerbRow& row, const Words& arguments,
                                const Scope& scope, ScriptStatement& statement);
    absl::Status read_other_arguments(ScriptArguments kind, const Words& arguments,
                                      const Scope& scope, ScriptStatement& statement);
    absl::Status read_references(ScriptArguments kind, const Words& words, const Scope& scope,
                                 ScriptStatement& statement);
    absl::Status read_names(const Words& words, std::size_t from, ScriptStatement& statement);
    absl::Status read_event(const Words& words, ScriptStatement& statement);
    absl::Status read_events(const Words& words, ScriptStatement& statement);
    absl::Status read_mode(absl::string_view mode, const Scope& scope);
    absl::Status check_place(const ScriptVerbRow& row, const Scope& scope) const;

    std::vector<absl::string_view> lines_;
    absl::string_view file_;
    std::size_t next_ = 0;    ///< line to read next
    std::uint32_t line_ = 0;  ///< of what is read, counted from 1
    bool begun_ = false;      ///< a statement has been read
    ScriptOperandReader reader_;
    ScriptProgram program_;
};

absl::Status Parser::check_encoding() {
    for (const absl::string_view line : lines_) {
        ++line_;
        if (!is_utf8(line)) return wrong("this line is not UTF-8");
    }
    return absl::OkStatus();
}

absl::Status Parser::read_block(const ScriptStatement* opener, const Scope& scope,
                                std::vector<ScriptStatement>& block) {
    if (scope.depth > kDepthMax) return wrong("blocks are nested too deeply");
    while (next_ < lines_.size()) {
        const absl::string_view line = lines_[next_++];
        line_ = static_cast<std::uint32_t>(next_);
        const Words words = absl::StrSplit(line.substr(0, line.find('#')),
                                           absl::ByAnyChar(kScriptBlanks), absl::SkipEmpty());
        if (words.empty()) continue;
        if (words[0] == "end" && words.size() == 1) {
            // As Python's reader: the script ends there.
            if (opener == nullptr) program_.end_line = line_;
            return absl::OkStatus();
        }
        ScriptStatement statement;
        if (auto status = read_statement(words, scope, statement); !status.ok()) return status;
        if (statement.verb == ScriptVerb::kThread || !scope.threads) {
            block.push_back(std::move(statement));
            continue;
        }
        // What stands before the first `thread` is a thread as well.
        if (block.empty()) block.emplace_back().verb = ScriptVerb::kThread;
        block.back().body.push_back(std::move(statement));
    }
    if (opener == nullptr) return absl::OkStatus();
    line_ = opener->line;
    return wrong("this block has no 'end'");
}

absl::Status Parser::read_statement(const Words& words, const Scope& scope,
                                    ScriptStatement& statement) {
    statement.line = line_;
    const bool first = !std::exchange(begun_, true);
    const ScriptVerbRow* row = find_script_verb(words[0]);
    const bool block = row != nullptr && row->block;
    if (!block && words.size() == 3 && words[1] == "=") {
        return read_assignment(words, scope, statement);
    }
    if (row == nullptr) return wrong(absl::StrCat("unknown statement '", words[0], "'"));
    const std::size_t count = words.size() - 1;
    if (count < row->least || count > row->most) {
        return wrong(absl::StrCat("wrong number of arguments: ", row->word,
                                  row->usage.empty() ? " takes none" : " ", row->usage));
    }
    if (row->verb == ScriptVerb::kMode && !first) return wrong("mode is not the first statement");
    statement.verb = row->verb;
    if (auto status = check_place(*row, scope); !status.ok()) return status;
    const Words arguments(words.begin() + 1, words.end());
    if (auto status = read_arguments(*row, arguments, scope, statement); !status.ok()) {
        return status;
    }
    return block ? read_body(*row, arguments, scope, statement) : absl::OkStatus();
}

absl::Status Parser::read_assignment(const Words& words, const Scope& scope,
                                     ScriptStatement& statement) {
    statement.verb = ScriptVerb::kAssign;
    auto place = reader_.place(words[0], scope.action);
    if (!place.ok()) return place.status();
    auto source = reader_.operand(words[2], scope.action);
    if (!source.ok()) return source.status();
    statement.operands = {*std::move(place), *std::move(source)};
    return absl::OkStatus();
}

absl::Status Parser::read_body(const ScriptVerbRow& row, const Words& words, const Scope& scope,
                               ScriptStatement& statement) {
    Scope inside = scope;
    ++inside.depth;
    inside.threads = row.verb == ScriptVerb::kPar;
    if (row.verb == ScriptVerb::kOn) {
        inside.action = true;
        inside.held = false;
    }
    inside.held |= row.verb == ScriptVerb::kPar || row.verb == ScriptVerb::kUnordered;
    if (row.verb != ScriptVerb::kUnordered || words.empty()) {
        return read_block(&statement, inside, statement.body);
    }
    // The form of one line.
    const ScriptVerbRow* only = find_script_verb(words[0]);
    if (only != nullptr && only->verb == ScriptVerb::kEnd) return wrong("'end' in 'unordered'");
    if (only != nullptr && only->block) {
        return wrong(absl::StrCat("'", words[0], "' needs lines of its own"));
    }
    return read_statement(words, inside, statement.body.emplace_back());
}

/// Statements that stand in some places only.
absl::Status Parser::check_place(const ScriptVerbRow& row, const Scope& scope) const {
    switch (row.verb) {
        case ScriptVerb::kRaise:
            if (!scope.action) return wrong("'raise' outside of actions");
            break;
        case ScriptVerb::kUnordered:
            if (scope.held) return wrong("'unordered' inside 'unordered' or 'par'");
            break;
        case ScriptVerb::kPar:
        case ScriptVerb::kLeakCheck:
            if (scope.action) return wrong(absl::StrCat("'", row.word, "' in actions"));
            if (scope.held) {
                return wrong(absl::StrCat("'", row.word, "' inside 'unordered' or 'par'"));
            }
            break;
        case ScriptVerb::kThread:
            if (!scope.threads) return wrong("'thread' outside of 'par'");
            break;
        default: break;
    }
    return absl::OkStatus();
}

absl::Status Parser::read_names(const Words& words, std::size_t from, ScriptStatement& statement) {
    for (std::size_t i = from; i < words.size(); ++i) {
        auto name = reader_.name(words[i]);
        if (!name.ok()) return name.status();
        statement.names.push_back(*name);
    }
    return absl::OkStatus();
}

absl::Status Parser::read_references(ScriptArguments kind, const Words& words, const Scope& scope,
                                     ScriptStatement& statement) {
    for (const absl::string_view word : words) {
        auto operand = kind == ScriptArguments::kPlaces ? reader_.place(word, scope.action)
                                                        : reader_.operand(word, scope.action);
        if (!operand.ok()) return operand.status();
        if (kind == ScriptArguments::kPlaces && operand->slots.empty()) {
            return wrong(absl::StrCat("'", word, "' is no slot"));
        }
        statement.operands.push_back(*std::move(operand));
    }
    return absl::OkStatus();
}

absl::Status Parser::read_event(const Words& words, ScriptStatement& statement) {
    if (words[0] == "gc" && (words[1] == "start" || words[1] == "stop")) {
        statement.event = words[1] == "start" ? ScriptEvent::kStart : ScriptEvent::kStop;
        return absl::OkStatus();
    }
    if (words[0] != "fin" && words[0] != "cb") {
        return wrong(absl::StrCat("unknown event '", words[0], " ", words[1], "'"));
    }
    statement.event = words[0] == "fin" ? ScriptEvent::kFinalizer : ScriptEvent::kCallback;
    return read_names(words, 1, statement);
}

absl::Status Parser::read_events(const Words& words, ScriptStatement& statement) {
    for (const absl::string_view word : words) {
        const std::vector<absl::string_view> parts = absl::StrSplit(word, ':');
        const bool named = parts.size() == 2 && (parts[0] == "fin" || parts[0] == "cb") &&
                           reader_.name(parts[1]).ok();
        if (!named && word != "gc:start" && word != "gc:stop") {
            return wrong(absl::StrCat("bad event '", word, "'"));
        }
        statement.words.emplace_back(word);
    }
    return absl::OkStatus();
}

absl::Status Parser::read_mode(absl::string_view mode, const Scope& scope) {
    if (scope.depth > 0) return wrong("mode is not the first statement");
    program_.legacy = mode == "legacy";
    program_.generations = mode == "generations";
    if (program_.legacy || program_.generations) return absl::OkStatus();
    return wrong(absl::StrCat("unknown mode '", mode, "'"));
}

absl::Status Parser::read_arguments(const ScriptVerbRow& row, const Words& arguments,
                                    const Scope& scope, ScriptStatement& statement) {
    using enum ScriptArguments;
    switch (row.arguments) {
        case kNothing:
        case kStatement: return absl::OkStatus();
        case kKindAndNames: {
            const bool final_node = arguments[0] == "fin";
            const bool atomic = arguments[0] == "atomic";
            if (final_node) statement.kind = ScriptKind::kFinalNode;
            if (atomic) statement.kind = ScriptKind::kAtomic;
            const std::size_t from = final_node || atomic ? 1 : 0;
            if (arguments.size() == from) return wrong("new needs a NAME");
            return read_names(arguments, from, statement);
        }
        case kNames: return read_names(arguments, 0, statement);
        case kPlaces:
        case kOperands: return read_references(row.arguments, arguments, scope, statement);
        case kTarget: {
            if (arguments.size() == 3 && arguments[2] != "cb") return wrong("weak NAME X [cb]");
            statement.on = arguments.size() == 3;
            auto status = read_names({arguments[0]}, 0, statement);
            if (!status.ok()) return status;
            return read_references(kOperands, {arguments[1]}, scope, statement);
        }
        default: return read_other_arguments(row.arguments, arguments, scope, statement);
    }
}

absl::Status Parser::read_other_arguments(ScriptArguments kind, const Words& arguments,
                                          const Scope& scope, ScriptStatement& statement) {
    using enum ScriptArguments;
    switch (kind) {
        case kNumber: {
            auto number = read_script_number(arguments[0]);
            if (!number.ok()) return number.status();
            statement.number = *number;
            if (statement.verb != ScriptVerb::kThreshold || *number <= kThresholdMost)
                return absl::OkStatus();
            return wrong(absl::StrCat("the threshold is higher than ", kThresholdMost));
        }
        case kSwitch:
            statement.on = arguments[0] == "on";
            if (statement.on || arguments[0] == "off") return absl::OkStatus();
            return wrong(absl::StrCat("neither 'on' nor 'off': '", arguments[0], "'"));
        case kGeneration:
            if (arguments.empty()) return absl::OkStatus();
            if (arguments[0] == "0" || arguments[0] == "1" || arguments[0] == "2") {
                statement.words.emplace_back(arguments[0]);
                return absl::OkStatus();
            }
            return wrong(absl::StrCat("bad generation '", arguments[0], "'"));
        case kEvent: return read_event(arguments, statement);
        case kEvents: return read_events(arguments, statement);
        case kModeName: return read_mode(arguments[0], scope);
        default:
            for (const absl::string_view word : arguments) statement.words.emplace_back(word);
            return absl::OkStatus();
    }
}

}  // namespace

absl::StatusOr<ScriptProgram> parse_script(absl::string_view text, absl::string_view file) {
    return Parser(text, file).parse();
}

}  // namespace ouro::tools
