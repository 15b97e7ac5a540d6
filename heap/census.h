// The constructor census: in debug builds, every Field notes its address while an object is being
// constructed, and the noted addresses are compared with the declared ones. A type that forgot a
// field is named at the first construction of one of its objects.
//
// Off (and free) unless OURO_CENSUS is 1, which the debug and sanitizer presets set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/type_info.h"
#include "platform/context.h"

namespace ouro {

/// Counts what a census found; for tests and reports.
struct CensusFinding {
    const TypeInfo* type;
    std::uint32_t declared;     ///< fields the type's description names
    std::uint32_t constructed;  ///< Field constructors that ran inside the object
    std::uint32_t undeclared;   ///< of these, at no declared offset
    std::uint32_t handles;      ///< Ref constructors that ran inside the object
};

/// Called with every mismatch. The default prints it and goes on: a forgotten field only leaks.
using CensusReport = void (*)(const CensusFinding& finding);
void set_census_report(CensusReport report);

namespace detail {

#if OURO_CENSUS
/// Watches one object's construction on this context; nested constructions stack.
class Census {
public:
    Census(const TypeInfo& info, void* object, std::size_t bytes);
    ~Census();
    Census(const Census&) = delete;
    Census& operator=(const Census&) = delete;

    static void note_field(const void* field);
    static void note_handle(const void* handle);

private:
    static constexpr std::uint32_t kNotedMax = 64;

    bool contains(const void* address) const {
        return reinterpret_cast<std::uintptr_t>(address) - begin_ < bytes_;
    }

    const TypeInfo& info_;
    std::uintptr_t begin_;
    std::size_t bytes_;
    CensusFinding finding_;
    std::uint16_t noted_[kNotedMax];
    Census* outer_;
};
#else
class Census {
public:
    Census(const TypeInfo&, void*, std::size_t) {}
    ~Census() {}
    static void note_field(const void*) {}
    static void note_handle(const void*) {}
};
#endif

}  // namespace detail
}  // namespace ouro
