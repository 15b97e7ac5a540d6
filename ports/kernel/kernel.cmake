# For ports/<kernel>/port.cmake, with `target` and `root`: what ports for kernels have in common.
# Nothing of them is installed: they belong to the build that has the kernel.
file(GLOB kernel CONFIGURE_DEPENDS "${root}/ports/kernel/*.cc" "${root}/ports/machine/*.cc")
target_sources(${target} PRIVATE ${kernel})
