// `ouro stress`: its arguments and its help.
#include <charconv>
#include <iostream>
#include <random>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "stress/stress.h"

namespace ouro::stress {

namespace {

constexpr char kHelp[] =
    R"(usage: ouro stress [--threads=N] [--seconds=S] [--seed=X] [--region=BYTES] [--json]

Many threads build, link, move, copy and drop objects of one heap at random, with weak references,
finalizers that resurrect, collections, short-lived threads and the end of memory. At every rest the
heap is compared, object by object and count by count, with a model that is kept outside of it.

Flags:
  --threads=N
      threads that work at once, 1 to 64; others come and go. Default: 4.
  --seconds=S
      how long to begin new rounds. Default: 10.
  --seed=X
      what everything but the schedule of the threads derives from. Default: drawn, and printed.
  --region=BYTES
      the heap's memory: digits, and K, M or G behind them. Small regions (256K) make the end of
      memory ordinary. Default: 16M.
  --json
      the figures as one JSON object on standard output; the seed goes to standard error.

Exit status: 0 all as it must be; 1 a violation, with the evidence on standard error; 2 wrong
arguments, or a region too small to begin with.
)";

/// All of `text` as a number.
template <class T>
bool parse_number(std::string_view text, T& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

bool parse_bytes(std::string_view text, std::size_t& bytes) {
    constexpr std::string_view kSuffixes = "KMG";
    unsigned shift = 0;
    if (!text.empty()) {
        const std::size_t index = kSuffixes.find(text.back());
        if (index != std::string_view::npos) {
            shift = 10 * (static_cast<unsigned>(index) + 1);
            text.remove_suffix(1);
        }
    }
    std::uint64_t number = 0;
    if (!parse_number(text, number) || number > (~std::uint64_t{0} >> 16) >> shift) return false;
    bytes = number << shift;
    return true;
}

/// Sets the flag; false iff the value is none for it.
bool set_flag(std::string_view name, std::string_view value, StressOptions& options) {
    if (name == "threads") {
        return parse_number(value, options.threads) && options.threads >= 1 &&
               options.threads <= kThreadsMax;
    }
    if (name == "seconds") {
        return parse_number(value, options.seconds) && options.seconds >= 0 &&
               options.seconds <= 1e7;
    }
    if (name == "seed") return parse_number(value, options.seed);
    if (name == "json") return absl::SimpleAtob({value.data(), value.size()}, &options.json);
    return parse_bytes(value, options.region_bytes);
}

bool is_flag_with_value(std::string_view name) {
    return name == "threads" || name == "seconds" || name == "seed" || name == "region" ||
           name == "json";
}

}  // namespace

std::string parse_options(std::span<char* const> arguments, StressOptions& options, bool& help) {
    help = false;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        std::string_view text = arguments[i];
        if (text == "-h" || text == "--help") {
            help = true;
            return "";
        }
        if (text == "--json") text = "--json=true";
        const std::size_t equals = text.find('=');
        std::string_view name = text.substr(0, equals);
        const bool is_flag = name.starts_with("--");
        if (is_flag) name.remove_prefix(2);
        if (!is_flag || !is_flag_with_value(name))
            return absl::StrCat("unknown argument '", std::string(text), "'");
        std::string_view value;
        if (equals != std::string_view::npos) {
            value = text.substr(equals + 1);
        } else if (++i < arguments.size()) {
            value = arguments[i];
        } else {
            return absl::StrCat("--", std::string(name), " needs a value");
        }
        if (!set_flag(name, value, options))
            return absl::StrCat("--", std::string(name), " cannot be '", std::string(value), "'");
    }
    return "";
}

int stress_command(std::span<char* const> arguments) {
    StressOptions options;
    std::random_device device;
    options.seed = (std::uint64_t{device()} << 32 | device()) % 1'000'000'000;
    bool help = false;
    const std::string problem = parse_options(arguments, options, help);
    if (!problem.empty()) {
        std::cerr << "ouro stress: " << problem << "\nTry 'ouro stress --help'.\n";
        return kUsage;
    }
    if (help) {
        std::cout << kHelp;
        return kOk;
    }
    return run_stress(options, std::cout, std::cerr);
}

}  // namespace ouro::stress
