"""The objects and statements of a gcscript (docs/gcscript.md) on CPython 3.11's own objects.

Nothing is modelled here. A script's object IS a Python object, a handle IS a dictionary entry
holding it, and Python's own counts, gc and weakref do the work. The one duty of this file is to
hold no reference of its own when a script can look: hence the `del` lines just before an old object
may die.

Origin: the oracle that came with the language's definition and its cases, unchanged but for its
form. oracle.py carries out whole scripts.
"""
import ctypes
import gc
import sys
import weakref

untrack = ctypes.pythonapi.PyObject_GC_UnTrack
untrack.argtypes, untrack.restype = [ctypes.py_object], None


world = None  # the World of the script that this process carries out


# ---- the objects

class Token(int):
    """An object's serial number. Only the object refers to it: its end makes the address stale."""
    __slots__ = ()

    def __del__(self):
        world.live.pop(int(self), None)


class Atom(Token):
    """An atomic object: untracked, no slots, not weakly referable. It is its own token."""
    __slots__ = ()


class Node(dict):
    """Slot name -> referent. A dict subclass is ONE object to the collector, and always tracked."""
    __slots__ = ('token', '__weakref__')


class FinalNode(Node):
    __slots__ = ()

    def __del__(self):
        world.happen('fin ' + world.label(self), self)


def legacy_node():
    """A node class whose finalizer is of the kind Python had before 3.4, a C-level tp_del."""
    from _testcapi import with_tp_del
    members = {'__slots__': (), '__tp_del__': FinalNode.__del__}
    return with_tp_del(type('LegacyNode', (Node,), members))


class Weak(weakref.ref):
    """A weak reference: itself a tracked object, with no strong edges."""
    __slots__ = ('token',)


OBJECTS = Node, Weak, Atom


def referent_died(weak):
    world.happen('cb ' + world.label(weak))


def collector_ran(phase, info):
    counts = ' {collected} {uncollectable}'.format(**info) if phase == 'stop' else ''
    world.happen('gc ' + phase, None, counts)


def unraisable(report):
    """Python calls this for an error of a finalizer or callback, and goes on with its work."""
    world.event(f'error {report.exc_value}')


# ---- scripts

def parse(lines):
    """The statements up to `end`, each (verb, arguments); a block's body is its first argument."""
    statements = []
    for line in lines:
        words = line.split('#')[0].split()
        if words == ['end']:
            break
        if words[:1] == ['unordered'] and len(words) > 1:   # the one-line form of the block
            statements.append(('unordered', [parse([' '.join(words[1:])])]))
        elif words and words[0] in ('repeat', 'unordered', 'par', 'on'):
            statements.append((words[0], [parse(lines)] + words[1:]))
        elif len(words) == 3 and words[1] == '=':
            statements.append(('assign', [words[0], words[2]]))
        elif words:
            statements.append((words[0], words[1:]))
    return statements


def yes(flag):
    return 'yes' if flag else 'no'


