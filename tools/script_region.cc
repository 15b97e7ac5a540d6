#include "tools/script_region.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <unordered_set>
#include <utility>
#include <vector>

#include "tools/script_objects.h"

namespace ouro::tools {

namespace {

using Statements = std::vector<ScriptStatement>;

constexpr double kRoom = std::size_t{16} << 20;
constexpr double kMargin = 2;  // size classes, page records
constexpr double kSmallObject = 128;
constexpr double kFiller = 64;
constexpr int kRoundsMax = 8;  // of events whose actions cause events

/// How many objects, and what else takes memory.
struct Demand {
    double nodes = 0;
    double small = 0;  ///< weak references, atomic objects, numbers
    double fillers = 0;
    double text = 0;
    double collections = 0;

    Demand& operator+=(const Demand& other) {
        nodes += other.nodes;
        small += other.small;
        fillers = std::max(fillers, other.fillers);
        text += other.text;
        collections += other.collections;
        return *this;
    }
};

class Estimate {
public:
    explicit Estimate(const ScriptProgram& program) : program_(program) {
        std::vector<double> now(program.names.size());
        Demand demand = add(program.statements, 1, now);
        // Whatever is made may end, and whoever is told of that may make more.
        for (int round = 0; round < kRoundsMax; ++round) {
            total_ += demand;
            std::vector<double> next(now.size());
            Demand more;
            const std::size_t known = actions_.size();  // those inside are noted as they come
            for (std::size_t i = 0; i < known; ++i) {
                const ScriptStatement* actions = actions_[i];
                const bool of_object = actions->event == ScriptEvent::kFinalizer ||
                                       actions->event == ScriptEvent::kCallback;
                const double times = of_object ? now[actions->names[0]] : demand.collections;
                if (times > 0) more += add(actions->body, times, next);
            }
            now = std::move(next);
            demand = more;
            if (demand.nodes + demand.small + demand.collections == 0) break;
        }
    }

    double bytes() const {
        const double node = static_cast<double>(sizeof(Header) + sizeof(ScriptNode) +
                                                program_.slot_count * sizeof(FieldSlot));
        return total_.nodes * node + total_.small * kSmallObject + total_.fillers * kFiller +
               total_.text;
    }

private:
    /// What the statements ask for, carried out so many times; what they make of each label.
    Demand add(const Statements& statements, double times, std::vector<double>& made) {
        Demand demand;
        for (const ScriptStatement& statement : statements) {
            const double count = static_cast<double>(statement.number);
            switch (statement.verb) {
                case ScriptVerb::kNew: {
                    const double objects = times * static_cast<double>(statement.names.size());
                    (statement.kind == ScriptKind::kAtomic ? demand.small : demand.nodes) +=
                        objects;
                    for (const std::uint32_t label : statement.names) made[label] += times;
                    break;
                }
                case ScriptVerb::kWeak:
                    demand.small += times;
                    made[statement.names[0]] += times;
                    break;
                case ScriptVerb::kAssign: add_value(statement.operands[1], times, demand); break;
                case ScriptVerb::kChurn: demand.fillers = std::max(demand.fillers, count); break;
                case ScriptVerb::kCollect:
                case ScriptVerb::kSettle: demand.collections += times; break;
                case ScriptVerb::kOn: note_actions(statement); break;
                case ScriptVerb::kRepeat: demand += add(statement.body, times * count, made); break;
                default: demand += add(statement.body, times, made); break;
            }
        }
        return demand;
    }

    static void add_value(const ScriptOperand& source, double times, Demand& demand) {
        if (source.base == ScriptOperand::Base::kInteger) demand.small += times;
        if (source.base == ScriptOperand::Base::kText)
            demand.text += kSmallObject + static_cast<double>(source.text.size());
    }

    void note_actions(const ScriptStatement& statement) {
        if (known_.insert(&statement).second) actions_.push_back(&statement);
    }

    const ScriptProgram& program_;
    std::vector<const ScriptStatement*> actions_;
    std::unordered_set<const ScriptStatement*> known_;
    Demand total_;
};

double machine_bytes() {
    return static_cast<double>(sysconf(_SC_PHYS_PAGES)) *
           static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace

std::size_t region_bytes_for(const ScriptProgram& program) {
    const double wanted = kRoom + kMargin * Estimate(program).bytes();
    return static_cast<std::size_t>(std::min(wanted, machine_bytes() * 3 / 4));
}

}  // namespace ouro::tools
