// What one run has measured: one line of JSON on standard output.
#pragma once

#include <cstdio>

#include <string>

namespace ouro::bench {

class Report {
public:
    Report& add(const char* name, double value) {
        char text[64];
        std::snprintf(text, sizeof text, "%.6g", value);
        return add_raw(name, text);
    }
    /// Takes: text without quotes, backslashes and control characters.
    Report& add(const char* name, const std::string& text) {
        return add_raw(name, "\"" + text + "\"");
    }
    void print() const { std::printf("{%s}\n", members_.c_str()); }

private:
    Report& add_raw(const char* name, const std::string& value) {
        if (!members_.empty()) members_ += ", ";
        members_ += std::string("\"") + name + "\": " + value;
        return *this;
    }

    std::string members_;
};

}  // namespace ouro::bench
