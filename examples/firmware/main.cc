// A firmware as many are: eight sensors, a 1 kHz interrupt that samples them, a control task 200
// times a second, a third thread that looks at everything. Its objects form rings all the time, and
// it runs in 32 KiB. README.md has what it prints.
//
// Time is the emulated machine's: an instruction takes 8 ns.
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

void run(const char* name, bool collector, std::uint32_t updates, Histogram& histogram) {
    board::print(name);
    board::print("\n");
    Memory memory(collector);
    run_tasks(memory, updates, histogram, updates / kReports, report);
}

[[maybe_unused]] void print_histograms(const Histogram& off, const Histogram& on) {
    board::print("control output after its due time      collector off          on\n");
    for (unsigned i = 0; i < Histogram::kBuckets; ++i) {
        const bool last = i + 1 == Histogram::kBuckets;
        board::print(last ? "  later                     " : "  less than ");
        if (!last) print_column(Histogram::kLimits[i], 6);
        if (!last) board::print(" us       ");
        print_column(off.count(i), 24);
        print_column(on.count(i), 12);
        board::print("\n");
    }
    board::print("  due again before its end  ");
    print_column(off.missed(), 24);
    print_column(on.missed(), 12);
    board::print("\n");
    board::print("  the longest, us           ");
    print_column(off.longest_us(), 24);
    print_column(on.longest_us(), 12);
    board::print("\n");
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
        Memory memory(false);
        race = race_counts(memory);
    }
    print("references copied by a thread and an interrupt: there are ", race.expected, ", ");
    print("the count says ", race.counted, "\n");

    Histogram off, on;
#if FIRMWARE_SHARED_PTR
    run("nobody collects rings", false, kUpdates, off);
#else
    run("collector off: rings are collected when memory runs short", false, kUpdates / 10, off);
    run("collector on: a thread of the lowest priority", true, kUpdates, on);
    print_histograms(off, on);
#endif
    return 0;
}
