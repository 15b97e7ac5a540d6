// As much of GoogleTest's interface as tests/semantic and tests/support need, for boards: so that
// they run the desktop's sources. Found instead of the real one by the include path.
//
// A failed expectation is printed and counted; a failed ASSERT_ also ends its function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

namespace testing {

class Test {
public:
    virtual ~Test() = default;
    void run() {
        SetUp();
        TestBody();
        TearDown();
    }

protected:
    virtual void SetUp() {}
    virtual void TearDown() {}

private:
    virtual void TestBody() = 0;
};

/// One case: on a list that the constructors of all make.
class Case {
public:
    Case(const char* its_suite, const char* its_name, void (*its_run)())
        : suite(its_suite), name(its_name), run(its_run) {
        *end() = this;
        end() = &next;
    }
    static Case* first() { return list(); }

    const char* const suite;
    const char* const name;
    void (*const run)();
    Case* next = nullptr;

private:
    static Case*& list() {
        static Case* head = nullptr;
        return head;
    }
    static Case**& end() {
        static Case** at = &list();
        return at;
    }
};

/// Failed expectations so far.
std::uint32_t failures();
void print_text(const char* text);

inline std::string shown(bool value) { return value ? "true" : "false"; }
inline std::string shown(const std::string& value) { return '"' + value + '"'; }
inline std::string shown(const char* value) { return shown(std::string(value)); }
template <class T>
std::string shown(const T& value) {
    if constexpr (std::is_enum_v<T>) {
        return std::to_string(static_cast<long>(value));
    } else if constexpr (std::is_integral_v<T>) {
        return std::to_string(value);
    } else {
        return "?";
    }
}

/// A failure being described: printed at the end of the statement.
class Failure {
public:
    Failure(const char* file, int line, std::string what);
    ~Failure();
    template <class T>
    Failure& operator<<(const T& more) {
        text_ += ' ' + shown(more);
        return *this;
    }

private:
    std::string text_;
};
/// Takes a failure with all that was said of it, so that a macro can be one expression.
struct Ended {
    void operator=(const Failure&) const {}
};

class AssertionResult {
public:
    explicit AssertionResult(bool good) : good_(good) {}
    explicit operator bool() const { return good_; }
    template <class T>
    AssertionResult& operator<<(const T& more) {
        text_ += shown(more);
        return *this;
    }
    const std::string& text() const { return text_; }

private:
    bool good_;
    std::string text_;
};
inline AssertionResult AssertionSuccess() { return AssertionResult(true); }
inline AssertionResult AssertionFailure() { return AssertionResult(false); }

template <class A, class B>
std::string two(const char* text, const A& a, const B& b) {
    return std::string(text) + ": " + shown(a) + ", " + shown(b);
}

}  // namespace testing

#define OURO_TEST(suite, name, base)                                                             \
    class suite##_##name : public base {                                                         \
        void TestBody() override;                                                                \
    };                                                                                           \
    static ::testing::Case case_##suite##_##name(#suite, #name, [] { suite##_##name().run(); }); \
    void suite##_##name::TestBody()
#define TEST_F(fixture, name) OURO_TEST(fixture, name, fixture)
#define TEST(suite, name) OURO_TEST(suite, name, ::testing::Test)

#define OURO_CHECK(condition, text, otherwise) \
    if (condition) {                           \
    } else                                     \
        otherwise ::testing::Failure(__FILE__, __LINE__, text)
#define OURO_CHECK_TWO(a, b, compare, text, otherwise)  \
    if (const auto& left_ = (a); compare(left_, (b))) { \
    } else                                              \
        otherwise ::testing::Failure(__FILE__, __LINE__, ::testing::two(text, left_, (b)))

#define OURO_IS_EQ(x, y) ((x) == (y))
#define OURO_IS_NE(x, y) (!((x) == (y)))
#define OURO_IS_GE(x, y) ((x) >= (y))
#define OURO_IS_LE(x, y) ((x) <= (y))
#define OURO_IS_STREQ(x, y) (std::strcmp((x), (y)) == 0)
#define OURO_GO_ON
#define OURO_END return ::testing::Ended() =

#define EXPECT_TRUE(x) OURO_CHECK(x, #x, OURO_GO_ON)
#define EXPECT_FALSE(x) OURO_CHECK(!(x), "not " #x, OURO_GO_ON)
#define EXPECT_EQ(a, b) OURO_CHECK_TWO(a, b, OURO_IS_EQ, #a " == " #b, OURO_GO_ON)
#define EXPECT_NE(a, b) OURO_CHECK_TWO(a, b, OURO_IS_NE, #a " != " #b, OURO_GO_ON)
#define EXPECT_GE(a, b) OURO_CHECK_TWO(a, b, OURO_IS_GE, #a " >= " #b, OURO_GO_ON)
#define EXPECT_LE(a, b) OURO_CHECK_TWO(a, b, OURO_IS_LE, #a " <= " #b, OURO_GO_ON)
#define EXPECT_STREQ(a, b) OURO_CHECK_TWO(a, b, OURO_IS_STREQ, #a " == " #b, OURO_GO_ON)
#define ASSERT_TRUE(x) OURO_CHECK(x, #x, OURO_END)
#define ASSERT_EQ(a, b) OURO_CHECK_TWO(a, b, OURO_IS_EQ, #a " == " #b, OURO_END)
