// The command line of one command of `ouro`: flags that belong to that command alone, read by
// Abseil's flag types, and positional arguments, in any order.
//
// Not ABSL_FLAG: its flags are global to the program, so `ouro replay --help` would list those of
// `ouro stress`, and two commands could not give --threads different defaults. What a value looks
// like is Abseil's: any type with AbslParseFlag() and AbslUnparseFlag() can be a flag.
//
//     ReplayOptions options;
//     FlagSet flags;
//     flags.add("threads", &options.threads, "N", "threads that drop");
//     const absl::StatusOr<CommandLine> line = flags.parse(arguments);
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/flags/marshalling.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ouro::tools {

/// Exit statuses of the program. Of several, the greatest counts.
inline constexpr int kExitOk = 0;
inline constexpr int kExitDifference = 1;  ///< something is not as it must be
inline constexpr int kExitUsage = 2;       ///< wrong arguments, or an input that cannot be read
inline constexpr int kExitOutOfMemory =
    3;  ///< the region, or the machine, is too small; output that cannot be written

/// A command of the program: `ouro NAME ARGUMENT...`.
struct Command {
    absl::string_view name;
    absl::string_view summary;
    /// Takes the arguments after the name; returns the exit status.
    int (*run)(std::span<char* const> arguments);
};

/// What the arguments of a command say.
struct CommandLine {
    std::vector<std::string> positionals;
    bool help = false;  ///< -h or --help was given; flags after it were not looked at
};

/// The flags of one command.
class FlagSet {
public:
    /// Adds the flag --`name`. Its default is what `value` holds now; parse() writes there.
    /// Takes:      a T that outlives the set; what to call the value in the help (of a bool, which
    ///             needs none on the command line: ignored); one or more lines of help, without
    ///             indentation.
    template <class T>
    void add(absl::string_view name, T* value, absl::string_view value_name,
             absl::string_view help) {
        constexpr bool is_switch = std::is_same_v<T, bool>;
        flags_.push_back({std::string(name), std::string(value_name), std::string(help), is_switch,
                          is_switch ? "" : absl::UnparseFlag(*value),
                          [value](absl::string_view text, std::string* error) {
                              return absl::ParseFlag(text, value, error);
                          }});
    }

    /// Reads the arguments: --flag=VALUE, --flag VALUE, --switch, and positionals in between; all
    /// that follows `--` is positional. A flag given twice has its last value.
    /// Returns:    the positionals, or InvalidArgument with a message for the user iff a flag is
    ///             unknown, lacks its value or has one that its type does not accept.
    absl::StatusOr<CommandLine> parse(std::span<char* const> arguments) const;

    /// One paragraph per flag, with its default: the part of a help text below "Flags:".
    std::string help() const;

private:
    struct Flag {
        std::string name;
        std::string value_name;
        std::string help;
        bool is_switch;
        std::string default_text;
        std::function<bool(absl::string_view text, std::string* error)> parse;
    };

    const Flag* find(absl::string_view name) const;
    absl::Status parse_flag(std::span<char* const> arguments, std::size_t& index) const;

    std::vector<Flag> flags_;
};

/// A number of bytes as a flag: digits, and K, M or G behind them for 2^10, 2^20, 2^30.
struct ByteCount {
    std::uint64_t value = 0;
};
bool AbslParseFlag(absl::string_view text, ByteCount* count, std::string* error);
std::string AbslUnparseFlag(const ByteCount& count);

/// Says what is wrong with the arguments of a command ("ouro replay"), and where help is.
/// Returns:    kExitUsage.
int report_usage_error(std::ostream& err, absl::string_view command, absl::string_view message);

/// What a command says of itself: its name ("ouro replay") and the text around its flags' help.
struct CommandText {
    absl::string_view name;
    absl::string_view usage;
    absl::string_view explanation;
};

/// Reads the arguments of a command. Prints the help that was asked for, or what is wrong.
/// Returns:    what the arguments say; nothing iff something was printed: then `status` is the exit
///             status.
std::optional<CommandLine> read_arguments(const FlagSet& flags, std::span<char* const> arguments,
                                          const CommandText& text, std::ostream& out,
                                          std::ostream& err, int& status);

}  // namespace ouro::tools
