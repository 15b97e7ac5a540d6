#include "stress/operations.h"

namespace ouro::stress {

namespace {

constexpr Operation kOperations[] = {
    {"make one", make_one, 12},
    {"build ring", build_ring, 4},
    {"build garbage rings", build_garbage_rings, 3},
    {"build tree", build_tree, 2},
    {"build list", build_list, 1},
    {"build graph", build_graph, 2},
    {"build wide", build_wide, 3},
    {"build acyclic", build_acyclic, 2},
    {"build values", build_values, 2},
    {"build and fail", build_and_fail, 1},

    {"store copy", store_copy, 12},
    {"store moved", store_moved, 8},
    {"store nothing", store_nothing, 6},
    {"store self", store_self, 2},
    {"store upwards", store_upwards, 4},
    {"exchange field", exchange_field, 6},
    {"take field", take_field, 6},
    {"swap fields", swap_fields, 4},
    {"follow fields", follow_fields, 12},
    {"link typed", link_typed, 4},
    {"write hub", write_hub, 12},
    {"read hub", read_hub, 12},
    {"rotate hub", rotate_hub, 6},

    {"copy handle", copy_handle, 6},
    {"drop handle", drop_handle, 10},
    {"drop many", drop_many, 1},
    {"burst of copies", burst_of_copies, 2},
    {"use commons", use_commons, 6},
    {"rob grave", rob_grave, 3},
    {"send handle", send_handle, 6},
    {"receive handles", receive_handles, 3},
    {"start thread", start_thread, 1, true},

    {"make weak", make_weak, 4},
    {"lock weak", lock_weak, 6},
    {"copy weak", copy_weak, 3},
    {"share weak", share_weak, 4},
    {"lock shared weak", lock_shared_weak, 8},
    {"lock watched", lock_watched, 3},
    {"race last release", race_last_release, 3},

    {"remember id", remember_id, 4},
    {"ask by id", ask_by_id, 8},
    {"ask by address", ask_by_address, 4},
    {"ask by handle", ask_by_handle, 4},
    {"list objects", list_objects, 1, true, true},
    {"list neighbours", list_neighbours, 1, true, true},
    {"collect", call_collect, 1, false, true},
    {"step", call_step, 2, false, true},
    {"drain", call_drain, 2, false, true},
    {"switch collector", switch_collector, 1, true},
};

}  // namespace

std::span<const Operation> operations() { return kOperations; }

}  // namespace ouro::stress
