// Graphs of chosen shape and size, where one object leads to all: what G collects and traverses.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "bench/harness/random.h"
#include "bench/harness/threads.h"

namespace ouro::bench {

/// A graph by its numbers: which object the k-th field of the i-th object refers to.
class Shape {
public:
    static constexpr std::size_t kNone = ~std::size_t{0};

    /// `name`: ring, list, tree, random2 ... random16, dense. `size`: objects and references.
    Shape(const std::string& name, std::size_t size) {
        if (name == "ring") {
            set(Kind::ring, size / 2, 1);
        } else if (name == "list") {
            set(Kind::list, size / 3, 2);
        } else if (name == "tree") {
            set(Kind::tree, size / 3, 3);
        } else if (name == "dense") {
            const auto side = static_cast<std::size_t>(std::sqrt(static_cast<double>(size)));
            set(Kind::dense, side, static_cast<std::uint32_t>(side));
        } else if (name.starts_with("random")) {
            const auto degree = static_cast<std::uint32_t>(std::stoul(name.substr(6)));
            set(Kind::random, size / (1 + degree), degree);
        } else {
            fail("no such shape");
        }
    }

    std::size_t objects() const { return objects_; }
    std::uint32_t fields() const { return fields_; }

    /// Calls visit(object, field, target) for every reference, objects in order.
    template <class V>
    void for_each_reference(V&& visit) const {
        Random random(7);
        for (std::size_t i = 0; i < objects_; ++i) {
            for (std::uint32_t k = 0; k < fields_; ++k) {
                const std::size_t to = target(i, k, random);
                if (to != kNone) visit(i, k, to);
            }
        }
    }
    /// Objects and references.
    std::size_t size() const {
        std::size_t references = 0;
        for_each_reference([&](std::size_t, std::uint32_t, std::size_t) { ++references; });
        return objects_ + references;
    }

private:
    enum class Kind { ring, list, tree, random, dense };

    void set(Kind kind, std::size_t objects, std::uint32_t fields) {
        kind_ = kind;
        objects_ = objects < 2 ? 2 : objects;
        fields_ = fields;
    }
    std::size_t target(std::size_t i, std::uint32_t k, Random& random) const {
        switch (kind_) {
            case Kind::ring: return (i + 1) % objects_;
            case Kind::list:
                if (k == 0) return i + 1 < objects_ ? i + 1 : kNone;
                return i > 0 ? i - 1 : kNone;
            case Kind::tree:
                if (k == 2) return i > 0 ? (i - 1) / 2 : kNone;
                return 2 * i + 1 + k < objects_ ? 2 * i + 1 + k : kNone;
            case Kind::random:  // a ring, so that everything is reached, and the rest anywhere
                return k == 0 ? (i + 1) % objects_
                              : random.below(static_cast<std::uint32_t>(objects_));
            case Kind::dense: return (i + k) % objects_;
        }
        return kNone;
    }

    Kind kind_ = Kind::ring;
    std::size_t objects_ = 0;
    std::uint32_t fields_ = 0;
};

}  // namespace ouro::bench
