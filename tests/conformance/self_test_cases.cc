// Goal: the self-test accepts memory in which atomics work, refuses memory in which they do not,
// and keeps its content. Method: a region tested as it is, and with a probe that fails on chosen
// words.
#include "platform/self_test.h"

#include <cstddef>
#include <cstdint>

#include "tests/conformance/suite.h"

namespace ouro::conformance {

namespace {

using platform::atomics_work_in;

constexpr std::size_t kWords = 1100;  // more than one step of the test
std::uint32_t g_region[kWords];
const std::uint32_t* g_broken;
unsigned g_probes;

bool probe_with_a_broken_word(std::uint32_t* word) {
    ++g_probes;
    return word != g_broken && port::probe_word(word);
}

void accepts_and_keeps() {
    for (std::size_t i = 0; i < kWords; ++i) g_region[i] = static_cast<std::uint32_t>(i * 77);
    OURO_CONFORMS(atomics_work_in(g_region, sizeof g_region), "this memory works");
    for (std::size_t i = 0; i < kWords; ++i)
        OURO_CONFORMS(g_region[i] == i * 77, "the content of the tested memory is kept");
    auto* bytes = reinterpret_cast<char*>(g_region);
    OURO_CONFORMS(atomics_work_in(bytes + 1, 11), "a region need not be aligned");
    OURO_CONFORMS(!atomics_work_in(bytes + 1, 6), "a region without a whole word is refused");
    OURO_CONFORMS(!atomics_work_in(bytes, 0), "an empty region is refused");
}

void refuses_broken_memory() {
    g_probes = 0;
    const std::uint32_t* const ends_of_banks[] = {g_region, g_region + kWords - 1,
                                                  g_region + platform::kProbeDistance / 4};
    for (const std::uint32_t* word : ends_of_banks) {
        g_broken = word;
        OURO_CONFORMS(!atomics_work_in(g_region, sizeof g_region, probe_with_a_broken_word),
                      "memory in which atomics do not work is refused");
    }
    g_broken = nullptr;
    OURO_CONFORMS(atomics_work_in(g_region, sizeof g_region, probe_with_a_broken_word),
                  "the same memory in order is accepted");
    OURO_CONFORMS(g_probes == 1 + 3 + 2 + 3, "it is the first, the last and every 4096th byte");
}

}  // namespace

const Case kSelfTestCases[] = {
    {"self-test: accepts and keeps", accepts_and_keeps},
    {"self-test: refuses broken memory", refuses_broken_memory},
    {nullptr, nullptr},
};

}  // namespace ouro::conformance
