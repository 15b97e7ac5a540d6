#include "tools/tour_transcript.h"

#include <algorithm>
#include <cctype>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tools/json.h"

namespace ouro::tools {

namespace {

constexpr std::size_t kMarginWidth = 12;      // "In [1255]:" and two spaces
constexpr std::size_t kTagColumn = 74;        // where "[claim 1]" begins, unless the text is longer
constexpr std::size_t kNoteWidth = 84;        // of a note's lines, the margin not counted
constexpr std::size_t kAddressWidth = 14;     // of an address in computations of width
constexpr std::size_t kAddressDigitsMin = 8;  // fewer: the id of an immediate, which never changes

/// Characters of `text`, with every address taken as kAddressWidth wide.
std::size_t width_of(absl::string_view text) {
    std::size_t width = text.size();
    for (std::size_t at = text.find("0x"); at != absl::string_view::npos;
         at = text.find("0x", at)) {
        at += 2;
        std::size_t digits = 0;
        while (at + digits < text.size() &&
               std::isxdigit(static_cast<unsigned char>(text[at + digits])) != 0) {
            ++digits;
        }
        if (digits >= kAddressDigitsMin) width = width + kAddressWidth - 2 - digits;
    }
    return width;
}

std::string padded(std::string text, std::size_t width) {
    const std::size_t used = width_of(text);
    text.append(used < width ? width - used : 0, ' ');
    return text;
}

/// Cuts a sentence into lines of at most kNoteWidth; a longer word has a line of its own.
std::vector<std::string> wrapped(absl::string_view sentence) {
    std::vector<std::string> lines;
    for (const absl::string_view word : absl::StrSplit(sentence, ' ')) {
        if (lines.empty() || width_of(lines.back()) + 1 + width_of(word) > kNoteWidth) {
            lines.emplace_back(word);
        } else {
            absl::StrAppend(&lines.back(), " ", word);
        }
    }
    return lines;
}

}  // namespace

void Transcript::write(absl::string_view text) {
    if (text_ != nullptr) *text_ << text << std::flush;
}

void Transcript::line(absl::string_view margin, absl::string_view text, Claims claims) {
    std::string whole = absl::StrCat(padded(std::string(margin), kMarginWidth), text);
    if (claims.size() != 0) {
        whole = padded(std::move(whole), kTagColumn);
        for (const int claim : claims) absl::StrAppend(&whole, "  [claim ", claim, "]");
    }
    write(absl::StrCat(whole, "\n"));
    claims_.insert(claims.begin(), claims.end());
}

void Transcript::explain_marks() {
    write("The documents on Ouro's heap, cell by cell.\n\n");
    line("In [22]:", "a cell of the document; \"In:\" where it has no number", {});
    line("In [ ]:", "a cell that the document does not have", {});
    line("     ->", "what the heap answered", {});
    line("      #", "what is different here from what the document shows or says, and why", {});
    line("[claim N]", "the line shows this claim of docs/semantics.md", {});
}

void Transcript::document(int number, absl::string_view title) {
    if (documents_++ == 0) explain_marks();
    document_ = number;
    cell_.clear();
    const std::string heading = absl::StrCat("Document ", number, ": ", title);
    write(absl::StrCat("\n", heading, "\n", std::string(heading.size(), '='), "\n"));
}

void Transcript::section(absl::string_view heading) {
    cell_.clear();
    write(absl::StrCat("\n", heading, "\n", std::string(heading.size(), '-'), "\n"));
}

void Transcript::code_lines(absl::string_view margin, absl::string_view code) {
    for (const absl::string_view code_line : absl::StrSplit(code, '\n')) {
        line(margin, code_line, {});
        margin = "";
    }
}

void Transcript::cell(absl::string_view number, absl::string_view code) {
    ++cells_;
    cell_ = number == kUnnumbered ? "In" : absl::StrCat("In [", number.empty() ? " " : number, "]");
    write("\n");
    code_lines(absl::StrCat(cell_, ":"), code);
}

void Transcript::more(absl::string_view code) { code_lines("   ...:", code); }

void Transcript::record(absl::string_view label, const absl::AlphaNum& got,
                        const absl::AlphaNum* right, Claims claims) {
    entries_.push_back({document_, cell_, std::string(label), std::string(got.Piece()),
                        std::string(right == nullptr ? "" : right->Piece()), right != nullptr,
                        claims});
    std::string text = absl::StrCat(label, label.empty() ? "" : ": ", got);
    if (right != nullptr) {
        ++checked_;
        if (got.Piece() != right->Piece()) {
            ++differences_;
            absl::StrAppend(&text, "   BUT MUST BE ", *right);
        }
    }
    line("     ->", text, claims);
}

void Transcript::seen(absl::string_view label, const absl::AlphaNum& got, Claims claims) {
    record(label, got, nullptr, claims);
}

void Transcript::value(absl::string_view label, const absl::AlphaNum& got,
                       const absl::AlphaNum& right, Claims claims) {
    record(label, got, &right, claims);
}

void Transcript::holds(absl::string_view label, bool got, Claims claims, bool right) {
    value(label, got ? "yes" : "no", right ? "yes" : "no", claims);
}

void Transcript::note(absl::string_view sentence) {
    for (const std::string& part : wrapped(sentence)) line("      #", part, {});
}

void Transcript::close() {
    write(absl::StrCat("\n", documents_, " documents, ", cells_, " cells, ", entries_.size(),
                       " values, ", checked_, " of them compared: ", differences_,
                       differences_ == 1 ? " difference" : " differences", ". ", claims_.size(),
                       " claims shown.\n"));
}

std::string Transcript::json() const {
    std::vector<std::string> values;
    for (const Entry& entry : entries_) {
        JsonObject value;
        value.add("document", entry.document).add("cell", entry.cell);
        value.add("label", entry.label).add("got", entry.got);
        if (entry.checked) value.add("right", entry.right);
        value.add_raw("claims", absl::StrCat("[", absl::StrJoin(entry.claims, ", "), "]"));
        values.push_back(value.str());
    }
    JsonObject whole;
    whole.add("ok", differences_ == 0).add("documents", documents_).add("cells", cells_);
    whole.add("compared", checked_).add("differences", differences_);
    whole.add_raw("claims", absl::StrCat("[", absl::StrJoin(claims_, ", "), "]"));
    whole.add_raw("values", json_array(values));
    return absl::StrCat(whole.str(), "\n");
}

}  // namespace ouro::tools
