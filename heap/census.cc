#include "heap/census.h"

#include "heap/fields.h"
#include "platform/context.h"
#include "platform/fatal.h"

namespace ouro {

namespace {

void print_finding(const CensusFinding& finding) {
    platform::note("census: fields of a type are not what its description says", finding.type->name,
                   finding.declared, finding.constructed);
}

CensusReport g_report = &print_finding;

}  // namespace

void set_census_report(CensusReport report) {
    g_report = report != nullptr ? report : &print_finding;
}

namespace detail {

#if OURO_CENSUS

namespace {
Census*& innermost() { return reinterpret_cast<Census*&>(platform::current_context().census); }
}  // namespace

Census::Census(const TypeInfo& info, void* object, std::size_t bytes)
    : info_(info),
      begin_(reinterpret_cast<std::uintptr_t>(object)),
      bytes_(bytes),
      finding_{&info, info.fixed_fields, 0, 0, 0},
      outer_(innermost()) {
    innermost() = this;
}

void Census::note_field(const void* field) {
    Census* census = innermost();
    if (census == nullptr || !census->contains(field)) return;
    const std::uint32_t n = census->finding_.constructed++;
    if (n < kNotedMax)
        census->noted_[n] =
            static_cast<std::uint16_t>(reinterpret_cast<std::uintptr_t>(field) - census->begin_);
}

void Census::note_handle(const void* handle) {
    Census* census = innermost();
    if (census != nullptr && census->contains(handle)) ++census->finding_.handles;
}

Census::~Census() {
    innermost() = outer_;
    if (info_.fixed_fields > kNotedMax || finding_.constructed > kNotedMax) return;
    std::uint16_t declared[kNotedMax];
    if (info_.fixed_fields > 0) info_.write_offsets(declared);
    for (std::uint32_t i = 0; i < finding_.constructed; ++i) {
        bool known = false;
        for (std::uint32_t j = 0; j < info_.fixed_fields; ++j) known |= declared[j] == noted_[i];
        if (!known) ++finding_.undeclared;
    }
    if (finding_.undeclared != 0 || finding_.constructed != finding_.declared ||
        finding_.handles != 0)
        g_report(finding_);
}

#endif

}  // namespace detail
}  // namespace ouro
