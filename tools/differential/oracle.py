#!/usr/bin/env python3
"""Runs a gcscript (docs/gcscript.md) on the objects of CPython 3.11 itself (oracle_world.py).

    oracle.py FILE              print FILE's output
    oracle.py --check FILE...   compare each FILE's output with the .out beside it

Every script has a process of its own, forked from this one.
"""
import gc
import os
import sys

import oracle_world


def play(text, quiet=False):
    """Carries out a script in a process of its own, forked from this one; what it printed.

    None: the script is none that the oracle understands; why is printed unless `quiet`.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.close(reader)
            sys.stdout = open(writer, 'w')
            run_whole(text)
            sys.stdout.flush()
            status = 0
        except Exception as error:  # the script's fault: the parent is told by the exit status
            if not quiet:
                print(f'oracle: {error!r}', file=sys.stderr, flush=True)
        finally:
            os._exit(status)  # what is left over stays where it is
    os.close(writer)
    with open(reader) as pipe:
        output = pipe.read()
    _, status = os.waitpid(child, 0)
    return None if status else output


def run_whole(text):
    """Carries out a script here. The process is good for no other afterwards."""
    sys.unraisablehook = oracle_world.unraisable
    program = oracle_world.parse(iter(text.split('\n')))
    gc.collect()
    oracle_world.world = world = oracle_world.World()
    for statement in program:
        if statement[0] != 'order':
            world.events.clear()
        world.run([statement])


def check(scripts):
    """Runs each script; how many do not print what their .out file says."""
    bad = []
    for script in scripts:
        with open(script) as file, open(os.path.splitext(script)[0] + '.out') as expected:
            if play(file.read()) != expected.read():
                bad.append(script)
    print(f'{len(scripts) - len(bad)} of {len(scripts)} scripts as expected', *bad)
    return len(bad)


def main(arguments):
    if arguments[:1] == ['--check']:
        return check(arguments[1:]) > 0
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    with open(arguments[0]) as file:
        output = play(file.read())
    print(output or '', end='')
    return output is None


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
