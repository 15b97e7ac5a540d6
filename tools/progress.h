// A line on a terminal that tells how far a long piece of work has come.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

namespace ouro::tools {

/// Writes nothing at all unless the work lasts; what it writes it wipes off again.
class Progress {
public:
    /// Takes: where to write, which outlives this; whether that is a terminal (else all is
    /// silent); what is being done; how long to keep silent.
    Progress(std::ostream& out, bool is_terminal, std::string what,
             std::uint64_t silent_ns = 500'000'000);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();

    /// This much of the total is done. Writes at most every 100 ms; wipes off when all is done.
    void update(std::uint64_t done, std::uint64_t total);

private:
    void erase();

    std::ostream& out_;
    const bool is_terminal_;
    const std::string what_;
    std::uint64_t next_ns_;
    bool written_ = false;
};

}  // namespace ouro::tools
