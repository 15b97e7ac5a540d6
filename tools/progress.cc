#include "tools/progress.h"

#include <utility>

#include "platform/thread.h"

namespace ouro::tools {

namespace {
constexpr std::uint64_t kIntervalNs = 100'000'000;
}  // namespace

Progress::Progress(std::ostream& out, bool is_terminal, std::string what, std::uint64_t silent_ns)
    : out_(out),
      is_terminal_(is_terminal),
      what_(std::move(what)),
      next_ns_(platform::clock_ns() + silent_ns) {}

Progress::~Progress() { erase(); }

void Progress::erase() {
    if (written_) out_ << "\r\x1b[K" << std::flush;  // to the end of the line
    written_ = false;
}

void Progress::update(std::uint64_t done, std::uint64_t total) {
    if (!is_terminal_ || total == 0) return;
    if (done >= total) {
        erase();
        return;
    }
    const std::uint64_t now = platform::clock_ns();
    if (now < next_ns_) return;
    next_ns_ = now + kIntervalNs;
    written_ = true;
    const double percent = 100.0 * static_cast<double>(done) / static_cast<double>(total);
    out_ << '\r' << what_ << ": " << static_cast<unsigned>(percent) << " %\x1b[K" << std::flush;
}

}  // namespace ouro::tools
