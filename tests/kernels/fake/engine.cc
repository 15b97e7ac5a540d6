// Why so long: the signal's handler, the scheduler and the calls share one state, all of it here.
#include "tests/kernels/fake/engine.h"

#include <signal.h>
#include <sys/time.h>
#include <ucontext.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace ouro::fake {

enum class State { none, ready, blocked, suspended, ended };

struct Task {
    ucontext_t context;
    State state;
    unsigned priority;
    std::uint64_t wake;  ///< tick; kForever = only by somebody
    Object* waits_on;    ///< of a blocked one
    Task* joins;
    void (*function)(void*);
    void* argument;
    unsigned char* stack;
    std::size_t stack_bytes;
    void* memory;
    void* storage[kStoragePointers];
    bool timed_out;
};

namespace {

constexpr std::uint32_t kTaskMagic = 0x7A5C'0001, kObjectMagic = 0x0B1E'C701;
constexpr unsigned char kGuard = 0xA7;
constexpr std::size_t kGuardBytes = 64;
constexpr unsigned kTasksMax = 32;
constexpr unsigned kTimerMicroseconds = 30;

Task g_tasks[kTasksMax];
ucontext_t g_main;
Task* g_current = nullptr;
bool g_running = false;
unsigned g_locked = 0;  ///< depth of lock_scheduler()
std::uint64_t g_now = 0;
std::uint64_t g_switches = 0;
std::uint32_t g_random = 12345;
unsigned g_sections = 0;

// What the signal's handler looks at; volatile, so that the compiler leaves the order as it is.
void (*volatile g_handler)(void*) = nullptr;
void* volatile g_handler_argument = nullptr;
volatile unsigned g_busy = 0;  ///< calls of the kernel under way
volatile unsigned g_depth = 0;
volatile bool g_pending = false;

std::uint32_t random_below(std::uint32_t end) {
    g_random ^= g_random << 13;
    g_random ^= g_random >> 17;
    g_random ^= g_random << 5;
    return g_random % end;
}

unsigned urgency(const Task& task, unsigned depth = 0) {
    if (depth > kTasksMax) fail("tasks wait for each other in a circle");
    unsigned most = task.priority;
    for (const Task& other : g_tasks) {
        if (other.state != State::blocked || other.waits_on == nullptr) continue;
        if (!other.waits_on->is_mutex || other.waits_on->holder != &task) continue;
        const unsigned inherited = urgency(other, depth + 1);
        if (inherited > most) most = inherited;
    }
    return most;
}

/// One of the most urgent that are ready, `last` only if there is no other.
Task* choose(const Task* last) {
    unsigned most = 0, equals = 0;
    Task* equal[kTasksMax];
    for (Task& task : g_tasks) {
        if (task.state != State::ready) continue;
        const unsigned own = urgency(task);
        if (equals == 0 || own > most) {
            most = own;
            equals = 0;
        }
        if (own == most) equal[equals++] = &task;
    }
    if (equals == 0) return nullptr;
    Task* chosen = equal[random_below(equals)];
    if (chosen == last && equals > 1) chosen = equal[equal[0] == last ? 1 : 0];
    return chosen;
}

void check_stack(const Task& task) {
    for (std::size_t i = 0; i < kGuardBytes; ++i) {
        if (task.stack[i] != kGuard) fail("a task's stack is too small");
    }
}

void wake(Task& task, bool timed_out) {
    task.state = State::ready;
    task.waits_on = nullptr;
    task.joins = nullptr;
    task.timed_out = timed_out;
}

void one_tick() {
    ++g_now;
    for (Task& task : g_tasks) {
        if (task.state == State::blocked && task.wake <= g_now) wake(task, true);
    }
    if (g_handler != nullptr) g_handler(g_handler_argument);
}

void run_interrupt() {
    g_depth = g_depth + 1;
    one_tick();
    g_depth = g_depth - 1;
}

/// With g_busy held: goes on with the task that is to run.
void reschedule(bool rotate) {
    if (!g_running || g_locked != 0 || g_depth != 0) return;
    if (g_current->state == State::ready && g_sections != 0) return;
    Task* next = choose(rotate ? g_current : nullptr);
    while (next == nullptr) {
        std::uint64_t first = kForever;
        for (const Task& task : g_tasks) {
            if (task.state == State::blocked && task.wake < first) first = task.wake;
        }
        if (g_handler == nullptr) {
            if (first == kForever) fail("all tasks wait for ever");
            if (first > g_now + 1) g_now = first - 1;
        }
        run_interrupt();
        next = choose(nullptr);
    }
    if (next == g_current) return;
    Task* before = g_current;
    check_stack(*before);
    ++g_switches;
    g_current = next;
    swapcontext(&before->context, &next->context);
}

/// From here to the end of leave_kernel() the signal's handler changes nothing.
void enter_kernel() { g_busy = g_busy + 1; }

void leave_kernel() {
    while (g_pending && g_depth == 0 && g_sections == 0) {
        g_pending = false;
        run_interrupt();
        reschedule(false);
    }
    g_busy = g_busy - 1;
}

void on_timer(int) {
    if (g_busy != 0 || g_depth != 0 || g_sections != 0) {
        g_pending = true;
        return;
    }
    const int error = errno;
    g_busy = 1;
    run_interrupt();
    reschedule(random_below(2) == 0);
    g_busy = 0;
    errno = error;
}

void enter_task() {
    g_busy = 0;
    g_current->function(g_current->argument);
    fail("a task's function has returned");
}

void set_timer(unsigned microseconds) {
    itimerval period{};
    period.it_interval.tv_usec = microseconds;
    period.it_value.tv_usec = microseconds;
    setitimer(ITIMER_REAL, &period, nullptr);
}

void check_waiting_is_allowed() {
    if (!g_running) fail("somebody waits before the scheduler runs");
    if (g_locked != 0) fail("somebody waits while the scheduler is suspended");
    if (g_sections != 0) fail("somebody waits in a critical section");
}

Object* checked_object(void* handle) {
    auto* object = static_cast<Object*>(handle);
    if (object == nullptr || object->magic != kObjectMagic)
        fail("an object is used that was never created");
    return object;
}

}  // namespace

