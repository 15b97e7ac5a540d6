// The search of the documents: is the object of an id among those that the collector lists?
#pragma once

#include "ouro/ouro.h"

namespace ouro::tools {

/// Looks at every listed object, as the documents do. Time: O(objects).
inline bool object_by_id(Collector& collector, const Id& wanted) {
    struct Search {
        Id wanted;
        bool found = false;
    } search{wanted};
    collector.get_objects(
        [](void* self, const Ref<Object>& object) {
            auto& at = *static_cast<Search*>(self);
            if (id(object) == at.wanted) at.found = true;
        },
        &search);
    return search.found;
}

}  // namespace ouro::tools
