#include "tools/graph_file.h"

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "tools/byte_source.h"
#include "tools/graph_parser.h"
#include "tools/line_reader.h"

namespace ouro::tools {
namespace {

absl::Status at_line(const absl::Status& status, std::string_view name, std::size_t line_number) {
    return absl::Status(status.code(),
                        absl::StrFormat("%s:%d: %s", name, line_number, status.message()));
}

absl::StatusOr<Graph> parse_source(std::unique_ptr<ByteSource> source, std::string_view name) {
    source = decompress_if_gzip(std::move(source));
    LineReader reader(*source, kGraphLineBytesMax);
    GraphParser parser;
    std::string_view line;
    while (true) {  // ends with the source
        absl::StatusOr<bool> more = reader.next(line);
        if (!more.ok()) return at_line(more.status(), name, reader.line_number());
        if (!*more) break;
        absl::Status status = parser.consume(line, reader.line_number());
        if (!status.ok()) return at_line(status, name, reader.line_number());
    }
    absl::StatusOr<Graph> graph = parser.finish();
    if (!graph.ok()) return at_line(graph.status(), name, reader.line_number());
    return graph;
}

}  // namespace

absl::StatusOr<Graph> read_graph_file(const std::string& path, const ProgressCallback& progress) {
    absl::StatusOr<std::unique_ptr<ByteSource>> source = open_file(path, progress);
    if (!source.ok()) return source.status();
    return parse_source(*std::move(source), path);
}

absl::StatusOr<Graph> parse_graph(std::string_view bytes, std::string_view name) {
    return parse_source(open_memory(bytes), name);
}

}  // namespace ouro::tools