void fail(const char* sentence) {
    set_timer(0);
    std::fprintf(stderr, "fake kernel: %s\n", sentence);
    std::fflush(nullptr);
    std::_Exit(3);
}

Call::Call(const char* name, From from) {
    enter_kernel();
    char sentence[120];
    if (from == From::task && g_depth != 0) {
        std::snprintf(sentence, sizeof sentence, "%s is called in an interrupt", name);
        fail(sentence);
    }
    if (from == From::interrupt && g_depth == 0) {
        std::snprintf(sentence, sizeof sentence, "%s is called outside of interrupts", name);
        fail(sentence);
    }
}

Call::~Call() {
    if (g_busy == 1 && g_depth == 0 && g_running) {
        if (g_current->state != State::ready) {
            reschedule(false);
        } else if (random_below(4) == 0) {
            g_pending = true;  // others and interrupts come at calls of the kernel, too
        } else {
            reschedule(false);
        }
    }
    leave_kernel();
}

void set_first_tick(std::uint64_t tick) { g_now = tick; }

void start() {
    struct sigaction action{};
    action.sa_handler = on_timer;
    sigaction(SIGALRM, &action, nullptr);
    enter_kernel();
    g_running = true;
    g_current = choose(nullptr);
    if (g_current == nullptr) fail("the scheduler starts without a task");
    set_timer(kTimerMicroseconds);
    swapcontext(&g_main, &g_current->context);
    set_timer(0);
    g_busy = 0;
}

void stop() {
    enter_kernel();
    g_running = false;
    setcontext(&g_main);
}

bool is_running() { return g_running; }

Task* create(void (*function)(void*), void* argument, void* stack, std::size_t stack_bytes,
             unsigned priority, void* memory, std::size_t memory_bytes) {
    if (memory_bytes < sizeof(std::uint32_t)) fail("a control block is too small");
    for (const Task& task : g_tasks) {
        if (task.state != State::none && task.memory == memory && memory != nullptr)
            fail("a control block is used that is a living task's");
        if (task.state != State::none && task.stack == stack)
            fail("a stack is used that is a living task's");
    }
    for (Task& task : g_tasks) {
        if (task.state != State::none) continue;
        task = Task{};
        task.function = function;
        task.argument = argument;
        task.priority = priority;
        task.stack = static_cast<unsigned char*>(stack);
        task.stack_bytes = stack_bytes;
        task.memory = memory;
        std::memset(task.stack, kGuard, kGuardBytes);
        std::memcpy(memory, &kTaskMagic, sizeof kTaskMagic);
        getcontext(&task.context);
        sigemptyset(&task.context.uc_sigmask);
        task.context.uc_stack.ss_sp = stack;
        task.context.uc_stack.ss_size = stack_bytes;
        makecontext(&task.context, enter_task, 0);
        task.state = State::ready;
        return &task;
    }
    fail("too many tasks for this fake");
}

