#include "faults/damage_trial.h"

#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace ouro::faults {

namespace {

// Where no program and no library lies: a damaged address bit leads to nothing.
constexpr std::uintptr_t kStart = std::uintptr_t{0x2000} << 32;
constexpr std::size_t kAround = std::size_t{4} << 40;
constexpr int kFateStatus = 40;  // exit status of a fate

class Node : public WeaklyReferable {
public:
    static constexpr const char* ouro_name = "Node";
    explicit Node(std::uint64_t number) : id(number) {}
    Field<Node> left;
    Field<Object> any;
    std::uint64_t id;
    static constexpr auto ouro_fields = fields<&Node::left, &Node::any>;
};

class Ending : public WeaklyReferable {
public:
    static constexpr const char* ouro_name = "Ending";
    void finalize() { ++ended; }
    Field<Ending> left;
    static constexpr auto ouro_fields = fields<&Ending::left>;
    static inline int ended = 0;
};

class Array : public Variable {
public:
    static constexpr const char* ouro_name = "Array";
    static constexpr auto ouro_fields = fields<>;
};

std::byte* g_region = nullptr;

void stop(Fate fate) { _exit(kFateStatus + static_cast<int>(fate)); }

void on_bad_access(int, siginfo_t* info, void* context) {
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    const bool inside = address - reinterpret_cast<std::uintptr_t>(g_region) < Population::kBytes;
    bool writes = false;
#ifdef REG_ERR
    writes = (static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_ERR] & 2) != 0;
#else
    static_cast<void>(context);
#endif
    if (inside) stop(Fate::crashed);
    stop(writes ? Fate::outside : Fate::access);
}

void handle(int signal, void (*handler)(int, siginfo_t*, void*)) {
    struct sigaction action{};
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigaction(signal, &action, nullptr);
}

/// Does the process sleep, that is, wait for something? It has one thread and never does otherwise.
bool is_asleep(pid_t process) {
    const std::string name = "/proc/" + std::to_string(process) + "/stat";
    std::FILE* file = std::fopen(name.c_str(), "r");
    if (file == nullptr) return false;
    char state = '?';
    const bool read = std::fscanf(file, "%*d (%*[^)]) %c", &state) == 1;
    std::fclose(file);
    return read && state == 'S';
}

/// Waits for the child's end, or for it to wait for what never comes.
Fate fate_of(pid_t child) {
    int status = 0;
    int asleep = 0;
    useconds_t pause = 100;
    while (waitpid(child, &status, WNOHANG) == 0) {
        usleep(pause);
        if (pause < 10'000) {
            pause *= 2;
            continue;
        }
        asleep = is_asleep(child) ? asleep + 1 : 0;
        if (asleep < 5) continue;
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        return Fate::blocked;
    }
    if (!WIFEXITED(status)) return Fate::crashed;
    const int fate = WEXITSTATUS(status) - kFateStatus;
    return fate >= 0 && fate < static_cast<int>(kFates) ? static_cast<Fate>(fate) : Fate::crashed;
}

/// In the child: what would go unnoticed or on for ever ends with a fate.
void watch() {
    static char stack[64 * 1024];
    stack_t alternate{};
    alternate.ss_sp = stack;
    alternate.ss_size = sizeof stack;
    sigaltstack(&alternate, nullptr);
    handle(SIGSEGV, &on_bad_access);
    handle(SIGBUS, &on_bad_access);
    handle(SIGABRT, [](int, siginfo_t*, void*) { stop(Fate::fatal); });
    handle(SIGPROF, [](int, siginfo_t*, void*) { stop(Fate::endless); });
    const itimerval limit{{0, 0}, {1, 0}};  // of processor time
    setitimer(ITIMER_PROF, &limit, nullptr);
    if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(1);
}

}  // namespace

