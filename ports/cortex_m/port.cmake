file(GLOB machine CONFIGURE_DEPENDS "${root}/ports/machine/*.cc")
target_sources(${target} PRIVATE ${machine})
