// Semihosting: the emulator, or a debugger, does what the machine cannot. ARM's document of that
// name, version 2.0, has the numbers.
#include "ports/cortex_m/boards/board.h"
#include "ports/cortex_m/port.h"

namespace ouro::board {

namespace {

constexpr std::uint32_t kWrite0 = 0x04;
constexpr std::uint32_t kCommandLine = 0x15;
constexpr std::uint32_t kExitExtended = 0x20;
constexpr std::uint32_t kApplicationExit = 0x20026;

std::uint32_t call(std::uint32_t operation, const void* argument) {
    register std::uint32_t number asm("r0") = operation;
    register const void* block asm("r1") = argument;
    asm volatile("bkpt 0xAB" : "+r"(number) : "r"(block) : "memory");
    return number;
}

}  // namespace

const char* const kName = OURO_BOARD;

void print(const char* text) { call(kWrite0, text); }

void print_number(std::uint64_t value) {
    char text[21];
    char* at = text + sizeof text;
    *--at = '\0';
    do {
        *--at = static_cast<char>('0' + value % 10);
        value /= 10;
    } while (value != 0);
    print(at);
}

void print_hex(std::uint32_t value) {
    char text[9];
    for (unsigned i = 0; i < 8; ++i) text[i] = "0123456789abcdef"[value >> (28 - 4 * i) & 0xF];
    text[8] = '\0';
    print(text);
}

void leave(int code) {
    const std::uint32_t block[2] = {kApplicationExit, static_cast<std::uint32_t>(code)};
    for (;;) call(kExitExtended, block);
}

std::uint32_t argument(std::uint32_t otherwise) {
    char line[64] = {};
    const struct {
        char* text;
        std::uint32_t length;
    } block = {line, sizeof line};
    if (call(kCommandLine, &block) != 0) return otherwise;
    const char* at = line;
    while (*at != '\0' && *at != ' ') ++at;
    while (*at == ' ') ++at;
    if (*at < '0' || *at > '9') return otherwise;
    std::uint32_t value = 0;
    for (; *at >= '0' && *at <= '9'; ++at)
        value = value * 10 + static_cast<std::uint32_t>(*at - '0');
    return value;
}

}  // namespace ouro::board

/// A broken rule ends the emulation with exit code 2.
extern "C" void ouro_cortex_m_fatal(const char* reason, const void* address) {
    using namespace ouro::board;
    print("fatal: ");
    print(reason);
    if (address != nullptr) {
        print(" (");
        print_hex(reinterpret_cast<std::uintptr_t>(address));
        print(")");
    }
    print("\n");
    leave(2);
}
