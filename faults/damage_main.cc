// ouro_damage: damages a populated region, one bit or one word at a time, and prints what came of
// it by kind of bit. Exit status 1: an endless loop or a write outside the region by a kind that is
// said to be contained, or verify() names less of a redundant kind than it should.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "faults/damage_map.h"
#include "faults/damage_trial.h"

namespace ouro::faults {
namespace {

constexpr const char* kFateNames[kFates] = {"named",   "later",   "fatal",   "nothing", "access",
                                            "crashed", "blocked", "endless", "outside"};

struct Options {
    std::uint64_t trials = 200;  ///< of each kind; 0 = every bit, and as many words
    std::uint64_t seed = 1;
    bool control = false;  ///< damages nothing: every fate must be `nothing`
    bool print_bad = false;
    std::string_view kind;  ///< this one only; empty = all
};

struct Row {
    std::uint64_t bits[kFates] = {};
    std::uint64_t words[kFates] = {};
};

std::uint64_t g_state;
std::uint64_t random_word() {
    std::uint64_t z = g_state += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ z >> 30) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ z >> 27) * 0x94d0'49bb'1331'11ebu;
    return z ^ z >> 31;
}

std::uint64_t sum(const std::uint64_t (&counts)[kFates]) {
    std::uint64_t all = 0;
    for (const std::uint64_t count : counts) all += count;
    return all;
}

unsigned percent_named(const std::uint64_t (&counts)[kFates]) {
    const std::uint64_t all = sum(counts);
    const std::uint64_t named = counts[static_cast<std::size_t>(Fate::named)];
    return all == 0 ? 0 : static_cast<unsigned>(100 * named / all);
}

/// Are fewer named than `percent` of them, by more than three standard deviations of a sample?
bool is_less_than(const std::uint64_t (&counts)[kFates], unsigned percent) {
    const double all = static_cast<double>(sum(counts)), share = percent / 100.0;
    const double named = static_cast<double>(counts[static_cast<std::size_t>(Fate::named)]);
    return named < all * share - 3 * std::sqrt(all * share * (1 - share));
}

void print_bad(BitKind kind, std::uint32_t bit, std::uint64_t mask, Fate fate) {
    std::printf("%s: byte %u, mask %016llx: %s\n", info_of(kind)->name, bit / 64 * 8,
                static_cast<unsigned long long>(mask), kFateNames[static_cast<unsigned>(fate)]);
}

Row try_kind(Population& population, const DamageMap& map, BitKind kind, const Options& options) {
    Row row;
    const auto& bits = map.bits(kind);
    // Of a kind that is seldom named more are tried, so that ten should be.
    const unsigned expected = info_of(kind)->named_at_least;
    const std::uint64_t wanted =
        std::max<std::uint64_t>(options.trials, expected == 0 ? 0 : 1000 / expected);
    const std::uint64_t trials = options.trials == 0 || wanted > bits.size() ? bits.size() : wanted;
    for (std::uint64_t i = 0; i < trials; ++i) {
        const std::uint32_t bit =
            trials == bits.size() ? bits[i] : bits[random_word() % bits.size()];
        const std::uint64_t one = std::uint64_t{1} << bit % 64;
        for (const bool word : {false, true}) {
            const std::uint64_t mask = options.control ? 0 : word ? random_word() | one : one;
            const Fate fate = population.damage(bit, mask);
            ++(word ? row.words : row.bits)[static_cast<std::size_t>(fate)];
            if (options.print_bad && fate >= Fate::blocked) print_bad(kind, bit, mask, fate);
        }
    }
    return row;
}

void print_counts(const char* name, const char* what, const std::uint64_t (&counts)[kFates]) {
    std::printf("%-18s %-5s %6llu", name, what, static_cast<unsigned long long>(sum(counts)));
    for (const std::uint64_t count : counts)
        std::printf(" %7llu", static_cast<unsigned long long>(count));
    std::printf("  %3u %%\n", percent_named(counts));
}

/// True iff all is as it should be.
bool judge(BitKind kind, const Row& row, const Options& options) {
    const KindInfo& info = *info_of(kind);
    bool good = true;
    if (options.control) return row.bits[static_cast<std::size_t>(Fate::nothing)] == sum(row.bits);
    if (is_less_than(row.bits, info.named_at_least)) {
        std::printf("damage: %s: verify() named %u of 100 bits, at least %u are redundant\n",
                    info.name, percent_named(row.bits), info.named_at_least);
        good = false;
    }
    for (const Fate fate : {Fate::endless, Fate::outside}) {
        const auto index = static_cast<std::size_t>(fate);
        if (!info.contained) continue;
        if (row.bits[index] + row.words[index] == 0) continue;
        std::printf("damage: %s: %s\n", info.name, kFateNames[index]);
        good = false;
    }
    return good;
}

int run(const Options& options) {
    g_state = options.seed;
    std::printf("seed %llu\n%-18s %-5s %6s", static_cast<unsigned long long>(options.seed), "kind",
                "flips", "tried");
    for (const char* name : kFateNames) std::printf(" %7s", name);
    std::printf("  named\n");
    Population population;
    const DamageMap map(population.managed().heap(), population.managed().collector(),
                        population.region(), Population::kBytes);
    bool good = true;
    for (std::size_t i = 0; i < kBitKinds; ++i) {
        const auto kind = static_cast<BitKind>(i);
        if (info_of(kind) == nullptr || map.bits(kind).empty()) continue;
        if (!options.kind.empty() && options.kind != info_of(kind)->name) continue;
        const Row row = try_kind(population, map, kind, options);
        print_counts(info_of(kind)->name, "bit", row.bits);
        print_counts("", "word", row.words);
        std::fflush(stdout);
        good = judge(kind, row, options) && good;
    }
    return good ? 0 : 1;
}

}  // namespace
}  // namespace ouro::faults

int main(int count, char** arguments) {
    ouro::faults::Options options;
    for (int i = 1; i < count; ++i) {
        const std::string_view name = arguments[i];
        if (name == "--all") {
            options.trials = 0;
        } else if (name == "--control") {
            options.control = true;
        } else if (name == "--print") {
            options.print_bad = true;
        } else if (name == "--trials" && i + 1 < count) {
            options.trials = std::strtoull(arguments[++i], nullptr, 10);
        } else if (name == "--seed" && i + 1 < count) {
            options.seed = std::strtoull(arguments[++i], nullptr, 10);
        } else if (name == "--kind" && i + 1 < count) {
            options.kind = arguments[++i];
        } else {
            std::puts(
                "usage: damage [--trials N | --all] [--seed S] [--kind NAME] [--control] "
                "[--print]");
            return 2;
        }
    }
    return ouro::faults::run(options);
}