class World:
    """One script's names, objects and output."""

    # References that a running finalizer adds: its caller, __del__, happen(), self.selves.
    LENT = 4

    def __init__(self):
        self.names = {}         # handle -> object
        self.live = {}          # serial -> (label, address) of every object not yet reclaimed
        self.latest = {}        # label -> serial of the latest object created under it
        self.created = 0
        self.final = FinalNode
        self.actions = {}       # 'fin a', 'cb w', 'gc start' -> statements
        self.context = []       # the events whose actions are running, innermost last
        self.selves = []        # what `self` means in each
        self.held = None        # event lines held back by `unordered` or `par`
        self.events = []        # those of the last top-level statement, in true order, as 'fin:a'
        self.par = self.par_collected = False
        self.base = self.totals()

    def run(self, statements):
        for verb, arguments in statements:
            if verb in self.QUESTIONS:
                self.ask(verb, arguments)
            elif verb in self.ANSWERS:
                self.result(f'{verb} -> {self.ANSWERS[verb](self)}')
            else:
                getattr(self, 'do_' + verb)(*arguments)

    # ---- output

    def event(self, line):
        if ': ' not in line:
            self.events.append(':'.join(line.split()[:2]))
        print(line) if self.held is None else self.held.append(line)

    def result(self, line):
        if self.context:
            self.event(f'{self.context[-1]}: {line}')
        elif not self.par:
            print(line)

    def happen(self, event, subject=None, counts=''):
        """Print an event, then run the actions the script gave it; `self` is the subject."""
        self.event(event + counts)
        if event in self.actions:
            self.context.append(event)
            self.selves.append(subject)
            try:
                self.run(self.actions[event])
            finally:
                self.context.pop()
                self.selves.pop()

    # ---- operands

    def value(self, source):
        if source == 'none':
            return None
        if source[0] == '"':
            return sys.intern(source)
        if source[0] in '-0123456789':
            return int(source)
        if source[0] == '*':
            weak = self.value(source[1:])
            return weak() if isinstance(weak, Weak) else None
        name, *slots = source.split('.')
        found = self.selves[-1] if name == 'self' else self.names.get(name)
        for slot in slots:
            found = found.get(slot) if isinstance(found, Node) else None
        return found

    def serial(self, found):
        return int(found if isinstance(found, Atom) else found.token)

    def label(self, found):
        return self.live[self.serial(found)][0]

    def labels(self, found):
        return ' '.join(sorted(self.label(o) for o in found if isinstance(o, OBJECTS))) or '-'

    def find(self, operand):
        """The serial number of what an operand names: None: dead, -1: no object of the script."""
        if operand[0] == '@':
            serial = self.latest.get(operand[1:])
        else:
            found = self.value(operand)
            if not isinstance(found, OBJECTS):
                return -1
            serial = self.serial(found)
        return serial if serial in self.live and self.true_count(serial) >= 0 else None

    def true_count(self, serial):
        """Read by address, as ctypes lets one; less what is lent to a running finalizer here."""
        address = self.live[serial][1]
        raw = ctypes.c_ssize_t.from_address(address).value
        return raw - self.LENT * sum(id(s) == address for s in self.selves) if raw else -1

    def at(self, serial):
        return ctypes.cast(self.live[serial][1], ctypes.py_object).value

    def ask(self, verb, operands):
        answer, other, dead = self.QUESTIONS[verb]
        for operand in operands:
            serial = self.find(operand)
            reply = dead if serial is None else other if serial < 0 else answer(self, serial)
            self.result(f'{verb} {operand} -> {reply}')

    # verb: what to say of a live object; of what is no object of the script; of a dead one
    QUESTIONS = {
        'rc': (true_count, 'immortal', 'dead'),
        'tracked': (lambda self, s: yes(gc.is_tracked(self.at(s))), 'no', 'dead'),
        'finalized': (lambda self, s: yes(gc.is_finalized(self.at(s))), 'no', 'dead'),
        'listed': (lambda self, s: yes(any(o is self.at(s) for o in gc.get_objects())), 'no', 'no'),
        'referrers': (lambda self, s: self.labels(gc.get_referrers(self.at(s))), '-', 'dead'),
        'referents': (lambda self, s: self.labels(gc.get_referents(self.at(s))), '-', 'dead'),
        'weaks': (lambda self, s: weakref.getweakrefcount(self.at(s)), '0', 'dead'),
    }

    # ---- statements: objects, handles, slots

    def create(self, kind, label, *arguments):
        self.created += 1
        if kind is Atom:
            found = token = Atom(self.created)
        else:
            found, token = kind(*arguments), Token(self.created)
            found.token = token
        untrack(token)
        self.live[self.created] = label, id(found)
        self.latest[label] = self.created
        return found

    def bind(self, name, found):
        old = self.names.get(name)
        self.names[name] = found
        del found, old                                      # here the old object may die

    def do_new(self, *words):
        kind = {'fin': self.final, 'atomic': Atom}.get(words[0])
        for name in words[1:] if kind else words:
            self.bind(name, self.create(kind or Node, name))

    def do_weak(self, name, target, *cb):
        if isinstance(self.value(target), Node):
            call = referent_died if cb else None
            self.bind(name, self.create(Weak, name, self.value(target), call))
        else:
            self.result(f'weak {name} -> error')

    def do_assign(self, place, source):
        owner, _, slot = place.rpartition('.')
        if not owner:
            return self.bind(place, self.value(source))
        owner = self.value(owner)
        if isinstance(owner, Node):
            old = owner.get(slot)
            owner[slot] = self.value(source)
            del owner, old

    def do_clear(self, *places):
        for place in places:
            owner, _, slot = place.rpartition('.')
            owner = self.value(owner)
            if isinstance(owner, Node):
                old = owner.pop(slot, None)
                del owner, old

    def do_drop(self, *names):
        for name in names:
            self.names.pop(name, None)

    # ---- statements: questions

    def do_state(self, *sources):
        for source in sources:
            state = 'dead' if self.value('*' + source) is None else 'live'
            self.result(f'state {source} -> {state}')

    def do_same(self, a, b):
        x, y = self.find(a), self.find(b)
        alike = self.value(a) is self.value(b) if x == y == -1 else x == y
        self.result(f'same {a} {b} -> {"dead" if None in (x, y) else yes(alike)}')

    # ---- statements: the collector

    def do_collect(self, *generation):
        found = gc.collect(*map(int, generation))
        self.par_collected |= self.par
        self.result(f'{" ".join(("collect",) + generation)} -> {found}')

    do_enable, do_empty = gc.enable, gc.garbage.clear
    do_freeze, do_unfreeze = gc.freeze, gc.unfreeze
    do_threshold = staticmethod(lambda n: gc.set_threshold(int(n)))
    do_churn = staticmethod(lambda n: [[] for _ in range(int(n))])

    def do_disable(self):
        gc.disable()
        self.base = self.totals()

    def do_settle(self):
        if gc.isenabled() and gc.get_threshold()[0]:
            gc.collect()

    def do_saveall(self, switch):
        gc.set_debug(gc.DEBUG_SAVEALL if switch == 'on' else 0)

    def do_take(self, name, label):
        at = [self.label(o) for o in gc.garbage].index(label)
        self.bind(name, gc.garbage.pop(at))

    def do_callbacks(self, switch):
        gc.callbacks[:] = [collector_ran] if switch == 'on' else []

    def totals(self):
        keys = 'collections', 'collected', 'uncollectable'
        return [sum(g[key] for g in gc.get_stats()) for key in keys]

    def stats(self):
        old, self.base = self.base, self.totals()
        return ' '.join(str(n - o) for n, o in zip(self.base, old))

    def frozen(self):
        listed = sum(isinstance(o, (Node, Weak)) for o in gc.get_objects())
        return sum(gc.is_tracked(self.at(s)) for s in self.live) - listed

    ANSWERS = {         # verbs without operands: what each answers
        'isenabled': lambda self: yes(gc.isenabled()),
        'objects': lambda self: len(self.live),
        'garbage': lambda self: self.labels(gc.garbage),
        'frozen': frozen,
        'stats': stats,
    }

    # ---- statements: the script

    def do_mode(self, mode):
        if mode == 'legacy':
            self.final, self.LENT = legacy_node(), World.LENT + 1       # and a bound method
            gc.collect()

    def do_on(self, body, kind, label):
        self.actions[f'{kind} {label}'] = body

    def do_raise(self):
        raise RuntimeError(self.context[-1])

    def do_repeat(self, body, n):
        for _ in range(int(n)):
            self.run(body)

    def do_unordered(self, body):
        self.held = []
        self.run(body)
        print(*sorted(self.held), sep='\n', end='\n' if self.held else '')
        self.held = None

    def do_par(self, body):
        """The threads one after another: by the rules for `par` any order has the same outcome."""
        self.par, self.par_collected = True, False
        self.do_unordered(body + [('joined', [])])

    do_thread = int  # where the next thread begins: nothing to do

    def do_joined(self):
        self.par = False
        if self.par_collected:
            gc.collect()

    def do_say(self, *words):
        self.result(' '.join(words))

    def do_order(self, *events):
        places = [self.events.index(e) if e in self.events else -1 for e in events]
        in_order = places[0] >= 0 and places == sorted(set(places))
        self.result(f'order {" ".join(events)} -> {yes(in_order)}')

    def do_leakcheck(self):
        self.actions.clear()
        gc.callbacks.clear()
        gc.set_debug(0)
        gc.unfreeze()
        self.do_par([('empty', []), ('drop', sorted(self.names)), ('collect', [])])
        self.result(f'leaks -> {len(self.live)}')
