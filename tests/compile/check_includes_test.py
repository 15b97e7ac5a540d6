#!/usr/bin/env python3
"""tools/check_includes.py must find each planted violation at its line, and nothing else."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from check_includes import check  # noqa: E402

# A tree in order: every edge that is allowed occurs once.
CLEAN = {
    "platform/port.h": '#include OURO_PORT_HEADER\n#include "platform/port_concept.h"\n',
    "platform/port_concept.h": "#include <atomic>\n#include <concepts>\n",
    "ports/one/port.h": '#include <atomic>\n#include <unistd.h>\n#include "ports/one/more.h"\n',
    "ports/one/more.h": '#include "platform/port_concept.h"\n#include <thread>\n',
    "heap/heap.h": '#include "platform/port.h"\n#include <cstdint>\n#include "heap/ref.h"\n',
    "heap/ref.h": "// std::atomic and absl:: in a comment, <thread> too\n",
    "gc/gc.h": '#include "heap/heap.h"\n#include "platform/port.h"\n',
    "include/ouro/ouro.h": '#include "gc/gc.h"\n#include "heap/heap.h"\n',
    "tests/unit/a_test.cc": '#include "gc/gc.h"\n#include <thread>\n#include "gtest/gtest.h"\n',
    "ports/sim/engine.h": '#include "ports/sim/more.h"\n',
    "ports/sim/more.h": "",
    "explore/main.cc": '#include "ports/sim/engine.h"\n#include "ouro/ouro.h"\n',
    "tests/sim/a_test.cc": '#include "ports/sim/engine.h"\n',
    "ports/cortex_m/boards/board.h": '#include "ports/machine/arm.h"\n',
    "ports/machine/arm.h": "#include <atomic>\n",
    "ports/kernel/port.h": '#include "ports/machine/arm.h"\n',
    "ports/freertos/port.h": '#include "ports/kernel/port.h"\n#include "ports/machine/arm.h"\n',
    "tests/kernels/freertos/fake.cc": '#include "ports/freertos/port.h"\n',
    "tests/kernels/freertos/include/task.h": '#include <FreeRTOS.h>\n',
    "tests/kernels/freertos/include/FreeRTOS.h": "",
    "tests/mcu/program.cc": '#include "ports/cortex_m/boards/board.h"\n',
    "tools/main.cc": '#include "absl/flags/flag.h"\n#include "ouro/ouro.h"\n',
}

# file, its text, the violation expected as "line: rule: part of the text"
PLANTED = [
    ("heap/a.h", '#include "gc/gc.h"\n', "1: layer: heap/ may not include gc/"),
    ("platform/a.h", '\n#include "heap/heap.h"\n', "2: layer: platform/ may not include heap/"),
    ("ports/one/a.h", '#include "heap/heap.h"\n', "1: layer: ports/one/ may not include heap/"),
    ("ports/two/a.h", '#include "ports/one/port.h"\n', "1: layer: only the build names ports/"),
    ("ports/desktop/a.h", '#include "ports/machine/arm.h"\n', "1: layer: only the build names"),
    ("ports/kernel/a.h", '#include "ports/freertos/port.h"\n', "1: layer: only the build names"),
    ("ports/freertos/a.h", '#include "ports/cortex_m/boards/board.h"\n',
     "1: layer: only the build names ports/"),
    ("ports/machine/a.h", '#include "ports/kernel/port.h"\n', "1: layer: only the build names"),
    ("tests/kernels/a.cc", '#include "ports/sim/engine.h"\n', "1: layer: only the build names"),
    ("heap/a.h", '#include "ports/one/port.h"\n', "1: layer: only the build names ports/"),
    ("tests/a.cc", "#include <ports/one/port.h>\n", "1: layer: only the build names ports/"),
    ("explore/a.cc", '#include "ports/one/port.h"\n', "1: layer: only the build names ports/"),
    ("tests/a.cc", '#include "ports/sim/engine.h"\n', "1: layer: only the build names ports/"),
    ("tests/mcu/a.cc", '#include "ports/sim/engine.h"\n', "1: layer: only the build names ports/"),
    ("tests/sim/a.cc", '#include "ports/cortex_m/boards/board.h"\n',
     "1: layer: only the build names ports/"),
    ("include/ouro/a.h", '#include "tools/main.cc"\n', "1: layer: include/ may not include tools"),
    ("gc/a.h", '#include "ouro/ouro.h"\n', "1: layer: gc/ may not include ouro/"),
    ("heap/a.h", '#include "../gc/gc.h"\n', '1: path: "../gc/gc.h" must be named from the root'),
    ("heap/a.h", '#include "ref.h"\n', '1: path: "ref.h" must be named from the root'),
    ("heap/a.h", '#include "heap/none.h"\n', '1: path: there is no file "heap/none.h"'),
    ("heap/a.h", '#include "stdio.h"\n', '1: path: "stdio.h" is no file of this project'),
    ("heap/a.h", "#include <stdint.h>\n", "1: foreign: heap/ may include C++ standard headers"),
    ("gc/a.cc", "#include <sys/mman.h>\n", "1: foreign: gc/ may include C++ standard headers"),
    ("gc/a.cc", "#include <absl/types/span.h>\n", "1: foreign: gc/ may not use absl"),
    ("ports/one/a.h", "#include <boost/any.hpp>\n", "1: foreign: ports/one/ may not use boost"),
    ("heap/a.h", "#  include <atomic>\n", "1: machine: heap/ reaches <atomic> through"),
    ("platform/a.h", "#include <atomic>\n", "1: machine: platform/ reaches <atomic> through"),
    ("gc/a.h", "#include <thread>\n", "1: machine: gc/ reaches <thread> through"),
    ("gc/a.h", "#include <mutex>\n", "1: machine: gc/ reaches <mutex> through"),
    ("gc/a.h", "#include <condition_variable>\n", "1: machine: gc/ reaches <condition_variable>"),
    ("gc/a.h", "#include <chrono>\n", "1: machine: gc/ reaches <chrono> through"),
    ("gc/a.h", "int a;\nstd::atomic<int> b;\n", "2: machine: gc/ may not use std::atomic"),
    ("heap/a.h", "int a = __atomic_load_n(p, 0);\n", "1: machine: heap/ may not use __atomic_load"),
    ("heap/a.h", "absl::Span<int> a;\n", "1: machine: heap/ may not use absl::"),
    ("platform/a.h", "std::mutex a;\n", "1: machine: platform/ may not use std::mutex"),
    ("platform/a.h", "#include OURO_PORT_HEADER\n", "1: computed: only platform/port.h"),
    ("platform/port.h", "#include OTHER_HEADER\n", "1: computed: only platform/port.h"),
]


def problems_of(planted: dict[str, str]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**CLEAN, **planted}.items():
            file = Path(folder, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return check(Path(folder))


class CheckIncludes(unittest.TestCase):
    def test_clean_tree_has_no_violation(self) -> None:
        self.assertEqual(problems_of({}), [])

    def test_each_planted_violation_is_found_at_its_line(self) -> None:
        for name, text, expected in PLANTED:
            with self.subTest(file=name, text=text):
                problems = problems_of({name: text})
                self.assertEqual(len(problems), 1, problems)
                self.assertTrue(problems[0].startswith(f"{name}:{expected}"), problems[0])


if __name__ == "__main__":
    unittest.main()
