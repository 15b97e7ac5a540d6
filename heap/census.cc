#include "heap/census.h"

#include "heap/fields.h"
#include "platform/fatal.h"

namespace ouro {

namespace {
CensusReport g_report = nullptr;
}  // namespace

void set_census_report(CensusReport report) { g_report = report; }

}  // namespace ouro
