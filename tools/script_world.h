// One run of a gcscript: a heap of its own, the script's tables, and its output.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ouro/ouro.h"
#include "tools/region.h"
#include "tools/script_objects.h"
#include "tools/script_output.h"
#include "tools/script_program.h"
#include "tools/script_shared.h"
#include "tools/script_tables.h"

namespace ouro::tools {

/// The event whose actions run on this thread; `outer` was under way when it came.
struct ScriptContext {
    std::string event;  ///< "fin a"
    ScriptNode* self;   ///< the node that is finalized, else null
    ScriptContext* outer;
    std::string reason = {};  ///< why its actions fail; "": raised
};

class ScriptWorld final : public ScriptObserver {
public:
    /// Makes the heap. Fails (ResourceExhausted) when there is no memory for it.
    /// Takes:      the program, which outlives the world; where results go.
    static absl::StatusOr<std::unique_ptr<ScriptWorld>> create(const ScriptProgram& program,
                                                               std::size_t region_bytes,
                                                               std::ostream& out);
    /// Reclaims everything, without any event.
    ~ScriptWorld();

    /// Carries out the script. Fails ("LINE: reason") when the heap is full (ResourceExhausted) or
    /// a statement asks for what is not there (InvalidArgument).
    absl::Status run();
    /// Objects of the script that are not reclaimed yet.
    std::int64_t object_count() const { return objects_.get(); }
    Collector& collector() { return heap_.collector(); }
    /// Ends the script: no event prints or acts any more; all its objects are let go.
    void end();

    void object_made() override { objects_.add(1); }
    void object_reclaimed() override { objects_.add(-1); }
    void happen(ScriptEvent event, std::uint32_t label, ScriptNode* self) override;

private:
    using Statement = ScriptStatement;
    using Operand = ScriptOperand;
    using Totals = std::array<std::size_t, 3>;

    /// What an operand names.
    struct Found {
        enum class Kind : std::uint8_t { kDead, kOther, kObject };
        Kind kind;
        Id id;  ///< of an object
    };

    ScriptWorld(const ScriptProgram& program, MappedRegion region, ManagedHeap heap,
                std::ostream& out)
        : program_(program),
          output_(out),
          region_(std::move(region)),
          tables_(program.names.size() + 1),
          heap_(std::move(heap)) {}

    // ---- script_world.cc: events, output, operands
    void happen(ScriptEvent event, std::uint32_t label, ScriptNode* self, absl::string_view counts);
    static void collector_ran(void* self, const CollectInfo& info);
    void result(absl::string_view line);
    Ref<Object> value(const Operand& operand);
    Ref<Object> at_path(const Operand& operand, std::size_t slots);
    Ref<Object> shared_value(const Operand& operand);
    Found find(const Operand& operand);
    bool fail(Error error);
    bool give_up(const Statement& statement, std::string reason);

    // ---- script_statements.cc: each false when the actions end here
    bool run(const std::vector<Statement>& block);
    bool perform(const Statement& statement);
    bool perform_on_objects(const Statement& statement);
    bool perform_on_script(const Statement& statement);
    bool make_objects(const Statement& statement);
    bool make_weak(const Statement& statement);
    void finish_object(std::uint32_t label, Ref<Object> object);
    Result<Ref<Object>> make_object(ScriptKind kind, std::uint32_t label);
    void assign(const Statement& statement);
    void clear(const Statement& statement);
    bool run_unordered(const Statement& statement);
    bool run_threads(const Statement& statement);
    bool check_leaks();

    // ---- script_questions.cc
    bool ask(const Statement& statement);
    std::string answer(ScriptVerb verb, const Id& id);
    std::string answer_plain(ScriptVerb verb);
    std::string are_same(const Operand& a, const Operand& b);
    bool is_listed(const Id& id);
    std::string garbage_labels();
    std::string labels(std::vector<std::uint32_t> labels) const;

    // ---- script_control.cc: the collector
    bool perform_on_collector(const Statement& statement);
    void collect(const Statement& statement);
    void set_automatic(const Statement& statement);
    bool churn(std::uint64_t count);
    bool take(const Statement& statement);
    Totals totals();

    static thread_local ScriptContext* context_;

    const ScriptProgram& program_;
    ScriptOutput output_;
    MappedRegion region_;
    ScriptTables tables_;
    ScriptShared<std::int64_t> objects_{0};
    ScriptShared<bool> parallel_{false};   ///< in `par`: results are not printed
    ScriptShared<bool> collected_{false};  ///< in `par`: a collection was asked for
    ScriptShared<bool> ended_{false};
    ScriptShared<std::uint8_t> error_{0};  ///< the last one, an Error
    ScriptShared<std::uint32_t> line_{0};  ///< of the top-level statement under way
    std::mutex wrong_lock_;
    std::string wrong_;  ///< "LINE: reason" of the first statement that cannot be carried out
    std::mutex base_lock_;
    Totals base_{};     ///< what `stats` counts from; under the lock
    ManagedHeap heap_;  ///< the first to go
};

}  // namespace ouro::tools
