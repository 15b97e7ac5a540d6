#!/usr/bin/env python3
"""check_objects.py must find planted violations in listings, sources and real machine code."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from check_objects import calls_in, check_recursion, check_source, check_symbols, members, run

COMPILER = [os.environ.get("CXX") or "c++", "-std=c++20", "-O1"]

RECURSIVE = """
namespace ouro {
int leaf(int);
[[gnu::noinline]] int odd(int n);
[[gnu::noinline]] int even(int n) { return n == 0 ? 1 : leaf(odd(n - 1)) + 1; }
[[gnu::noinline]] int odd(int n) { return n == 0 ? 0 : leaf(even(n - 1)) + 1; }
[[gnu::noinline]] int leaf(int n) { return n + 1; }
}
int main(int n, char**) { return ouro::even(n); }
"""
THROWS = """
#include <cstdlib>
#include <new>
void* f(int n) { if (n == 1) throw n; return n == 2 ? std::malloc(4) : new int; }
"""


def compiled(text: str, *flags: str) -> str:
    """The path of a file in a folder that stays until the program ends."""
    folder = tempfile.mkdtemp()
    source = Path(folder, "a.cc")
    source.write_text(text, encoding="utf-8")
    result = str(Path(folder, "a.out"))
    subprocess.run([*COMPILER, *flags, str(source), "-o", result], check=True)
    return result


class CheckObjects(unittest.TestCase):
    def test_symbols_of_the_core_are_judged(self) -> None:
        library = compiled(THROWS, "-c")
        listing = "lib.a[a.cc.o]:\n" + run("nm", "--format=posix", library)
        problems = "\n".join(check_symbols({"a.cc.o"}, listing))
        for sign in ("memory: malloc", "memory: _Znwm", "exceptions: __cxa_throw", "rtti: _ZTI"):
            self.assertIn(sign, problems)
        self.assertEqual(list(check_symbols({"b.cc.o"}, listing)), [])
        self.assertEqual(members(listing), {"a.cc.o"})

    def test_words_of_the_source_are_judged_and_comments_are_not(self) -> None:
        self.assertEqual(list(check_source("a.h", "// throw\nint x; // try\n")), [])
        text = "int f() {\n    thread_local int x;\n    throw x;\n}\n"
        self.assertEqual(
            list(check_source("a.h", text)),
            ["a.h:2: source: thread_local", "a.h:3: source: throw"],
        )

    def test_recursion_in_machine_code_is_found(self) -> None:
        program = compiled(RECURSIVE)
        calls = calls_in(run("objdump", "-d", "-C", "--no-show-raw-insn", program))
        problems = "\n".join(check_recursion(calls))
        self.assertIn("ouro::even(int) can call itself", problems)
        self.assertIn("ouro::odd(int) can call itself", problems)
        self.assertNotIn("leaf", problems)

    def test_recursion_through_the_counted_function_is_accepted(self) -> None:
        counted = "ouro::Heap::end_object(void*, bool)"
        calls = {counted: {"ouro::a()"}, "ouro::a()": {counted, "ouro::b()"}, "ouro::b()": set()}
        self.assertEqual(list(check_recursion(calls)), [])
        calls["ouro::b()"] = {"ouro::a()"}
        self.assertEqual(len(list(check_recursion(calls))), 2)


if __name__ == "__main__":
    unittest.main()
