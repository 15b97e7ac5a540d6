#include "tools/command_line.h"

#include <limits>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace ouro::tools {

namespace {

constexpr absl::string_view kIndentation = "      ";

/// "4096" and shift 10 for "4096K". False iff the suffix is none of those known.
bool split_suffix(absl::string_view text, absl::string_view& digits, unsigned& shift) {
    constexpr absl::string_view kSuffixes = "KMG";
    digits = text;
    shift = 0;
    if (text.empty() || absl::ascii_isdigit(static_cast<unsigned char>(text.back()))) return true;
    const std::size_t index = kSuffixes.find(text.back());
    if (index == absl::string_view::npos) return false;
    digits.remove_suffix(1);
    shift = 10 * (static_cast<unsigned>(index) + 1);
    return true;
}

}  // namespace

const FlagSet::Flag* FlagSet::find(absl::string_view name) const {
    for (const Flag& flag : flags_) {
        if (flag.name == name) return &flag;
    }
    return nullptr;
}

/// Reads the flag at `index` and its value, which may be the next argument; `index` is then that.
absl::Status FlagSet::parse_flag(std::span<char* const> arguments, std::size_t& index) const {
    const absl::string_view text = arguments[index];
    const std::size_t equals = text.find('=');
    const absl::string_view written = text.substr(0, equals);
    absl::string_view name = written;
    const Flag* flag = absl::ConsumePrefix(&name, "--") ? find(name) : nullptr;
    if (flag == nullptr) {
        return absl::InvalidArgumentError(absl::StrCat("unknown flag '", written, "'"));
    }
    absl::string_view value = "true";  // of a switch that is merely there
    if (equals != absl::string_view::npos) {
        value = text.substr(equals + 1);
    } else if (!flag->is_switch) {
        if (++index == arguments.size()) {
            return absl::InvalidArgumentError(
                absl::StrCat(written, " needs a value: ", written, "=", flag->value_name));
        }
        value = arguments[index];
    }
    std::string error;
    if (flag->parse(value, &error)) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(written, " cannot be '", value, "'", error.empty() ? "" : ": ", error));
}

absl::StatusOr<CommandLine> FlagSet::parse(std::span<char* const> arguments) const {
    CommandLine line;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const absl::string_view text = arguments[i];
        if (text == "-h" || text == "--help") {
            line.help = true;
            return line;
        }
        if (text == "--") {
            const std::span<char* const> rest = arguments.subspan(i + 1);
            line.positionals.insert(line.positionals.end(), rest.begin(), rest.end());
            return line;
        }
        if (text.size() < 2 || text.front() != '-') {
            line.positionals.emplace_back(text);
        } else if (absl::Status status = parse_flag(arguments, i); !status.ok()) {
            return status;
        }
    }
    return line;
}

std::string FlagSet::help() const {
    std::string text;
    for (const Flag& flag : flags_) {
        const std::string separator = absl::StrCat("\n", kIndentation);
        absl::StrAppend(&text, "  --", flag.name, flag.is_switch ? "" : "=", flag.value_name,
                        separator, absl::StrReplaceAll(flag.help, {{"\n", separator}}));
        if (!flag.default_text.empty()) {
            absl::StrAppend(&text, " Default: ", flag.default_text, ".");
        }
        text.push_back('\n');
    }
    return text;
}

bool AbslParseFlag(absl::string_view text, ByteCount* count, std::string* error) {
    absl::string_view digits;
    unsigned shift = 0;
    std::uint64_t number = 0;
    if (!split_suffix(text, digits, shift) || !absl::SimpleAtoi(digits, &number) ||
        number > std::numeric_limits<std::uint64_t>::max() >> shift) {
        *error = "expected a number of bytes, such as 65536, 64K, 16M or 1G";
        return false;
    }
    count->value = number << shift;
    return true;
}

std::string AbslUnparseFlag(const ByteCount& count) { return absl::StrCat(count.value); }

int report_usage_error(std::ostream& err, absl::string_view command, absl::string_view message) {
    err << command << ": " << message << "\nTry '" << command << " --help'.\n" << std::flush;
    return kExitUsage;
}

std::optional<CommandLine> read_arguments(const FlagSet& flags, std::span<char* const> arguments,
                                          const CommandText& text, std::ostream& out,
                                          std::ostream& err, int& status) {
    absl::StatusOr<CommandLine> line = flags.parse(arguments);
    if (!line.ok()) {
        status = report_usage_error(err, text.name, line.status().message());
        return std::nullopt;
    }
    if (line->help) {
        out << text.usage << flags.help() << text.explanation << std::flush;
        status = kExitOk;
        return std::nullopt;
    }
    return *std::move(line);
}

}  // namespace ouro::tools
