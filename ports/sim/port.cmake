# The simulation's library holds the mutants (platform/mutant.h) and is the same in every run: its
# statics stand at fixed addresses.
target_compile_definitions(${target} PUBLIC OURO_MUTANTS=1)
target_compile_options(${target} PUBLIC -fno-pie)
target_link_options(${target} PUBLIC -no-pie)
