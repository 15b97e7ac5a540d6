// The comparison of the heap with the model while all threads rest. Everything that differs is a
// violation; nothing is changed.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "stress/survey.h"
#include "stress/worker.h"

namespace ouro::stress {

using Workers = std::vector<std::unique_ptr<Worker>>;

class Judge {
public:
    Judge(World& world, Workers& workers) : world_(world), workers_(workers) {}

    /// Collects until nothing is left to find, then compares everything.
    void judge();
    /// Waits until the background collector alone has left nothing unreachable.
    void judge_background();
    /// All handles are gone: so is everything else, and memory is as free as in the beginning.
    void judge_end(std::size_t largest_free_block_at_start);

    std::size_t reachable() const { return reachable_; }

private:
    void take_survey(Survey& survey);
    void judge_one_collect();
    std::string leftovers(const Survey& survey);
    std::string dead_cells();
    void settle();
    void judge_objects(const Survey& survey);
    void judge_object(const Survey::Found& found);
    void judge_listing(const Survey& survey);
    void judge_shadow(const Survey& survey);
    void judge_weak_references(const Survey& survey);
    void judge_weak_reference(const Survey& survey, const WeakRecord& record);
    void judge_sums(const Survey& survey);
    void judge_memory();
    void violation(const std::string& what, Serial about = 0) {
        world_.evidence.violation(what, about);
    }
    bool planted(PlantedFault fault);
    std::uint64_t finalizers_begun();
    std::uint64_t finalizers_ended();

    World& world_;
    Workers& workers_;
    std::size_t reachable_ = 0;
    bool planted_ = false;
};

}  // namespace ouro::stress
