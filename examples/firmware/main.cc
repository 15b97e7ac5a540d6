// A firmware as many are: eight sensors, a 1 kHz interrupt that samples them, a control task 200
// times a second, a third thread that looks at everything. Its objects form rings all the time, and
// it runs in 32 KiB. README.md has what it prints.
//
// Time is the emulated machine's: an instruction takes 8 ns.
#include <array>
#include <cstdint>

#include "examples/firmware/count_race.h"
#include "examples/firmware/tasks.h"
#include "ports/cortex_m/boards/board.h"

namespace {

namespace board = ouro::board;

constexpr std::uint32_t kUpdates = FIRMWARE_UPDATES;
constexpr std::uint32_t kReports = 10;

void print(const char* text, std::uint64_t number, const char* end) {
    board::print(text);
    board::print_number(number);
    board::print(end);
}

void report(Memory& memory, std::uint32_t updates) {
    print("  ", updates, " updates: ");
    print("", memory.objects(), " objects, ");
    print("", memory.bytes(), " bytes\n");
}

/// Right-aligned in so many columns.
void print_column(std::uint32_t value, unsigned width) {
    for (std::uint32_t limit = 10; --width > 0; limit *= 10)
        if (value < limit) board::print(" ");
    board::print_number(value);
}

void run(const char* name, Collecting how, std::uint32_t updates, Histogram& histogram) {
    board::print(name);
    board::print("\n");
    Memory memory(how);
    run_tasks(memory, updates, histogram, updates / kReports, report);
}

using Histograms = std::array<const Histogram*, 3>;

template <class Figure>
void print_row(const Histograms& all, Figure&& figure) {
    unsigned width = 20;
    for (const Histogram* histogram : all) {
        print_column(figure(*histogram), width);
        width = 12;
    }
    board::print("\n");
}

[[maybe_unused]] void print_histograms(const Histograms& all) {
    board::print("control output after its due time  collector off          on     stepped\n");
    for (unsigned i = 0; i < Histogram::kBuckets; ++i) {
        const bool last = i + 1 == Histogram::kBuckets;
        board::print(last ? "  later                     " : "  less than ");
        if (!last) print_column(Histogram::kLimits[i], 6);
        if (!last) board::print(" us       ");
        print_row(all, [i](const Histogram& one) { return one.count(i); });
    }
    board::print("  due again before its end  ");
    print_row(all, [](const Histogram& one) { return one.missed(); });
    board::print("  the longest, us           ");
    print_row(all, [](const Histogram& one) { return one.longest_us(); });
}

}  // namespace

void out_of_memory() {
    print("out of memory after ", updates_done(), " updates\n");
    board::leave(1);
}

int main() {
    start_timer();
    board::print(Memory::kName);
    print(" in ", kMemoryBytes, " bytes\n");
    CountRace race;
    {
        Memory memory(Collecting::when_full);
        race = race_counts(memory);
    }
    print("references copied by a thread and an interrupt: there are ", race.expected, ", ");
    print("the count says ", race.counted, "\n");

    Histogram off, on, stepped;
#if FIRMWARE_SHARED_PTR
    run("nobody collects rings", Collecting::when_full, kUpdates, off);
#else
    run("collector off: rings are collected when memory runs short", Collecting::when_full,
        kUpdates / 10, off);
    run("collector on: a thread of the lowest priority", Collecting::thread, kUpdates, on);
    run("collector stepped: by the program's loop while it has nothing to do", Collecting::stepped,
        kUpdates / 10, stepped);
    print_histograms({&off, &on, &stepped});
#endif
    return 0;
}
