// One run: threads at work and at rest in turn, the judge at every rest, figures at the end.
#include <chrono>
#include <iostream>
#include <memory>
#include <new>
#include <thread>

#include "absl/strings/str_cat.h"
#include "platform/thread.h"
#include "stress/gate.h"
#include "stress/judge.h"
#include "stress/stress.h"
#include "stress/watchdog.h"

namespace ouro::stress {

namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;

/// Everything a run owns. After a violation it is left to the end of the program.
class Run {
public:
    Run(const StressOptions& options, std::ostream& err)
        : options_(options),
          random_(scramble(options.seed)),
          plan_(options, random_.stream(0)),
          threads_(random_.stream(1)),
          evidence_(err, threads_) {}

    const Plan& plan() const { return plan_; }
    Evidence& evidence() { return evidence_; }

    /// False iff the region is too small.
    bool start(std::string& problem);
    void work();
    Figures figures();

private:
    void one_round(unsigned round, Judge& judge, Watchdog& watchdog);
    void rest(unsigned round, Judge& judge, Watchdog& watchdog);
    void drop_everything();
    void end(Judge& judge, Watchdog& watchdog);

    const StressOptions options_;
    Random random_;
    const Plan plan_;
    ThreadRecords threads_;
    Evidence evidence_;
    std::unique_ptr<std::byte[]> region_;
    std::unique_ptr<World> world_;
    Workers workers_;
    std::vector<std::thread> system_threads_;
    std::unique_ptr<Gate> gate_;
    Ref<BareLeaf> outlives_;  ///< a handle that is dropped after the heap has ended
    std::size_t largest_at_start_ = 0;
    Figures figures_;
};

bool Run::start(std::string& problem) {
    region_.reset(new (std::nothrow) std::byte[options_.region_bytes]);
    if (region_ == nullptr) {
        problem = absl::StrCat("no memory for a region of ", options_.region_bytes, " bytes");
        return false;
    }
    auto heap = ManagedHeap::create({region_.get(), options_.region_bytes}, plan_.config);
    if (!heap) {
        problem = absl::StrCat("no heap in a region of ", options_.region_bytes,
                               " bytes: ", to_string(heap.error()));
        return false;
    }
    threads_.mine().name = "coordinator";
    largest_at_start_ = heap->statistics().largest_free_block;
    world_ = std::make_unique<World>(options_, plan_, std::move(*heap), threads_, evidence_);
    if (!world_->make_hubs(random_)) {
        problem = absl::StrCat("a region of ", options_.region_bytes, " bytes is too small");
        return false;
    }
    for (unsigned i = 0; i < options_.threads; ++i)
        workers_.push_back(std::make_unique<Worker>(*world_, i, random_.stream(10 + i)));
    return true;
}

void Run::work() {
    const AbortReport report(evidence_);
    Watchdog watchdog(evidence_);
    Judge judge(*world_, workers_);
    gate_ = std::make_unique<Gate>(options_.threads);
    for (const auto& worker : workers_)
        system_threads_.emplace_back([this, w = worker.get()] { w->run(*gate_); });
    gate_->wait_for_rest();

    const std::uint64_t begin = platform::clock_ns();
    const auto limit = static_cast<std::uint64_t>(options_.seconds * double{kSecondNs});
    unsigned round = 0;
    while (!evidence_.found() && (round == 0 || platform::clock_ns() - begin < limit))
        one_round(++round, judge, watchdog);

    gate_->end();
    for (std::thread& thread : system_threads_) thread.join();
    if (!evidence_.found()) end(judge, watchdog);
    figures_.seconds = static_cast<double>(platform::clock_ns() - begin) / double{kSecondNs};
    figures_.rounds = round;
    figures_.survived_max = judge.reachable();
    if (!evidence_.found()) return;
    world_->heap.collector().stop();  // its thread writes a log too
    evidence_.dump();
}

void Run::one_round(unsigned round, Judge& judge, Watchdog& watchdog) {
    evidence_.enter_round(round);
    watchdog.progress("a round");
    gate_->open();
    const auto time = random_.between(plan_.round_ms / 2, plan_.round_ms * 3 / 2);
    const std::uint64_t until = platform::clock_ns() + std::uint64_t{time} * 1'000'000;
    while (platform::clock_ns() < until && !evidence_.found())
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    gate_->close();
    if (!evidence_.found()) rest(round, judge, watchdog);
}

/// Between two rounds; all threads rest.
void Run::rest(unsigned round, Judge& judge, Watchdog& watchdog) {
    const bool background = plan_.config.collector.background &&
                            !plan_.config.collector.user_code_by_drain &&
                            plan_.user_code < UserCode::finalizers;
    if (background && world_->heap.collector().is_enabled() && random_.one_in(4)) {
        watchdog.progress("waiting for the background collector");
        judge.judge_background();
    }
    threads_.mine().log.at(platform::clock_ns());
    watchdog.progress("the comparison");
    judge.judge();
    if (evidence_.found()) return;
    // Some rounds begin with what the last one left, some with a part of it, some with nothing.
    if (random_.one_in(3)) drop_everything();
    if (random_.one_in(4)) {
        watchdog.progress("the comparison after drops");
        judge.judge();
    }
    if (world_->hubs.empty() || random_.one_in(2)) {
        if (!world_->make_hubs(random_)) {
            drop_everything();
            judge.judge();
            if (!world_->make_hubs(random_) && !evidence_.found()) {
                evidence_.violation(absl::StrCat(
                    "no memory for one object after everything was dropped in round ", round));
            }
        }
    }
}

void Run::drop_everything() {
    for (const auto& worker : workers_) {
        for (Ref<Object>& handle : worker->pocket) handle.reset();
    }
    world_->drop_all();
}

void Run::end(Judge& judge, Watchdog& watchdog) {
    watchdog.progress("the end");
    if (options_.planted == PlantedFault::extra_handle) {
        static Ref<Object> unknown;
        unknown = workers_.front()->make(Kind::plain);
    }
    // Finalizers may store references while others are dropped: each runs once, so this ends.
    for (int i = 0; i < 8; ++i) {
        drop_everything();
        world_->heap.collect();
    }
    judge.judge_end(largest_at_start_);
    if (evidence_.found()) return;
    figures_ = figures();
    auto outlives = world_->heap.try_make<BareLeaf>();
    if (outlives) outlives_ = *outlives;
    workers_.clear();
    watchdog.progress("the end of the heap");
    world_.reset();
    outlives_.reset();
}

Figures Run::figures() {
    if (world_ != nullptr) {
        figures_.heap = world_->heap.statistics();
        figures_.collector = world_->heap.collector().statistics();
        figures_.tally = {};
        threads_.for_each([&](ThreadRecord& record) { figures_.tally.add(record.tally); });
    }
    figures_.seed = options_.seed;
    figures_.threads = options_.threads;
    figures_.violations = evidence_.count();
    figures_.ok = !evidence_.found();
    return figures_;
}

}  // namespace

int run_stress(const StressOptions& options, std::ostream& out, std::ostream& err) {
    std::ostream& talk = options.json ? err : out;
    talk << "seed " << options.seed << std::endl;
    auto run = std::make_unique<Run>(options, err);
    talk << "plan " << run->plan().describe() << std::endl;
    std::string problem;
    if (!run->start(problem)) {
        err << "ouro stress: " << problem << std::endl;
        return kUsage;
    }
    run->work();
    const Figures figures = run->figures();
    out << (options.json ? to_json(figures) + "\n" : to_text(figures)) << std::flush;
    if (figures.ok) return kOk;
    err << "seed " << options.seed << ": " << figures.violations << " violations" << std::endl;
    // Whatever else happened to this heap would only blur the evidence; nothing of it is touched.
    static auto* const abandoned = new std::vector<std::unique_ptr<Run>>;
    abandoned->push_back(std::move(run));
    return kViolation;
}

}  // namespace ouro::stress
