#include "stress/evidence.h"

#include <algorithm>
#include <ostream>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "platform/thread.h"

namespace ouro::stress {

namespace {

struct Mine {
    std::uint64_t run = 0;
    ThreadRecord* record = nullptr;
};
// Trivial, so that it can be used while the thread's other thread-local objects are destroyed.
thread_local Mine t_mine;

constexpr std::size_t kShownPerThread = 24;
constexpr std::size_t kShownAboutObject = 80;

}  // namespace

// ---- the threads' records

std::uint64_t ThreadRecords::draw_run_number() {
    static platform::atomic<std::uint32_t> next{0};
    return next.fetch_add(1, platform::memory_order_relaxed) + std::uint64_t{1};
}

ThreadRecord* ThreadRecords::mine_if_any() const {
    return t_mine.run == run_ ? t_mine.record : nullptr;
}

ThreadRecord& ThreadRecords::mine() {
    if (t_mine.run == run_) return *t_mine.record;
    std::lock_guard<std::mutex> lock(mutex_);
    auto free = std::find_if(records_.begin(), records_.end(),
                             [](const ThreadRecord& record) { return !record.in_use; });
    if (free == records_.end()) {
        records_.emplace_back(random_.stream(records_.size()));
        free = records_.end() - 1;
        free->name = absl::StrFormat("thread %d", records_.size() - 1);
    }
    free->in_use = true;
    t_mine = {run_, &*free};
    return *free;
}

void ThreadRecords::give_back(ThreadRecord* record) {
    if (record == nullptr) return;
    std::lock_guard<std::mutex> lock(mutex_);
    record->in_use = false;
}

// ---- violations

Evidence::Evidence(std::ostream& err, ThreadRecords& threads)
    : err_(err), threads_(threads), begin_ns_(platform::clock_ns()) {}

void Evidence::violation(std::string_view what, Serial about) {
    std::lock_guard<std::mutex> lock(mutex_);
    // order: acq_rel; see found().
    const std::uint32_t before = violations_.fetch_add(1, platform::memory_order_acq_rel);
    if (about_ == 0) about_ = about;
    if (before >= kPrinted) return;
    err_ << "violation: " << what;
    if (about != 0) err_ << " (object " << about << ")";
    const ThreadRecord* record = threads_.mine_if_any();
    err_ << ", round " << round_.load(platform::memory_order_acquire) << ", on "
         << (record == nullptr ? "a thread without record" : record->name) << "\n";
    if (before + 1 == kPrinted) err_ << "violation: more follow and are only counted\n";
    err_.flush();
}

void Evidence::remark(std::string_view text) {
    std::lock_guard<std::mutex> lock(mutex_);
    err_ << text << std::endl;
}

void Evidence::print(const ThreadRecord& record, const Log::Entry& entry) {
    const auto time = static_cast<std::int64_t>(entry.time_ns - begin_ns_);
    err_ << absl::StrFormat("  %12.3f ms  %-12s %s", static_cast<double>(time) / 1e6, record.name,
                            entry.what);
    if (entry.first != 0) err_ << " " << entry.first;
    if (entry.second != 0) err_ << " " << entry.second;
    err_ << "\n";
}

void Evidence::dump() {
    if (about_ != 0) {
        struct Found {
            const ThreadRecord* record;
            Log::Entry entry;
            std::size_t order;
        };
        std::vector<Found> found;
        threads_.for_each([&](const ThreadRecord& record) {
            record.log.for_each([&](const Log::Entry& entry) {
                if (entry.first == about_ || entry.second == about_)
                    found.push_back({&record, entry, found.size()});
            });
        });
        std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
            return std::pair(a.entry.time_ns, a.order) < std::pair(b.entry.time_ns, b.order);
        });
        err_ << "what the logs still hold about object " << about_ << " (oldest first):\n";
        const std::size_t skip =
            found.size() > kShownAboutObject ? found.size() - kShownAboutObject : 0;
        for (std::size_t i = skip; i < found.size(); ++i) print(*found[i].record, found[i].entry);
    }
    threads_.for_each([&](const ThreadRecord& record) {
        err_ << "last operations of " << record.name << ":\n";
        record.log.for_each([&](const Log::Entry& entry) { print(record, entry); },
                            kShownPerThread);
    });
    err_.flush();
}

}  // namespace ouro::stress
