#include "ports/sim/schedule.h"

#include <cstdio>
#include <cstdlib>

#include "ports/sim/clock.h"

namespace ouro::port::sim {

std::string to_text(const Schedule& schedule) {
    if (schedule.empty()) return "-";
    std::string text;
    for (const Decision& decision : schedule) {
        char one[48];
        std::snprintf(one, sizeof one, "%s%u:%u%c%u", text.empty() ? "" : ",",
                      unsigned{decision.thread}, decision.step, decision.kind,
                      unsigned{decision.value});
        text += one;
    }
    return text;
}

std::optional<Schedule> from_text(std::string_view text) {
    Schedule schedule;
    const std::string copy(text);
    const char* at = copy.c_str();
    if (copy == "-") return schedule;
    while (true) {
        char* end = nullptr;
        const unsigned long thread = std::strtoul(at, &end, 10);
        if (end == at || *end != ':' || thread >= kThreadsMax) return std::nullopt;
        at = end + 1;
        const unsigned long step = std::strtoul(at, &end, 10);
        if (end == at || (*end != '>' && *end != '~' && *end != '!')) return std::nullopt;
        const auto kind = static_cast<Decision::Kind>(*end);
        at = end + 1;
        const unsigned long value = std::strtoul(at, &end, 10);
        if (end == at || value > 255) return std::nullopt;
        schedule.push_back({static_cast<std::uint8_t>(thread), kind,
                            static_cast<std::uint8_t>(value), static_cast<std::uint32_t>(step)});
        if (*end == '\0') return schedule;
        if (*end != ',') return std::nullopt;
        at = end + 1;
    }
}

}  // namespace ouro::port::sim
