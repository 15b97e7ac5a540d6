#include "tools/tour.h"

#include <functional>
#include <iostream>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tools/command_line.h"
#include "tools/region.h"
#include "tools/tour_documents.h"

namespace ouro::tools {

namespace {

constexpr absl::string_view kCommand = "ouro tour";

constexpr std::uint64_t kRegionBytesMin = 32 * 1024;  ///< enough for every document

constexpr absl::string_view kUsage =
    R"(usage: ouro tour [flags]

Carries out the five documents about Python's memory manager on Ouro's heap, cell by cell, and
prints each cell with what the heap answers. Values that have a right answer are compared with it.
The transcript begins with the meaning of its marks.

Exit status: 0 when every value is as it must be, 1 when one is not (the line says what it must be),
2 for wrong arguments, 3 when the region is too small.

Flags:
)";

struct TourOptions {
    bool json = false;
    ByteCount region{std::uint64_t{1} << 20};
};

/// A heap in a region of its own.
struct TourHeap {
    MappedRegion region;
    ManagedHeap heap;
};

absl::StatusOr<TourHeap> make_heap(std::uint64_t bytes, bool background) {
    if (bytes < kRegionBytesMin) {
        return absl::ResourceExhaustedError(
            absl::StrCat("the documents need a region of ", kRegionBytesMin, " bytes"));
    }
    auto region = MappedRegion::create(bytes);
    if (!region.ok()) return region.status();
    ManagedHeapConfig config;
    config.collector.background = background;
    auto heap = ManagedHeap::create(region->bytes(), config);
    if (!heap) {
        return absl::ResourceExhaustedError(
            absl::StrCat("no heap in ", bytes, " bytes: ", to_string(heap.error())));
    }
    return TourHeap{std::move(*region), std::move(*heap)};
}

/// Runs one document on a fresh heap, and on a second one whose collector runs by itself.
absl::Status run_document(
    Transcript& transcript, std::uint64_t region_bytes,
    const std::function<void(Transcript&, ManagedHeap&, ManagedHeap&)>& document) {
    auto heap = make_heap(region_bytes, false);
    if (!heap.ok()) return heap.status();
    auto automatic = make_heap(region_bytes, true);
    if (!automatic.ok()) return automatic.status();
    document(transcript, heap->heap, automatic->heap);
    return absl::OkStatus();
}

absl::Status run_documents(Transcript& transcript, std::uint64_t region_bytes) {
    const auto one_heap = [](void (*document)(Transcript&, ManagedHeap&)) {
        return [document](Transcript& t, ManagedHeap& heap, ManagedHeap&) { document(t, heap); };
    };
    const std::function<void(Transcript&, ManagedHeap&, ManagedHeap&)> all[] = {
        one_heap(documents::tour_document_0), one_heap(documents::tour_document_1),
        documents::tour_document_2,           one_heap(documents::tour_document_3),
        documents::tour_document_4,
    };
    for (const auto& document : all) {
        const absl::Status status = run_document(transcript, region_bytes, document);
        if (!status.ok()) return status;
    }
    return absl::OkStatus();
}

}  // namespace

int tour(std::span<char* const> arguments, std::ostream& out, std::ostream& err) {
    TourOptions options;
    FlagSet flags;
    flags.add("json", &options.json, "", "one JSON object with every value instead of the text");
    flags.add("region", &options.region, "BYTES", "memory of each document's heap.");
    int status = kExitOk;
    const std::optional<CommandLine> line =
        read_arguments(flags, arguments, {kCommand, kUsage, ""}, out, err, status);
    if (!line) return status;
    if (!line->positionals.empty()) {
        return report_usage_error(
            err, kCommand, absl::StrCat("unexpected argument '", line->positionals.front(), "'"));
    }
    Transcript transcript(options.json ? nullptr : &out);
    const absl::Status ran = run_documents(transcript, options.region.value);
    if (!ran.ok()) {
        err << kCommand << ": " << ran.message() << "\n";
        return kExitOutOfMemory;
    }
    transcript.close();
    if (options.json) out << transcript.json() << std::flush;
    return transcript.differences() == 0 ? kExitOk : kExitDifference;
}

int run_tour(std::span<char* const> arguments) { return tour(arguments, std::cout, std::cerr); }

}  // namespace ouro::tools
