#!/usr/bin/env python3
"""generator.py SEED [SIZE]: prints a random gcscript of about SIZE statements (60).

What it prints has one outcome, whatever the order the semantics leave free, because
  * every statement that may kill is `unordered`;
  * the actions of a finalizer touch only its own slots and names that no other event uses, so they
    commute;
  * a weak reference with a callback is held by its handle only, and that goes in a statement of its
    own;
  * with control=True, the garbage list is emptied at once, so that a collection finds it empty;
  * with legacy=True, `take` asks for what a ring of its own has put on the garbage list;
  * a thread of a `par` block uses names and slots of its own; objects that die beside a `collect`
    only report.

Origin: the generator that came with the language's definition, unchanged but for its form and
for `control` and `legacy`, which are off when it is run by itself.
"""
import random
import sys

SLOTS = 'xyz'


class Script:
    def __init__(self, seed, size, control=False, legacy=False):
        self.random = random.Random(seed)
        self.size = size
        self.control = control  # also statements about the collector itself
        self.legacy = legacy    # `mode legacy`, and what is particular to it
        self.lines = [f'# random script: seed {seed}, size {size}']
        self.lines += ['mode legacy', 'disable'] if legacy else ['disable']
        self.made = 0
        self.nodes = []         # labels of nodes; each was at first a handle of the same name
        self.weaks = []         # weak references held by handles of their own
        self.aliases = [f'a{i}' for i in range(6)]

    def add(self, *lines):
        self.lines += lines

    def pick(self, names=None):
        return self.random.choice(names or self.nodes[-12:] + self.aliases)

    def chance(self, p):
        return self.random.random() < p

    def name(self, prefix):
        self.made += 1
        return f'{prefix}{self.made}'

    # ---- objects

    def finalizer(self, label):
        """Actions that commute with those of any other finalizer."""
        own = label[1:]
        menu = [
            [f'keep{own} = self'],
            [f'keep{own} = self.{self.pick(SLOTS)}'],
            [f'clear self.{self.pick(SLOTS)}'],
            [f'new f{own}', f'f{own}.x = f{own}', f'drop f{own}'],
            [f'new fin f{own}', f'self.{self.pick(SLOTS)} = f{own}', f'drop f{own}'],
            [f'new fin f{own}', f'f{own}.x = self', f'self.z = f{own}', f'drop f{own}'],
            [f'drop own{own}', f'rc @own{own}'],
            [f'state v{own}'],
            [f'keep{own} = *v{own}'],
            ['say hello'],
            ['raise'],
        ]
        actions = self.random.sample(menu, self.random.choice((1, 1, 2)))
        actions.sort(key=lambda action: action == ['raise'])
        lines = ['  ' + line for action in actions for line in action]
        self.add(f'new fin own{own}', f'on fin {label}', *lines, 'end')

    def node(self):
        label = self.name('n')
        if self.chance(0.5):
            if self.chance(0.5):
                self.finalizer(label)
            self.add(f'unordered new fin {label}')
            if self.chance(0.4):
                self.add(f'weak v{label[1:]} {label}')
        else:
            self.add(f'unordered new {label}')
        self.nodes.append(label)
        return label

    def ring(self):
        members = [self.node() for _ in range(self.random.choice((1, 2, 2, 3, 3, 5)))]
        slot = self.pick(SLOTS)
        for a, b in zip(members, members[1:] + members[:1]):
            self.add(f'unordered {a}.{slot} = {b}')
        if self.chance(0.6):
            self.add(f'unordered {members[0]}.{self.pick(SLOTS)} = {self.pick()}')
        if self.chance(0.7):
            dropped = self.random.sample(members, self.random.randint(1, len(members)))
            self.add('unordered drop ' + ' '.join(dropped))

    def atom(self):
        label = self.name('t')
        store = f'unordered {self.pick()}.{self.pick(SLOTS)} = {label}'
        self.add(f'new atomic {label}', store, f'drop {label}')

    def weak(self):
        label = self.name('w')
        target = self.pick(self.nodes[-6:])
        if self.chance(0.6):
            if self.chance(0.4):
                action = self.random.choice((
                    [f'state {label}'], [f'drop own{label}'], ['raise'], ['collect'],
                    [f'new f{label}', f'f{label}.x = f{label}', f'drop f{label}']))
                if action != ['collect']:
                    lines = ['  ' + line for line in action]
                    self.add(f'new fin own{label}', f'on cb {label}', *lines, 'end')
            self.add(f'weak {label} {target} cb')
            self.weaks.append(label)
        else:
            store = f'unordered {self.pick()}.{self.pick(SLOTS)} = {label}'
            self.add(f'weak {label} {target}', store)
            if self.chance(0.5):
                self.add(f'drop {label}')

    # ---- mutation and questions

    def link(self):
        self.add(f'unordered {self.pick()}.{self.pick(SLOTS)} = {self.pick()}')

    def copy(self):
        source = self.pick()
        if self.chance(0.3):
            source += '.' + self.pick(SLOTS)
        elif self.weaks and self.chance(0.3):
            source = '*' + self.pick(self.weaks)
        self.add(f'unordered {self.pick(self.aliases)} = {source}')

    def drop(self):
        dropped = [self.pick() for _ in range(self.random.choice((1, 1, 2, 3)))]
        self.add('unordered drop ' + ' '.join(dropped))

    def clear(self):
        self.add(f'unordered clear {self.pick()}.{self.pick(SLOTS)}')

    def forget_weak(self):
        if self.weaks:
            self.add(f'unordered drop {self.weaks.pop(self.random.randrange(len(self.weaks)))}')

    def collect(self):
        self.add('unordered collect')
        if self.chance(0.2):
            self.add('unordered collect')

    def nested(self):
        """A collection inside a reference-count finalizer."""
        label = self.name('q')
        self.add(f'new fin {label}', f'on fin {label}', '  collect', 'end')
        self.add(f'unordered drop {label}')

    def ask(self):
        some = ' '.join('@' + self.pick(self.nodes[-12:]) for _ in range(3))
        self.add(self.random.choice((
            f'rc {some}', f'rc {self.pick(self.nodes[-4:])}', f'listed {some}', f'finalized {some}',
            f'referents {some}', f'referrers {some}', f'weaks {some}', 'objects',
            f'same {self.pick()} {self.pick()}',
            'state ' + self.pick(self.weaks or ['none']))))

    # ---- the collector itself

    def frozen(self):
        """What is frozen ends by count only, and holds others."""
        self.add('freeze', 'frozen')
        for _ in range(self.random.choice((1, 2, 3))):
            self.random.choice((self.drop, self.ring, self.collect, self.ask))()
        self.add(self.random.choice(('frozen', 'unfreeze')), 'unfreeze', 'frozen')

    def save_all(self):
        """What would be reclaimed is kept for a while."""
        self.add('saveall on', 'unordered collect', 'garbage', 'saveall off')
        if self.chance(0.5):
            self.random.choice((self.drop, self.ask, self.copy))()
        self.add('unordered empty', 'garbage', 'objects')

    def announced(self):
        self.add('callbacks on', 'unordered collect', 'callbacks off')

    def figures(self):
        self.add('stats', 'unordered collect', 'stats')

    # ---- legacy finalizers

    def kept_ring(self):
        """A ring that is uncollectable for its finalizers, and its end by hand."""
        members = [self.name('k') for _ in range(self.random.choice((1, 2, 3)))]
        final = [self.chance(0.6) for _ in members]
        final[0] = True
        for label, is_final in zip(members, final):
            self.add(f'new {"fin " if is_final else ""}{label}')
        for a, b in zip(members, members[1:] + members[:1]):
            self.add(f'{a}.x = {b}')
        if self.chance(0.5):    # what hangs from it, or refers to it
            self.add(f'unordered {self.pick(members)}.y = {self.pick()}')
        held = self.chance(0.3)
        if held:
            self.add(f'unordered {self.pick()}.{self.pick(SLOTS)} = {self.pick(members)}')
        elif self.chance(0.4):
            self.add(f'weak v{members[0]} {self.pick(members)}')
        self.add(f'unordered drop {" ".join(members)}', 'unordered collect', 'garbage', 'stats')
        if not held and self.chance(0.7):
            taken = self.name('g')
            self.add(f'take {taken} {members[0]}', f'rc {taken}')
            if self.chance(0.7):
                self.add(f'unordered clear {taken}.x')
            self.add(f'unordered drop {taken}')
        self.forget_garbage()

    def tail(self):
        """A plain ring from which objects with finalizers hang; one may save itself."""
        ring, tail = self.name('r'), self.name('t')
        more = self.name('t')
        self.add(f'new {ring}', f'new fin {tail} {more}', f'{ring}.x = {ring}')
        self.add(f'{ring}.y = {tail}', f'{tail}.x = {more}')
        if self.chance(0.3):
            self.add(f'{more}.x = {more}')
        if self.chance(0.5):
            saved = self.random.choice(('self', 'self.x'))
            kept = self.random.choice((f's{tail}', f's{tail}', f'{self.pick()}.w'))
            self.add(f'on fin {tail}', f'  {kept} = {saved}', 'end')
        if self.chance(0.5):
            cb = self.random.choice(('', ' cb'))
            # Whoever holds it does not let go of it and its referent at once.
            referent, *holders = self.random.choice(
                ((ring, ring, tail, more), (tail, tail, more), (more, more)))
            self.add(f'weak v{tail} {referent}{cb}')
            if self.chance(0.4):
                self.add(f'{self.pick(holders)}.z = v{tail}', f'drop v{tail}')
        self.add(f'unordered drop {ring} {tail} {more}', 'unordered collect', 'garbage', 'stats')
        self.add(f'rc @{tail} @{more}')
        self.forget_garbage()

    def forget_garbage(self):
        """Empties the list, now and then: what is on it may make new garbage."""
        if self.chance(0.6):
            self.add('unordered empty', 'objects')

    # ---- threads

    def par(self):
        """Threads drop disjoint handles and build on shared ones with slots of their own."""
        shared = [self.node() for _ in range(2)]
        handles = self.random.sample(self.nodes[:-2] + self.aliases, min(8, len(self.nodes) - 2))
        self.add('par')
        count = self.random.choice((2, 3, 4))
        for t in range(count):
            self.add('thread')
            for handle in handles[t::count]:
                if self.chance(0.5):
                    self.add(f'  drop {handle}')
                mine = self.name('m')
                kind = self.random.choice(('', 'fin '))
                self.add(f'  new {kind}{mine}', f'  {mine}.x = {self.pick(shared)}')
                if self.chance(0.6):
                    self.add(f'  {self.pick(shared)}.s{t} = {mine}')
                if self.chance(0.6):
                    self.add(f'  {mine}.y = {mine}')
                if self.chance(0.7):
                    self.add(f'  drop {mine}')
                if self.chance(0.4):
                    self.add(f'  clear {self.pick(shared)}.s{t}')
        self.add('end', 'rc ' + ' '.join('@' + s for s in shared))

    def par_collect(self):
        """Threads that make garbage of their own beside one that collects."""
        self.add('unordered collect', 'par')
        for t in range(self.random.choice((1, 2, 3))):
            a, b = self.name('m'), self.name('m')
            self.add('thread', f'  repeat {self.random.choice((1, 3, 10, 30))}')
            self.add(f'    new fin {a}', f'    new {b}')
            self.add(f'    {a}.x = {b}', f'    {b}.x = {self.pick((a, b))}')
            self.add('  end', f'  drop {a} {b}')
        self.add('thread', f'  repeat {self.random.choice((1, 3, 10))}', '    collect', '  end')
        self.add('end', 'objects')

    def write(self):
        menu = {
            self.node: 10, self.ring: 9, self.weak: 8, self.link: 16, self.copy: 8, self.drop: 12,
            self.clear: 5, self.collect: 8, self.ask: 12, self.atom: 2, self.forget_weak: 2,
            self.nested: 1, self.par: 2, self.par_collect: 1,
        }
        if self.control:
            menu |= {self.frozen: 2, self.save_all: 2, self.announced: 3, self.figures: 2}
        if self.legacy:
            menu |= {self.kept_ring: 6, self.tail: 6, self.forget_garbage: 2}
        self.ring()
        while len(self.lines) < self.size:
            self.random.choices(list(menu), list(menu.values()))[0]()
        self.add('unordered collect', 'unordered collect', 'objects', 'leakcheck')
        return '\n'.join(self.lines) + '\n'


if __name__ == '__main__':
    print(Script(int(sys.argv[1]), int((sys.argv[2:] or [60])[0])).write(), end='')