Task* checked(void* handle) {
    auto* task = static_cast<Task*>(handle);
    if (task < g_tasks || task >= g_tasks + kTasksMax || task->state == State::none)
        fail("a task is named that is not there");
    return task;
}

void remove(Task* task) {
    if (task == g_current) fail("a task is removed while it runs: its memory is not free then");
    for (const Task& other : g_tasks) {
        if (other.waits_on != nullptr && other.waits_on->holder == task)
            fail("a task is removed that holds a mutex");
    }
    check_stack(*task);
    task->state = State::none;
}

void suspend(Task* task) {
    if (task == g_current) check_waiting_is_allowed();
    task->state = State::suspended;
    reschedule(false);
}

Task* current() { return g_current; }

void join(Task* task) {
    check_waiting_is_allowed();
    while (task->state != State::ended) {
        g_current->joins = task;
        g_current->wake = kForever;
        g_current->state = State::blocked;
        reschedule(false);
    }
    task->state = State::none;
}

void exit() {
    g_current->state = State::ended;
    for (Task& task : g_tasks) {
        if (task.state == State::blocked && task.joins == g_current) wake(task, false);
    }
    reschedule(false);
    fail("a task has run beyond its end");
}

void*& storage(Task* task, unsigned index) {
    if (index >= kStoragePointers) fail("a storage pointer is used that is not there");
    return task->storage[index];
}

void make(void* memory, std::size_t bytes, bool is_mutex, std::uint32_t count) {
    if (memory == nullptr || bytes < sizeof(Object)) fail("a control block is too small");
    const Object object{kObjectMagic, is_mutex, count, nullptr};
    std::memcpy(memory, &object, sizeof object);
}

bool take(void* handle, std::uint64_t ticks) {
    Object* object = checked_object(handle);
    if (ticks != 0) check_waiting_is_allowed();
    if (object->is_mutex && object->holder == g_current) fail("a mutex is taken twice");
    const std::uint64_t deadline = ticks == kForever ? kForever : g_now + ticks;
    while (object->count == 0) {
        if (ticks == 0 || g_now >= deadline) return false;
        g_current->waits_on = object;
        g_current->wake = deadline;
        g_current->state = State::blocked;
        reschedule(false);
    }
    --object->count;
    if (object->is_mutex) object->holder = g_current;
    return true;
}

bool give(void* handle) {
    Object* object = checked_object(handle);
    if (object->is_mutex) {
        if (g_depth != 0) fail("a mutex is given in an interrupt");
        if (object->holder != g_current) fail("a mutex is given by a task that has not taken it");
        object->holder = nullptr;
    }
    if (object->count != 0) return false;
    ++object->count;
    Task* first = nullptr;
    for (Task& task : g_tasks) {
        if (task.state != State::blocked || task.waits_on != object) continue;
        if (first == nullptr || urgency(task) > urgency(*first)) first = &task;
    }
    if (first != nullptr) wake(*first, false);
    return true;
}

void delay(std::uint64_t ticks) {
    check_waiting_is_allowed();
    g_current->wake = g_now + ticks;
    g_current->waits_on = nullptr;
    g_current->state = State::blocked;
    reschedule(false);
}

void yield() {
    check_waiting_is_allowed();
    reschedule(true);
}

void lock_scheduler() { ++g_locked; }

void unlock_scheduler() {
    if (g_locked == 0) fail("the scheduler is resumed that was not suspended");
    --g_locked;
}

bool is_scheduler_locked() { return g_locked != 0; }

unsigned enter_section() { return g_sections++; }

void leave_section(unsigned before) {
    if (g_sections != before + 1) fail("critical sections are not nested");
    g_sections = before;
    if (before == 0 && g_pending && g_busy == 0 && g_depth == 0 && g_running) {
        enter_kernel();
        leave_kernel();
    }
}

std::uint64_t now() { return g_now; }

unsigned interrupt_depth() { return g_depth; }

void interrupt(void (*handler)(void*), void* argument) {
    enter_kernel();
    g_depth = g_depth + 1;
    handler(argument);
    g_depth = g_depth - 1;
    if (g_depth == 0 && g_running) reschedule(false);
    leave_kernel();
}

void interrupt_anywhere(void (*handler)(void*), void* argument) {
    enter_kernel();
    g_handler = handler;
    g_handler_argument = argument;
    leave_kernel();
}

std::uint64_t switches() { return g_switches; }

}  // namespace ouro::fake
