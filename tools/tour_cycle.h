// The documents' demonstration: an A whose constructor makes a B that refers back to it.
//
//     my_var ---> A ---b---> B
//                 ^----a-----'
#pragma once

#include <string>
#include <vector>

#include "tools/tour_transcript.h"
#include "tools/tour_world.h"

namespace ouro::tools::documents {

/// How a document spells what its demonstration prints.
struct CycleWords {
    absl::string_view b_line;     ///< printed by B's constructor; $0 is itself, $1 its A
    absl::string_view a_line;     ///< printed by A's constructor; $0 is itself, $1 its B
    absl::string_view exists;     ///< what object_by_id() says of an object that it finds
    absl::string_view not_found;  ///< and of one that it does not
};

/// What the constructors of A and B need to print their lines.
struct CycleScene {
    Transcript& transcript;
    ManagedHeap& heap;
    const CycleWords& words;
    std::vector<absl::string_view> printed;  ///< "B", "A": whose line came first
};

class A;

class B {
public:
    static constexpr const char* ouro_name = "B";
    B(CycleScene& scene, Ref<A> its_a);

    Field<A> a;
    static constexpr auto ouro_fields = ouro::fields<&B::a>;
};

class A {
public:
    static constexpr const char* ouro_name = "A";
    explicit A(CycleScene& scene);

    Field<B> b;
    static constexpr auto ouro_fields = ouro::fields<&A::b>;
};

/// One document's demonstration, step by step. Each step prints below the cell that is open.
class CycleDemo {
public:
    CycleDemo(Transcript& transcript, ManagedHeap& heap, const CycleWords& words)
        : t_(transcript), heap_(heap), words_(words), scene_{transcript, heap, words, {}} {}

    /// The classes A and B, in the cell of this number.
    void classes(absl::string_view cell);
    /// gc.disable()
    void disable_collector();
    /// my_var = A()
    void make();
    /// my_var = None
    void drop() { my_var_.reset(); }
    /// gc.collect(): what it returns, and what the document's own number `shown` includes.
    void collect(absl::string_view shown);

    /// Both counts, as they must be.
    void counts(std::uint32_t of_a, std::uint32_t of_b, Claims claims);
    /// object_by_id() of each; both must be there, or both must be gone.
    void search(const Id& id, bool there, Claims claims);
    void search_both(bool there, Claims claims);
    /// Reads the count of an object that is gone.
    void stale(const Id& id, Claims claims);

    const Ref<A>& my_var() const { return my_var_; }
    const Id& a_id() const { return a_id_; }
    const Id& b_id() const { return b_id_; }

private:
    Transcript& t_;
    ManagedHeap& heap_;
    const CycleWords& words_;
    CycleScene scene_;
    Ref<A> my_var_;
    Id a_id_;
    Id b_id_;
};

}  // namespace ouro::tools::documents
