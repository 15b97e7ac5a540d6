// How a type tells the heap where its fields are, so that none can be forgotten or listed twice.
//
// In order of preference:
//   1. A list:        static constexpr auto ouro_fields = ouro::fields<&Node::next, &Node::up>;
//                     (a base class's fields come in by ouro::fields_of<Base> as a list element).
//   2. An aggregate:  nothing to write; its members are found by decomposition (up to 16).
//   3. No fields:     using ouro_leaf = void;
// Anything else does not compile. A list with a duplicate or with something that is not a field
// does not compile either. What a list leaves out makes the object it refers to look externally
// held: it can leak, it can never be freed early. The constructor census (heap/census.h) names such
// types.
//
// Other properties a type may state:  using ouro_acyclic = void;  its fields never close a cycle;
//   static constexpr const char* ouro_name = "Node";              name in reports
//   void finalize();   (public)                                   PEP 442 finalizer
//   using ouro_quiet_destructor = Node;  (the type itself: it is not inherited) its destructor
//                                        only ends members like Weak<T>: it makes and releases
//                                        nothing, waits for nothing, looks at no field. It may
//                                        then run inside a pass, also in an allocation that
//                                        finds no memory
//   using ouro_not_borrowed = void;      its objects end at once also while guards are open
//                                        (heap/guard.h); whoever borrows one counts
//   class X : public ouro::WeaklyReferable                        target of weak references
//   class X : public ouro::Variable                               trailing fields and bytes
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "heap/describe_aggregate.h"
#include "heap/field.h"
#include "heap/type_info.h"
#include "heap/weak_list.h"

namespace ouro {

class WeakReference;

/// Base of types with a variable part: fields and bytes behind the fixed part, see trailing_of(),
/// trailing_fields() and trailing_bytes().
class Variable {};

namespace detail {

template <auto Member>
struct MemberTraits;
template <class C, class M, M C::* Member>
struct MemberTraits<Member> {
    using Class = C;
    using Type = M;
};

/// Are the two the same member of T, perhaps named through different bases?
template <class T, auto A, auto B>
constexpr bool same_member() {
    using TypeA = typename MemberTraits<A>::Type;
    using TypeB = typename MemberTraits<B>::Type;
    if constexpr (std::is_same_v<TypeA, TypeB>) {
        return static_cast<TypeA T::*>(A) == static_cast<TypeB T::*>(B);
    } else {
        return false;
    }
}

template <class T, auto First, auto... Rest>
constexpr bool first_is_repeated() {
    return (false || ... || same_member<T, First, Rest>());
}
template <class T, auto...>
struct AllDistinct : std::true_type {};
template <class T, auto First, auto... Rest>
struct AllDistinct<T, First, Rest...>
    : std::bool_constant<!first_is_repeated<T, First, Rest...>() &&
                         AllDistinct<T, Rest...>::value> {};

/// A list of pointers to field members.
template <auto... Members>
struct FieldList {
    static constexpr std::size_t kCount =
        (std::size_t{0} + ... + fields_in<typename MemberTraits<Members>::Type>);

    /// As the list of T's fields: members of T or of its bases, none of them virtual.
    template <class T>
    static constexpr bool is_distinct_in() {
        return AllDistinct<T, Members...>::value;
    }
    /// Writes the offsets in `object` of the fields of `part`, which is the object or a part of it.
    template <class T>
    static void write([[maybe_unused]] std::uint16_t*& out, [[maybe_unused]] const void* object,
                      [[maybe_unused]] const T* part) {
        (..., write_offset(out, object, &(part->*Members),
                           fields_in<typename MemberTraits<Members>::Type>));
    }
};

/// An entry of a list as a list: a member by itself, or the members of a base (fields_of).
template <auto Entry>
struct AsList {
    static_assert(is_field<typename MemberTraits<Entry>::Type>::value,
                  "ouro::fields<>: every entry must be a Field<T>, an array of Field<T>, or "
                  "ouro::fields_of<Base>");
    using List = FieldList<Entry>;
};
template <auto... Members, FieldList<Members...> Entry>
struct AsList<Entry> {
    using List = FieldList<Members...>;
};

template <class...>
struct Joined {
    using List = FieldList<>;
};
template <auto... A>
struct Joined<FieldList<A...>> {
    using List = FieldList<A...>;
};
template <auto... A, auto... B, class... Rest>
struct Joined<FieldList<A...>, FieldList<B...>, Rest...> {
    using List = typename Joined<FieldList<A..., B...>, Rest...>::List;
};

}  // namespace detail

/// The list of a type's fields (see above).
template <auto... Entries>
inline constexpr typename detail::Joined<typename detail::AsList<Entries>::List...>::List fields{};

/// The fields of a base class that has a list, as an entry of the derived class's list.
template <class Base>
inline constexpr std::remove_cvref_t<decltype(Base::ouro_fields)> fields_of{};

}  // namespace ouro

