#!/usr/bin/env python3
"""tools/check_style.py must find each planted violation at its line, and nothing else."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from check_style import check  # noqa: E402
from cpp_functions import functions  # noqa: E402
from source_text import code_only  # noqa: E402

MARK = "TO" + "DO"  # in two halves: the checker reads this file, too
FILLER = "    work();\n"

# Texts without a violation.
CLEAN = {
    "heap/order_on_line.cc": "a.load(memory_order_relaxed);  // order: relaxed, it only counts\n",
    "heap/order_above.cc": "// order: why\n\n\n\na.load(platform::memory_order_acquire);\n",
    "heap/order_block.cc": "// order: why\n" + "// more\n" * 7 + "a.load(memory_order_acquire);\n",
    "heap/order_alias.h": "using platform::memory_order_acquire;\n",
    "heap/order_strong.cc": "a.load(std::memory_order_seq_cst);\n",
    "tests/order_elsewhere.cc": "a.load(memory_order_acquire);\n",
    "ports/one/port.h": "#ifdef __linux__\nstd::atomic<int> a;\n#endif\n",
    "bench/contestants/one.cc": "std::atomic<std::shared_ptr<int>> a;\n",
    "platform/compiler.h": "#if defined(__GNUC__)\n#endif\n",
    "heap/in_comment.h": "// std::atomic, memory_order_relaxed\nint a = f(\"std::atomic\");\n",
    "heap/long_file.h": "// Why so long: one table.\n" + "int a;\n" * 400,
    "heap/long_class.h": "class A {\n" + "    int f() { return 1; }\n" * 90 + "};\n",
    "heap/long_namespace.h": "namespace a {\n" + "int f();\n" * 90 + "}\n",
    "heap/long_table.h": "constexpr int kTable[] = {\n" + "    f(1),\n" * 90 + "};\n",
    "heap/function_of_60.cc": "int f() {\n" + FILLER * 58 + "}\n",
    "heap/line_of_100.h": "// " + "x" * 97 + "\n",
    "docs/long_line.md": "x" * 300 + "\n",
    "docs/links.md": "[a](links.md) [b](../docs) [c](https://a.b/c) [d](#e) `[f](none.md)`\n",
    "docs/fence.md": "```\n[a](none.md)\n```\n",
}

# file, its text, the violation expected as "line: rule"
PLANTED = [
    ("heap/a.h", "\n// " + "x" * 98 + "\n", "2: line-length"),
    ("tools/a.py", "# " + "x" * 99 + "\n", "1: line-length"),
    ("heap/a.h", "int a;\n" * 401, "401: file-length"),
    ("heap/a.h", "int a;\n" * 400 + "// Why so long: not in the head\n", "401: file-length"),
    ("heap/a.cc", "\nint f() {\n" + FILLER * 59 + "}\n", "2: function-length: f has 61"),
    ("tools/a.py", "\ndef f():\n" + "    work()\n" * 60, "2: function-length: f has 61"),
    ("heap/a.h", "std::atomic<int> a;\n", "1: naked-atomic"),
    ("tests/a.cc", "\nstd::atomic_ref<int> a(b);\n", "2: naked-atomic"),
    ("tools/a.cc", "__sync_synchronize();\n", "1: naked-atomic"),
    ("heap/a.cc", "\na.load(platform::memory_order_relaxed);\n", "2: order-comment"),
    ("gc/a.cc", "a.store(1, std::memory_order::release);\n", "1: order-comment"),
    ("gc/a.cc", "// order: b\n;\n;\n;\n;\na.load(memory_order_acquire);\n", "6: order-comment"),
    ("gc/a.cc", 'f("order:"); a.load(memory_order_acquire);\n', "1: order-comment"),
    ("heap/a.h", f"\n// {MARK}: later\n", "2: unfinished"),
    ("docs/a.md", f"{MARK}\n", "1: unfinished"),
    ("heap/a.h", "\n#ifdef __linux__\n#endif\n", "2: machine-if"),
    ("platform/a.h", "#if defined(A) || \\\n    defined(__ARM_ARCH)\n#endif\n", "2: machine-if"),
    ("tests/a.cc", "#if A\n#elif defined(_WIN32)\n#endif\n", "2: machine-if"),
    ("docs/a.md", "\n[a](none.md#part)\n", "2: dead-link: none.md#part"),
    ("docs/a.md", "![a](none.png)\n", "1: dead-link: none.png"),
    ("docs/a.md", "[a]: none.md\n", "1: dead-link: none.md"),
    ("docs/a.md", "[a](../../outside)\n", "1: dead-link: ../../outside"),
]

# Heads of functions: with 60 lines more each must be measured, under this name.
FUNCTION_HEADS = [
    ("int f() {", "f"),
    ("static auto A::f(int a) const noexcept -> std::vector<int> {", "A::f"),
    ("template <class T, class U = B<T>>\nT f(T a) {", "f"),
    ("[[nodiscard]] bool operator==(const A& a) const {", "operator=="),
    ("A::A(int a) : B(a), c_{a}, d_(a), e_{1, 2} {", "A::A"),
    ("A() : c_{} {", "A"),
    ("A::~A() {", "A::~A"),
    ('extern "C" void f() {', "f"),
    ("TEST(Heap, keeps) {", "TEST"),
    ("auto f = [](int a) {", "f"),
    ("class A {\npublic:\n    int f() {", "f"),
    ("struct alignas(8) A {\n    template <class T>\n    void f(T a) {", "f"),
    ("template <class T>\n    requires(sizeof(T) > 1)\nclass A {\n    int f() {", "f"),
    ("namespace a::b {\n#define A(x) {\nenum class E : int { a, b };\nint f(int a = {}) {", "f"),
    ("namespace a { namespace { int a{3}; int b[] = {f(1), 2};\nint f(A a) {", "f"),
]


def problems_of(tree: dict[str, str]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in tree.items():
            file = Path(folder, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return check(Path(folder).resolve())


class CheckStyle(unittest.TestCase):
    def test_clean_tree_has_no_violation(self) -> None:
        self.assertEqual(problems_of(CLEAN), [])

    def test_each_planted_violation_is_found_at_its_line(self) -> None:
        for name, text, expected in PLANTED:
            with self.subTest(file=name, text=text):
                problems = problems_of({name: text})
                self.assertEqual(len(problems), 1, problems)
                self.assertTrue(problems[0].startswith(f"{name}:{expected}"), problems[0])

    def test_every_kind_of_function_head_is_recognized(self) -> None:
        for head, name in FUNCTION_HEADS:
            with self.subTest(head=head):
                code = code_only(head + "\n" + FILLER * 60 + "}\n};\n")
                found = [(n, b - a + 1) for a, b, n in functions(code) if b - a > 60]
                self.assertEqual([n for n, _ in found], [name])


if __name__ == "__main__":
    unittest.main()
