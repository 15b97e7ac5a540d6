// The transcript of the tour: the documents' cells, and below each what the heap answered. Values
// that have a right answer are compared with it while they are printed.
//
//     In [22]:  b = a
//               ref_count(id(a))
//          ->   2                                                         [claim 22]
//           #   A sentence about what is true here.
//
// The text is the same on every run but for addresses: where one stands, widths are computed as if
// it had kAddressWidth characters.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace ouro::tools {

/// Numbers of claims of the documents that a line shows; docs/semantics.md lists the claims.
using Claims = std::initializer_list<int>;

/// Stands for the number of a document's cell that has none.
inline constexpr absl::string_view kUnnumbered = "-";

/// Writes the transcript and remembers every value in it.
class Transcript {
public:
    /// Takes:      where to write the text, as it comes; null writes none.
    explicit Transcript(std::ostream* text) : text_(text) {}

    /// Open a document; before the first, explain the marks.
    void document(int number, absl::string_view title);
    /// Open a section, under the document's own heading.
    void section(absl::string_view heading);
    /// Show a cell: its number in the document, or kUnnumbered, or "" for a cell that the document
    /// does not have; one or more lines of code, as many as one needs to find it.
    void cell(absl::string_view number, absl::string_view code);
    /// Show further lines of the cell, below what the ones before have answered.
    void more(absl::string_view code);

    /// Print a value of which no run knows the right one beforehand: it holds an address.
    void seen(absl::string_view label, const absl::AlphaNum& got, Claims claims = {});
    /// Print a value and compare it with the right one; print both iff they differ.
    void value(absl::string_view label, const absl::AlphaNum& got, const absl::AlphaNum& right,
               Claims claims = {});
    /// Print "label: yes" or "label: no" and compare it with the right answer.
    void holds(absl::string_view label, bool got, Claims claims = {}, bool right = true);
    /// Print a sentence about what the document shows or says, and what is true here.
    void note(absl::string_view sentence);
    /// End the transcript with its figures.
    void close();

    /// Everything as one JSON object.
    std::string json() const;

    std::size_t differences() const { return differences_; }

private:
    struct Entry {
        int document;
        std::string cell;
        std::string label;
        std::string got;
        std::string right;  ///< meaningless unless `checked`
        bool checked;
        std::vector<int> claims;
    };

    void record(absl::string_view label, const absl::AlphaNum& got, const absl::AlphaNum* right,
                Claims claims);
    void explain_marks();
    void code_lines(absl::string_view margin, absl::string_view code);
    void line(absl::string_view margin, absl::string_view text, Claims claims);
    void write(absl::string_view text);

    std::ostream* text_;
    int document_ = 0;
    std::size_t documents_ = 0;
    std::size_t cells_ = 0;
    std::string cell_;
    std::vector<Entry> entries_;
    std::set<int> claims_;
    std::size_t checked_ = 0;
    std::size_t differences_ = 0;
};

}  // namespace ouro::tools