namespace ouro::detail {

template <class T>
concept IsLeaf = requires { typename T::ouro_leaf; };
template <class T>
concept IsAcyclic = requires { typename T::ouro_acyclic; };
template <class T>
concept HasQuietDestructor = std::is_same_v<typename T::ouro_quiet_destructor, T>;
template <class T>
concept HasName = requires {
    { T::ouro_name } -> std::convertible_to<const char*>;
};
template <class T>
concept HasFinalizer = requires(T& object) { object.finalize(); };

/// Has T a function of that name that a finalizer cannot be?
template <class T>
concept NamesFinalize = requires { &T::finalize; };

template <class T>
constexpr std::size_t fixed_field_count() {
    if constexpr (HasFieldList<T>) {
        static_assert(FieldListOf<T>::template is_distinct_in<T>(),
                      "ouro::fields<>: a field is listed twice; a reference counted once and "
                      "followed twice would free live objects");
        return FieldListOf<T>::kCount;
    } else if constexpr (IsLeaf<T> || !std::is_class_v<T>) {
        return 0;
    } else {
        static_assert(std::is_aggregate_v<T>,
                      "this type is not an aggregate, so its Field<> members cannot be found: add "
                      "'static constexpr auto ouro_fields = ouro::fields<&T::member, ...>;' or, if "
                      "it has none, 'using ouro_leaf = void;'");
        constexpr bool has_base =
            std::is_base_of_v<WeaklyReferable, T> || std::is_base_of_v<Variable, T>;
        static_assert(
            !has_base,
            "a type that derives from ouro::WeaklyReferable or ouro::Variable must list "
            "its Field<> members: add 'static constexpr auto ouro_fields = "
            "ouro::fields<&T::member, ...>;', with nothing between < and > if it has none");
        if constexpr (std::is_aggregate_v<T> && !has_base) return aggregate_field_count<T>();
        return 0;
    }
}

template <class T>
void write_field_offsets(std::uint16_t* out) {
    // The object is never touched: only addresses of members are formed. The pointer passes through
    // a volatile so that no checker concludes from the storage that there is none.
    static_assert(sizeof(T) <= 65536 || fixed_field_count<T>() == 0,
                  "fixed fields must lie in an object's first 64 KiB");
    alignas(T) static constexpr std::byte storage[1] = {};
    const T* volatile hidden = static_cast<const T*>(static_cast<const void*>(storage));
    const T* object = hidden;
    if constexpr (HasFieldList<T>) {
        FieldListOf<T>::write(out, object, object);
    } else if constexpr (!IsLeaf<T> && std::is_class_v<T>) {
        write_aggregate_offsets(out, object, object);
    }
}

/// The compiler's spelling of a type: what stands between "T = " and "]" in this function's name.
template <class T>
constexpr std::string_view spelled() {
    const std::string_view function = __PRETTY_FUNCTION__;
    const std::size_t begin = function.find("T = ") + 4;
    return function.substr(begin, function.find_first_of(";]", begin) - begin);
}

template <class T>
struct SpelledName {
    static constexpr auto kText = [] {
        std::array<char, spelled<T>().size() + 1> text{};
        for (std::size_t i = 0; i < spelled<T>().size(); ++i) text[i] = spelled<T>()[i];
        return text;
    }();
};

template <class T>
constexpr const char* type_name() {
    if constexpr (HasName<T>) {
        return T::ouro_name;
    } else {
        return SpelledName<T>::kText.data();
    }
}

template <class T>
constexpr std::uint16_t type_flags() {
    std::uint16_t flags = 0;
    constexpr bool variable = std::is_base_of_v<Variable, T>;
    constexpr bool has_fields = fixed_field_count<T>() > 0 || (variable && !IsLeaf<T>);
    if (has_fields) flags |= TypeInfo::kHasFields;
    constexpr bool weak_reference = std::is_base_of_v<WeakReference, T>;
    if ((has_fields && !IsAcyclic<T>) || weak_reference) flags |= TypeInfo::kTracked;
    if (variable) flags |= TypeInfo::kVariable;
    constexpr bool weakly_referable = std::is_base_of_v<WeaklyReferable, T>;
    if (weakly_referable) flags |= TypeInfo::kWeaklyReferable;
    if (weak_reference) flags |= TypeInfo::kWeakReference;
    if (HasQuietDestructor<T>) flags |= TypeInfo::kQuietDestructor;
    if (IsNotBorrowed<T>) flags |= TypeInfo::kNotBorrowed;
    if (!weakly_referable && !weak_reference && !HasFinalizer<T> &&
        std::is_trivially_destructible_v<T>)
        flags |= TypeInfo::kEndsPlainly;
    return flags;
}

/// What T takes in front of its variable part: nothing if it has no members of its own.
template <class T>
constexpr std::uint32_t fixed_bytes() {
    return std::is_base_of_v<Variable, T> && std::is_empty_v<T> ? 0 : sizeof(T);
}

template <class T>
void run_destructor(void* object) {
    static_cast<T*>(object)->~T();
}

template <class T>
void run_finalizer(void* object) noexcept {
    static_cast<T*>(object)->finalize();
}

template <class T>
constexpr auto destroy_function() -> void (*)(void*) {
    if constexpr (std::is_trivially_destructible_v<T>) {
        return nullptr;
    } else {
        return &run_destructor<T>;
    }
}

template <class T>
constexpr auto finalize_function() -> void (*)(void*) {
    static_assert(HasFinalizer<T> || !NamesFinalize<T>,
                  "finalize() is no finalizer: it must be callable without arguments");
    if constexpr (HasFinalizer<T>) {
        return &run_finalizer<T>;
    } else {
        return nullptr;
    }
}

/// The description of T, in read-only memory.
template <class T>
inline constexpr TypeInfo type_info_of = [] {
    static_assert(fixed_field_count<T>() <= 65535, "more than 65535 fixed fields");
    return TypeInfo{
        type_name<T>(),
        fixed_bytes<T>(),
        static_cast<std::uint16_t>(fixed_field_count<T>()),
        type_flags<T>(),
        &write_field_offsets<T>,
        destroy_function<T>(),
        finalize_function<T>(),
    };
}();

}  // namespace ouro::detail