Population::Population() {
    void* all = mmap(reinterpret_cast<void*>(kStart - kAround), 2 * kAround + kBytes, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    region_ = reinterpret_cast<std::byte*>(kStart);
    if (all == MAP_FAILED || mprotect(region_, kBytes, PROT_READ | PROT_WRITE) != 0) {
        std::perror("damage: no room for the region");
        std::exit(2);
    }
    g_region = region_;
    ManagedHeapConfig config;
    config.collector.background = false;
    config.heap.types_max = 16;
    config.heap.field_offsets_max = 32;
    config.heap.intern_buckets = 4;
    config.heap.cache_percent = 12;  // one cache with two spans
    managed_.emplace(std::span<std::byte>(region_, kBytes), config);
    fill();
}

Population::~Population() {
    handles_.clear();
    managed_.reset();
    munmap(reinterpret_cast<void*>(kStart - kAround), 2 * kAround + kBytes);
}

/// Chains, rings, garbage that was found and garbage that was not, arrays, strings, maps,
/// finalizers, and holes between them.
void Population::fill() {
    Heap& heap = managed_->heap();
    std::vector<Ref<Object>> holes;
    const Ref<WeakValueMap<Node>> map = managed_->make<WeakValueMap<Node>>();
    handles_.push_back(map);
    Ref<Node> last;
    for (std::uint64_t i = 0; i < 120; ++i) {
        const Ref<Node> node = managed_->make<Node>(i);
        node->left = last;
        node->any = try_integer(heap, static_cast<std::int64_t>(i * 1'000'000'000)).value();
        last = node;
        if (i % 8 == 0) handles_.push_back(managed_->make<WeakReference>(node));
        const Ref<Object> key = try_integer(heap, static_cast<std::int64_t>(i)).value();
        if (i % 16 == 0 && map->set(key, node) != Error::none) std::abort();
        if (i % 3 == 0) holes.push_back(managed_->make<Node>(i));
    }
    handles_.push_back(last);
    const auto nothing = [](const Ref<Object>&) { return Ref<Object>(); };
    for (int i = 0; i < 3; ++i) handles_.push_back(try_finalize(last, nothing).value());
    // On the garbage list.
    for (int i = 0; i < 5; ++i) {
        const Ref<Node> ring = managed_->make<Node>(0);
        ring->left = ring;
    }
    managed_->collector().set_save_all(true);
    managed_->collector().collect();
    managed_->collector().set_save_all(false);
    // Asked once and alive, and reported again: on the list of deferred candidates.
    for (Ref<Node> node = last; node; node = node->left) {
    }
    // A batch of which some members wait for their finalizers.
    for (int i = 0; i < 24; ++i) {
        const Ref<Ending> ring = managed_->make<Ending>();
        ring->left = managed_->make<Ending>();
        ring->left->left = ring;
    }
    while (Ending::ended == 0) managed_->collector().step(16);
    for (const std::uint32_t fields : {3u, 40u, 700u}) {
        const auto array = try_make_variable<Array>(heap, Trailing{fields, 5}).value();
        for (std::uint32_t i = 0; i < fields; i += 2)
            trailing_fields<Object>(array.get())[i] = handles_[i % handles_.size()];
        handles_.push_back(array);
    }
    for (const char* text : {"one", "two", "three"}) {
        handles_.push_back(try_intern(heap, text).value());
        handles_.push_back(try_string(heap, text).value());
    }
    holes.clear();
}

/// What a program would go on to do.
Fate Population::live_on() {
    Collector& collector = managed_->collector();
    if (collector.verify()) return Fate::named;
    std::size_t seen = 0;
    const auto look = [](void* self, const Ref<Object>&) { ++*static_cast<std::size_t*>(self); };
    collector.get_objects(look, &seen);
    for (const Ref<Object>& handle : handles_) {
        if (detail::is_object(handle.bits())) collector.referents(handle, look, &seen);
    }
    collector.collect();
    if (collector.verify()) return Fate::later;
    for (std::uint64_t i = 0; i < 200; ++i) {
        auto made = try_make<Node>(managed_->heap(), i);
        if (!made) break;
        (*made)->left = *made;
        if (i % 2 == 0) (*made)->left = nullptr;
    }
    handles_.clear();
    collector.collect();
    return collector.verify() ? Fate::later : Fate::nothing;
}

Fate Population::damage(std::uint32_t bit, std::uint64_t mask) {
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child < 0) {
        std::perror("damage: fork");
        std::exit(2);
    }
    if (child == 0) {
        watch();
        std::byte* at = region_ + bit / 64 * 8;
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof word);
        word ^= mask;
        std::memcpy(at, &word, sizeof word);
        stop(live_on());
    }
    return fate_of(child);
}

}  // namespace ouro::faults
