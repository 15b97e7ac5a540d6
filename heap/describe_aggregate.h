// Finding the fields of an aggregate without a list: how many members it has (by what brace
// initialization accepts), then a structured binding of that many (after the idea of Boost.PFR,
// A. Polukhin). Included by heap/describe.h only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "heap/field.h"

namespace ouro::detail {

template <class T>
struct is_field : std::false_type {};
template <class T>
struct is_field<Field<T>> : std::true_type {};
template <class T, std::size_t N>
struct is_field<Field<T>[N]> : std::true_type {};

template <class T>
inline constexpr std::size_t fields_in = 1;
template <class T, std::size_t N>
inline constexpr std::size_t fields_in<T[N]> = N;

template <class T>
concept HasFieldList = requires { T::ouro_fields; };
/// The type of a class's list of fields.
template <HasFieldList T>
using FieldListOf = std::remove_cvref_t<decltype(T::ouro_fields)>;

/// Writes the offsets of `count` consecutive fields and moves `out` on.
inline void write_offset(std::uint16_t*& out, const void* object, const void* field,
                         std::size_t count) {
    auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(field) -
                                           static_cast<const std::byte*>(object));
    for (std::size_t i = 0; i < count; ++i, offset += sizeof(FieldSlot))
        *out++ = static_cast<std::uint16_t>(offset);
}

/// Converts to anything, by value: also to types that can be neither copied nor moved.
struct AnyMember {
    template <class T>
    operator T() const;  // NOLINT: implicit by design, never defined
};

template <class T, std::size_t... I>
constexpr bool braces_accept(std::index_sequence<I...>) {
    return requires { T{((void)I, AnyMember{})...}; };
}

/// Braces around two initializers at position `sizeof...(Before)`: accepted by arrays and nested
/// aggregates only.
template <class T, std::size_t... Before, std::size_t... After>
constexpr bool pair_accepted_at(std::index_sequence<Before...>, std::index_sequence<After...>) {
    return requires {
        T{((void)Before, AnyMember{})...,
          {AnyMember{}, AnyMember{}},
          ((void)After, AnyMember{})...};
    };
}

/// Unbraced initializers enter an array element by element, so an array at position I of N makes a
/// braced pair acceptable at I, but not together with the N - I - 1 initializers after it.
template <class T, std::size_t N, std::size_t... I>
constexpr bool has_array_member(std::index_sequence<I...>) {
    return (false || ... ||
            (pair_accepted_at<T>(std::make_index_sequence<I>{}, std::index_sequence<>{}) &&
             !pair_accepted_at<T>(std::make_index_sequence<I>{},
                                  std::make_index_sequence<N - I - 1>{})));
}

inline constexpr std::size_t kAggregateMembersMax = 16;

template <class T, std::size_t N = kAggregateMembersMax>
constexpr std::size_t member_count() {
    if constexpr (N == 0) {
        return 0;
    } else if constexpr (braces_accept<T>(std::make_index_sequence<N>{})) {
        static_assert(
            N < kAggregateMembersMax || !braces_accept<T>(std::make_index_sequence<N + 1>{}),
            "more than 16 members: list the fields with ouro::fields<...>");
        static_assert(!has_array_member<T, N>(std::make_index_sequence<N>{}),
                      "an array member: list the fields with ouro::fields<...>");
        return N;
    } else {
        return member_count<T, N - 1>();
    }
}

/// Calls visit(member...) with references to all members of an aggregate.
template <class T, class V>
constexpr auto with_members(T& object, V&& visit) {
    constexpr std::size_t count = member_count<std::remove_const_t<T>>();
    if constexpr (count == 0) {
        return visit();
    } else if constexpr (count == 1) {
        auto& [a] = object;
        return visit(a);
    } else if constexpr (count == 2) {
        auto& [a, b] = object;
        return visit(a, b);
    } else if constexpr (count == 3) {
        auto& [a, b, c] = object;
        return visit(a, b, c);
    } else if constexpr (count == 4) {
        auto& [a, b, c, d] = object;
        return visit(a, b, c, d);
    } else if constexpr (count == 5) {
        auto& [a, b, c, d, e] = object;
        return visit(a, b, c, d, e);
    } else if constexpr (count == 6) {
        auto& [a, b, c, d, e, f] = object;
        return visit(a, b, c, d, e, f);
    } else if constexpr (count == 7) {
        auto& [a, b, c, d, e, f, g] = object;
        return visit(a, b, c, d, e, f, g);
    } else if constexpr (count == 8) {
        auto& [a, b, c, d, e, f, g, h] = object;
        return visit(a, b, c, d, e, f, g, h);
    } else if constexpr (count == 9) {
        auto& [a, b, c, d, e, f, g, h, i] = object;
        return visit(a, b, c, d, e, f, g, h, i);
    } else if constexpr (count == 10) {
        auto& [a, b, c, d, e, f, g, h, i, j] = object;
        return visit(a, b, c, d, e, f, g, h, i, j);
    } else if constexpr (count == 11) {
        auto& [a, b, c, d, e, f, g, h, i, j, k] = object;
        return visit(a, b, c, d, e, f, g, h, i, j, k);
    } else if constexpr (count == 12) {
        auto& [a, b, c, d, e, f, g, h, i, j, k, l] = object;
        return visit(a, b, c, d, e, f, g, h, i, j, k, l);
    } else if constexpr (count == 13) {
        auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = object;
        return visit(a, b, c, d, e, f, g, h, i, j, k, l, m);
    } else if constexpr (count == 14) {
        auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = object;
        return visit(a, b, c, d, e, f, g, h, i, j, k, l, m, n);
    } else if constexpr (count == 15) {
        auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = object;
        return visit(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
    } else {
        auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = object;
        return visit(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
    }
}

template <class M>
inline constexpr bool is_nested_aggregate =
    std::is_class_v<M> && std::is_aggregate_v<M> && !is_field<M>::value;

template <class T>
constexpr std::size_t aggregate_field_count();

template <class M>
constexpr std::size_t count_of_member() {
    using Plain = std::remove_cvref_t<M>;
    if constexpr (is_field<Plain>::value) {
        return fields_in<Plain>;
    } else if constexpr (HasFieldList<Plain>) {
        return FieldListOf<Plain>::kCount;
    } else if constexpr (is_nested_aggregate<Plain>) {
        return aggregate_field_count<Plain>();
    } else {
        return 0;
    }
}

template <class T>
struct AggregateCounter {
    template <class... M>
    constexpr auto operator()(M&...) const {
        return std::integral_constant<std::size_t, (std::size_t{0} + ... + count_of_member<M>())>{};
    }
};

template <class T>
constexpr std::size_t aggregate_field_count() {
    return decltype(with_members(std::declval<const T&>(), AggregateCounter<T>{}))::value;
}

/// `part` is the object or a nested aggregate inside it.
template <class T>
void write_aggregate_offsets(std::uint16_t*& out, const void* object, const T* part) {
    with_members(*part, [&](const auto&... members) {
        [[maybe_unused]] const auto visit = [&](const auto& member) {
            using Member = std::remove_cvref_t<decltype(member)>;
            if constexpr (is_field<Member>::value) {
                write_offset(out, object, &member, fields_in<Member>);
            } else if constexpr (HasFieldList<Member>) {
                FieldListOf<Member>::write(out, object, &member);
            } else if constexpr (is_nested_aggregate<Member>) {
                write_aggregate_offsets(out, object, &member);
            }
        };
        (..., visit(members));
    });
}

}  // namespace ouro::detail
