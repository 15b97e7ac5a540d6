// Fuzz target: the script parser. It accepts, or refuses with the name of the file and a line.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tools/script_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto program =
        ouro::tools::parse_script({reinterpret_cast<const char*>(data), size}, "input");
    if (!program.ok() && program.status().message().substr(0, 6) != "input:") {
        std::fputs("fuzz: a refusal without a line\n", stderr);
        std::abort();
    }
    return 0;
}
