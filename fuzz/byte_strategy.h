// A schedule out of a fuzzer's bytes: each pair says how long to go on and who is next.
#pragma once

#include <cstdint>
#include <span>

#include "ports/sim/strategy.h"

namespace ouro::fuzz {

class ByteStrategy : public port::sim::Strategy {
public:
    explicit ByteStrategy(std::span<const std::uint8_t> bytes) : bytes_(bytes) { begin(); }

    void begin() override {
        at_ = 0;
        wait_ = take();
        load_wait_ = 8;
    }
    unsigned thread(const port::sim::Turn& turn) override {
        if (at_ >= bytes_.size() || wait_-- > 0) return turn.fallback;
        const std::uint8_t choice = take();
        wait_ = take();
        std::uint32_t others = turn.runnable;
        for (unsigned i = choice % count(others); i > 0; --i) others &= others - 1;
        return static_cast<unsigned>(__builtin_ctz(others));
    }
    unsigned store(unsigned, std::uint32_t, unsigned stores) override {
        if (at_ >= bytes_.size() || load_wait_-- > 0) return 0;
        const std::uint8_t choice = take();
        load_wait_ = choice & 31;
        return (choice >> 5) % stores;
    }
    bool interrupt(unsigned, std::uint32_t) override { return false; }

private:
    static unsigned count(std::uint32_t mask) {
        return static_cast<unsigned>(__builtin_popcount(mask));
    }
    std::uint8_t take() { return at_ < bytes_.size() ? bytes_[at_++] : 0; }

    std::span<const std::uint8_t> bytes_;
    std::size_t at_ = 0;
    unsigned wait_ = 0;
    unsigned load_wait_ = 0;
};

}  // namespace ouro::fuzz
