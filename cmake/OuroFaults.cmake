# ouro_plant_allocation_faults(<target>): allocations of the target can be made to fail, see
# faults/allocation.h. Calls of the two functions go through it; the core is not touched.
function(ouro_plant_allocation_faults target)
    target_sources(${target} PRIVATE "${PROJECT_SOURCE_DIR}/faults/allocation.cc")
    foreach(function _ZN4ouro14BlockAllocator8allocateERKNS_12BlockRequestE
            _ZN4ouro4Heap12begin_objectERKNS_8TypeInfoEmNS_8TrailingE)
        target_link_options(${target} PRIVATE "LINKER:--wrap=${function}")
    endforeach()
endfunction()
