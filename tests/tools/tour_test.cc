// Goal: `ouro tour` shows the documents' own values and every claim, the same on every run, and
// notices a wrong value. Method: read the transcript back as lines and compare it with what the
// documents print.
#include "tools/tour.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tools/command_line.h"
#include "tools/tour_transcript.h"

namespace ouro::tools {
namespace {

using ::testing::HasSubstr;

struct TourRun {
    int status;
    std::string out;
    std::string err;
};

TourRun run(std::vector<std::string> words) {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    std::ostringstream out;
    std::ostringstream err;
    const int status = tour(arguments, out, err);
    return {status, out.str(), err.str()};
}

/// One run that all tests read from.
const TourRun& transcript() {
    static const TourRun kRun = run({});
    return kRun;
}

std::string without_addresses(const std::string& text) {
    static const std::regex kAddress("0x[0-9a-f]+");
    return std::regex_replace(text, kAddress, "0x");
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

/// A value of the transcript: "2", or "label: 2" where it has a label.
struct Value {
    std::string cell;
    std::string text;
    bool operator==(const Value&) const = default;
};

std::ostream& operator<<(std::ostream& stream, const Value& value) {
    return stream << value.cell << " -> " << value.text;
}

/// The values of one document, without the tags behind them.
std::vector<Value> values_of(int document) {
    static const std::regex kCell("^(In(?: \\[.*\\])?): .*");
    static const std::regex kTags("( +\\[claim [0-9]+\\])+$");
    std::vector<Value> values;
    std::string cell;
    int current = -1;
    for (const std::string& line : lines_of(transcript().out)) {
        std::smatch match;
        if (line.rfind("Document ", 0) == 0) {
            current = line[9] - '0';
        } else if (std::regex_match(line, match, kCell)) {
            cell = match[1];
        } else if (current == document && line.rfind("     ->", 0) == 0) {
            values.push_back({cell, std::regex_replace(line.substr(12), kTags, "")});
        }
    }
    return values;
}

/// Are the wanted values among the document's, in this order?
void expect_in_order(int document, const std::vector<Value>& wanted) {
    const std::vector<Value> values = values_of(document);
    auto at = values.begin();
    for (const Value& value : wanted) {
        at = std::find(at, values.end(), value);
        ASSERT_NE(at, values.end()) << "document " << document << ": " << value;
        ++at;
    }
}

std::vector<Value> in_cells(const std::vector<std::pair<const char*, const char*>>& pairs) {
    std::vector<Value> values;
    for (const auto& [number, text] : pairs) {
        values.push_back({std::string("In [") + number + "]", text});
    }
    return values;
}

TEST(Tour, ends_well) {
    EXPECT_EQ(transcript().status, kExitOk);
    EXPECT_EQ(transcript().err, "");
    EXPECT_THAT(transcript().out, HasSubstr(" 0 differences. 84 claims shown.\n"));
}

TEST(Tour, shows_the_documents_in_order) {
    std::vector<std::string> headings;
    for (const std::string& line : lines_of(transcript().out)) {
        if (line.rfind("Document ", 0) == 0) headings.push_back(line);
    }
    EXPECT_THAT(headings, ::testing::ElementsAre("Document 0: Variable are memory reference",
                                                 "Document 1: Variables are memory references",
                                                 "Document 2: Variables and Memory",
                                                 "Document 3: Variable and memory",
                                                 "Document 4: Memory Management"));
}

TEST(Tour, shows_the_values_of_document_0) {
    expect_in_order(0, in_cells({{"2", "10"},
                                 {"6", "'hello'"},
                                 {"20", "2"},
                                 {"21", "1"},
                                 {"22", "2"},
                                 {"25", "2"},
                                 {"26", "3"},
                                 {"27", "2"},
                                 {"28", "1"},
                                 {"13", "reference count of A : 2"},
                                 {"13", "Reference count of B : 1"},
                                 {"16", "'Object exits'"},
                                 {"17", "'Object exits'"},
                                 {"19", "1"},
                                 {"20", "1"},
                                 {"22", "'Object exits'"},
                                 {"21", "'Object exits'"},
                                 {"24", "'Not Found'"},
                                 {"25", "'Not Found'"}}));
}

TEST(Tour, shows_the_values_of_document_1) {
    expect_in_order(1, in_cells({{"2", "Hello"},
                                 {"7", "2"},
                                 {"8", "1"},
                                 {"9", "2"},
                                 {"10", "3"},
                                 {"11", "1"},
                                 {"22", "2"},
                                 {"22", "1"},
                                 {"22", "Objects exist"},
                                 {"22", "Objects exist"},
                                 {"23", "1"},
                                 {"23", "1"},
                                 {"23", "Objects exist"},
                                 {"23", "Objects exist"},
                                 {"24", "Not found"},
                                 {"24", "Not found"}}));
}

TEST(Tour, shows_the_values_of_document_2) {
    expect_in_order(2, in_cells({{"3", "hello"},
                                 {"40", "2"},
                                 {"885", "2"},
                                 {"888", "1"},
                                 {"889", "1"},
                                 {"892", "2"},
                                 {"893", "3"},
                                 {"895", "2"},
                                 {"898", "1"},
                                 {"33", "2"},
                                 {"34", "1"},
                                 {"37", "'Object Exists'"},
                                 {"38", "'Object Exists'"},
                                 {"41", "1"},
                                 {"42", "1"},
                                 {"43", "'Object Exists'"},
                                 {"44", "'Object Exists'"},
                                 {"46", "'Object Not Found'"},
                                 {"47", "'Object Not Found'"}}));
}

TEST(Tour, shows_the_values_of_document_3) {
    expect_in_order(3, in_cells({{"3", "3"},
                                 {"3", "2"},
                                 {"3", "2"},
                                 {"3", "1"},
                                 {"4", "3"},
                                 {"4", "2"},
                                 {"4", "3"},
                                 {"4", "2"},
                                 {"4", "2"},
                                 {"4", "1"},
                                 {"11", "2"},
                                 {"11", "1"},
                                 {"12", "'Object exist'"},
                                 {"13", "'Object exist'"},
                                 {"14", "1"},
                                 {"14", "1"},
                                 {"15", "'Object exist'"},
                                 {"16", "'Object exist'"},
                                 {"18", "'Not Found'"}}));
}

TEST(Tour, shows_the_values_of_document_4) {
    std::vector<Value> wanted;
    for (const char* text : {"3", "2", "2", "1", "object exists", "object exists", "1", "1",
                             "object exists", "object exists", "Not found", "Not found"}) {
        wanted.push_back({"In", text});
    }
    expect_in_order(4, wanted);
}

// A and B cross-match: what B's line says of itself, A's line says of its b, and the reverse.
TEST(Tour, shows_a_cycle_whose_addresses_match) {
    static const std::regex kLine("-> +([AB])\\W.*?(0x[0-9a-f]+).*(0x[0-9a-f]+)");
    std::vector<std::vector<std::string>> found;
    for (const std::string& line : lines_of(transcript().out)) {
        std::smatch match;
        if (std::regex_search(line, match, kLine)) found.push_back({match[1], match[2], match[3]});
    }
    ASSERT_EQ(found.size(), 10u);
    for (std::size_t i = 0; i < found.size(); i += 2) {
        EXPECT_EQ(found[i][0], "B");
        EXPECT_EQ(found[i + 1][0], "A");
        EXPECT_EQ(found[i][1], found[i + 1][2]);
        EXPECT_EQ(found[i][2], found[i + 1][1]);
    }
}

TEST(Tour, has_no_number_where_a_document_reads_a_dead_address) {
    const std::map<int, std::vector<std::string>> stale = {
        {0, {"29", "30", "31", "32"}},
        {2, {"938", "939", "940", "1255", "68", "69", "58", "73"}},
        {3, {"39"}}};
    static const std::regex kGone("no object at 0x[0-9a-f]+ any more");
    for (const auto& [document, cells] : stale) {
        for (const std::string& cell : cells) {
            std::set<std::string> answers;
            for (const Value& value : values_of(document)) {
                if (value.cell != "In [" + cell + "]") continue;
                if (std::regex_match(value.text, kGone)) answers.insert(value.text);
                EXPECT_FALSE(std::regex_match(value.text, std::regex("-?[0-9]+"))) << value;
            }
            EXPECT_FALSE(answers.empty()) << "document " << document << ", cell " << cell;
        }
    }
    EXPECT_TRUE(std::regex_match(values_of(0).back().text, kGone));  // its second cell 26
}

TEST(Tour, shows_every_claim_with_a_value) {
    static const std::regex kTag("\\[claim ([0-9]+)\\]");
    std::set<int> claims;
    for (const std::string& line : lines_of(transcript().out)) {
        for (std::sregex_iterator at(line.begin(), line.end(), kTag), end; at != end; ++at) {
            EXPECT_EQ(line.rfind("     ->", 0), 0u) << line;
            claims.insert(std::stoi((*at)[1]));
        }
    }
    ASSERT_EQ(claims.size(), 84u);
    EXPECT_EQ(*claims.begin(), 1);
    EXPECT_EQ(*claims.rbegin(), 84);
}

TEST(Tour, is_the_same_on_every_run_but_for_addresses) {
    const TourRun again = run({});
    EXPECT_EQ(without_addresses(again.out), without_addresses(transcript().out));
}

TEST(Tour, is_the_same_in_a_small_region) {
    const TourRun small = run({"--region=32K"});
    EXPECT_EQ(small.status, kExitOk);
    EXPECT_EQ(without_addresses(small.out), without_addresses(transcript().out));
}

TEST(Tour, refuses_a_region_that_is_too_small) {
    const TourRun tiny = run({"--region=4096"});
    EXPECT_EQ(tiny.status, kExitOutOfMemory);
    EXPECT_EQ(tiny.out, "");
    EXPECT_THAT(tiny.err, HasSubstr("region of 32768 bytes"));
}

TEST(Tour, prints_every_value_as_json) {
    const TourRun json = run({"--json"});
    EXPECT_EQ(json.status, kExitOk);
    EXPECT_EQ(json.out.rfind("{\"ok\": true, \"documents\": 5, ", 0), 0u) << json.out.substr(0, 80);
    EXPECT_EQ(std::count(json.out.begin(), json.out.end(), '\n'), 1);
    EXPECT_THAT(json.out, HasSubstr("\"claims\": [1, 2, 3, "));
    EXPECT_THAT(
        json.out,
        HasSubstr("{\"document\": 0, \"cell\": \"In [26]\", \"label\": \"\", \"got\": \"3\", "
                  "\"right\": \"3\", \"claims\": [23]}"));
}

TEST(Tour, explains_itself_and_refuses_what_it_does_not_know) {
    const TourRun help = run({"--help"});
    EXPECT_EQ(help.status, kExitOk);
    EXPECT_THAT(help.out, HasSubstr("usage: ouro tour"));
    for (const char* wrong : {"--no-such-flag", "document", "--region=many"}) {
        const TourRun refused = run({wrong});
        EXPECT_EQ(refused.status, kExitUsage) << wrong;
        EXPECT_EQ(refused.out, "") << wrong;
        EXPECT_NE(refused.err, "") << wrong;
    }
}

TEST(Tour, is_a_command_of_the_program) {
    EXPECT_EQ(std::system("\"" OURO_TOOL_PATH "\" tour > /dev/null"), 0);
}

TEST(Transcript, reports_a_value_that_is_not_the_right_one) {
    std::ostringstream out;
    Transcript transcript(&out);
    transcript.document(0, "A document");
    transcript.cell("1", "b = a");
    transcript.value("count", 3, 2, {22});
    transcript.holds("the same id", false, {6});
    transcript.value("", 2, 2, {23});
    transcript.close();
    EXPECT_EQ(transcript.differences(), 2u);
    EXPECT_THAT(out.str(), HasSubstr("count: 3   BUT MUST BE 2"));
    EXPECT_THAT(out.str(), HasSubstr("the same id: no   BUT MUST BE yes"));
    EXPECT_THAT(out.str(), HasSubstr("3 values, 3 of them compared: 2 differences. 3 claims"));
    EXPECT_THAT(transcript.json(), HasSubstr("\"ok\": false"));
}

TEST(Transcript, has_widths_that_do_not_depend_on_addresses) {
    std::vector<std::string> texts;
    for (const char* address : {"0x7f0123456789", "0x55d1703e", "0xffff7f0123456789"}) {
        std::ostringstream out;
        Transcript transcript(&out);
        transcript.document(0, "A document");
        transcript.seen("at", address, {2});
        transcript.note(std::string(80, 'x') + " " + address + " lives there now, says the heap");
        texts.push_back(without_addresses(out.str()));
    }
    EXPECT_EQ(texts[0], texts[1]);
    EXPECT_EQ(texts[0], texts[2]);
}

}  // namespace
}  // namespace ouro::tools
