// The operations of the stress, one function each, and the table that a thread draws from.
#pragma once

#include <cstdint>
#include <span>

namespace ouro::stress {

class Worker;

struct Operation {
    const char* name;
    void (*run)(Worker&);
    std::uint32_t weight;
    bool rare = false;        ///< never more often than its weight says
    bool whole_heap = false;  ///< its time depends on the heap's size: reported apart
};

std::span<const Operation> operations();

// ---- operations_build.cc: make structures
void make_one(Worker& worker);
void build_ring(Worker& worker);
void build_garbage_rings(Worker& worker);
void build_tree(Worker& worker);
void build_list(Worker& worker);
void build_graph(Worker& worker);
void build_wide(Worker& worker);
void build_acyclic(Worker& worker);
void build_values(Worker& worker);
void build_and_fail(Worker& worker);

// ---- operations_link.cc: move references
void store_copy(Worker& worker);
void store_moved(Worker& worker);
void store_nothing(Worker& worker);
void store_self(Worker& worker);
void store_upwards(Worker& worker);
void exchange_field(Worker& worker);
void take_field(Worker& worker);
void swap_fields(Worker& worker);
void follow_fields(Worker& worker);
void link_typed(Worker& worker);
void write_hub(Worker& worker);
void read_hub(Worker& worker);
void rotate_hub(Worker& worker);

// ---- operations_handle.cc: copy, drop and hand over
void copy_handle(Worker& worker);
void drop_handle(Worker& worker);
void drop_many(Worker& worker);
void burst_of_copies(Worker& worker);
void use_commons(Worker& worker);
void rob_grave(Worker& worker);
void send_handle(Worker& worker);
void receive_handles(Worker& worker);
void start_thread(Worker& worker);

// ---- operations_weak.cc
void make_weak(Worker& worker);
void lock_weak(Worker& worker);
void copy_weak(Worker& worker);
void share_weak(Worker& worker);
void lock_shared_weak(Worker& worker);
void lock_watched(Worker& worker);
void race_last_release(Worker& worker);

// ---- operations_query.cc: look, and ask the collector for work
void remember_id(Worker& worker);
void ask_by_id(Worker& worker);
void ask_by_address(Worker& worker);
void ask_by_handle(Worker& worker);
void list_objects(Worker& worker);
void list_neighbours(Worker& worker);
void call_collect(Worker& worker);
void call_step(Worker& worker);
void call_drain(Worker& worker);
void switch_collector(Worker& worker);

}  // namespace ouro::stress
