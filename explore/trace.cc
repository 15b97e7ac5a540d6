#include "explore/trace.h"

#include <cstdarg>
#include <cstdio>
#include <string_view>

#include "explore/shadow.h"
#include "explore/world.h"

namespace ouro::explore {

namespace {

[[gnu::format(printf, 1, 2)]] std::string formatted(const char* format, ...) {
    char buffer[160];
    std::va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(buffer, sizeof buffer, format, arguments);
    va_end(arguments);
    return buffer;
}

/// Numbers are read past the model.
std::string object_name(const Header* header) {
    const std::uint64_t id = id_of(header);
    if (id != 0 && id < kIdsMax) return formatted("object %u", static_cast<unsigned>(id));
    return formatted("cell@%p", static_cast<const void*>(header + 1));
}

std::string name_in_cell(const Header* header, std::size_t offset) {
    static constexpr const char* kParts[] = {"word",  "info", "weak list", "left",
                                             "right", "any",  "number"};
    const std::string object = object_name(header);
    if (!OURO_COMPACT && offset == 12) return object + " .generation";
    if (offset / 8 < 7) return object + " ." + kParts[offset / 8];
    return object + formatted(" +%zu", offset);
}

#if OURO_COMPACT

std::string name_in_page_record(BlockAllocator& blocks, const void* address) {
    const auto* first = &blocks.card_word(BlockAllocator::kCandidateCards, 0);
    if (address >= first && address < first + blocks.card_words()) return "cards with candidates";
    return "";
}

std::string count_text(std::uint64_t bits) {
    const WordValue word{static_cast<WordValue::Bits>(bits)};
    return formatted("count %u, writes %u", word.count(), static_cast<unsigned>(bits >> 32));
}

#else

std::string name_in_page_record(BlockAllocator& blocks, const void* address) {
    if (address < &blocks.page(0) || address >= &blocks.page(blocks.page_count())) return "";
    const auto* first = reinterpret_cast<const std::byte*>(&blocks.page(0));
    const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(address) - first);
    const auto page = static_cast<unsigned>(offset / sizeof(PageInfo));
    const PageInfo& info = blocks.page(page);
    const char* part = "record";
    if (address == &info.layout) part = "layout";
    if (address == &info.dirty) part = "is listed";
    if (address >= &info.candidate[0] && address < &info.candidate[CellBits::kWords])
        part = "candidates";
    return formatted("page %u %s", page, part);
}

std::string count_text(std::uint64_t bits) {
    const WordValue word{bits};
    return formatted("count %u, version %u", word.count(), word.version());
}

#endif

std::string word_text(std::uint64_t bits) {
    std::string text = "{" + count_text(bits);
    if (WordValue{static_cast<WordValue::Bits>(bits)}.marked()) text += " marked";
    static constexpr const char* kFlags[] = {"claimed",   "clean", "condemned",
                                             "finalized", "held",  "postponed"};
    for (unsigned i = 0; i < 6; ++i) {
        if ((bits >> (i + 1) & 1) != 0) text += std::string(" ") + kFlags[i];
    }
    return text + "}";
}

std::string value_text(const std::string& name, std::uint64_t value) {
    if (name.ends_with(".word")) return word_text(value);
    if (value == 0) return "0";
    const auto* address = reinterpret_cast<const void*>(value);
    Heap& heap = world().heap->heap();
    if ((value & 15) == 0 && heap.blocks().contains(address))
        return object_name(header_of(address));
    return formatted("%#llx", static_cast<unsigned long long>(value));
}

const char* order_text(std::memory_order order) {
    switch (order) {
        case std::memory_order_relaxed: return "relaxed";
        case std::memory_order_consume: return "consume";
        case std::memory_order_acquire: return "acquire";
        case std::memory_order_release: return "release";
        case std::memory_order_acq_rel: return "acq_rel";
        case std::memory_order_seq_cst: return "seq_cst";
    }
    return "?";
}

std::string name_in_heap(Heap& heap, const void* address) {
    BlockAllocator& blocks = heap.blocks();
    if (blocks.contains(address)) {
        const BlockAllocator::Cell cell = blocks.cell_containing(address);
        if (cell.page == kNoPage) return formatted("%p in no span", address);
        const Header* header = blocks.header_of_cell(cell);
        return name_in_cell(header,
                            static_cast<std::size_t>(static_cast<const char*>(address) -
                                                     reinterpret_cast<const char*>(header)));
    }
    const std::string record = name_in_page_record(blocks, address);
    if (!record.empty()) return record;
    if (address == &heap.decision()) return "decision";
    if (address == &blocks.lock()) return "allocation lock";
    if (address == &heap.weak_lock()) return "weak lock";
    const Counters& counters = heap.counters();
    if (address >= &counters && address < &counters + 1) return "a counter";
    return formatted("heap +%#zx", static_cast<std::size_t>(static_cast<const char*>(address) -
                                                            reinterpret_cast<const char*>(&heap)));
}

}  // namespace

std::string name_of(const void* address) {
    if (address == nullptr) return "";
    const bool running = port::sim::g_running;
    port::sim::g_running = false;
    std::string name = formatted("%p", address);
    if (in_region(address)) name = name_in_heap(world().heap->heap(), address);
    port::sim::g_running = running;
    for (unsigned i = 0; i < port::sim::kThreadsMax; ++i) {
        if (address == &port::sim::engine().context_of(i).window)
            return formatted("window of thread %u", i);
    }
    return name;
}

void Trace::note(void* self, const port::sim::Operation& operation) {
    static_cast<Trace*>(self)->line(operation);
}

void Trace::line(const port::sim::Operation& operation) {
    const std::string name = name_of(operation.at);
    ++number_;
    const bool loads = std::string_view(operation.what) == "load";
    if (name == "a counter" || (loads && (name.starts_with("heap +") || name.starts_with("0x"))))
        return;
    if (operation.thread != last_thread_) text_ += formatted("---- thread %u\n", operation.thread);
    last_thread_ = operation.thread;
    text_ +=
        formatted("%5u  %u  %-12s %-22s", number_, operation.thread, operation.what, name.c_str());
    if (operation.bytes != 0) {
        const bool running = port::sim::g_running;
        port::sim::g_running = false;
        const std::string before = value_text(name, operation.before);
        const std::string after = value_text(name, operation.after);
        port::sim::g_running = running;
        text_ += "  " + before;
        if (before != after) text_ += " -> " + after;
        text_ += formatted("  %s", order_text(operation.order));
        if (operation.age != 0) text_ += formatted("  (%u stores behind)", operation.age);
    }
    text_ += '\n';
}

void Trace::finish(const char* violation, const void* object) {
    text_ += std::string("violation: ") + violation;
    if (object != nullptr) text_ += ": " + name_of(object);
    text_ += '\n';
}

}  // namespace ouro::explore
