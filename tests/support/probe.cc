#include "tests/support/probe.h"

#include <utility>
#include <vector>

#include "platform/mutex.h"

namespace ouro::testing::events {

namespace {

struct Log {
    platform::Mutex mutex;
    std::vector<std::pair<char, int>> events;
};

// Never destroyed: objects may end after the statics of the test program.
Log& log() {
    static Log& log = *new Log;
    return log;
}

}  // namespace

void add(char kind, int id) {
    if (id == kSilent) return;
    const platform::LockGuard guard(log().mutex);
    log().events.emplace_back(kind, id);
}

void clear() {
    const platform::LockGuard guard(log().mutex);
    log().events.clear();
}

std::string all() {
    const platform::LockGuard guard(log().mutex);
    std::string text;
    for (const auto& [kind, id] : log().events) {
        if (!text.empty()) text += ' ';
        text += kind + std::to_string(id);
    }
    return text;
}

int count(char kind, int id) {
    const platform::LockGuard guard(log().mutex);
    int count = 0;
    for (const auto& event : log().events) {
        if (event.first == kind && (id < 0 || event.second == id)) ++count;
    }
    return count;
}

}  // namespace ouro::testing::events
