#include "tools/tour_world.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tools/object_search.h"

namespace ouro::tools::documents {

namespace {

constexpr std::size_t kReuseTriesMax = 4096;
constexpr std::chrono::seconds kPatience{60};

}  // namespace

Result<Ref<List>> List::try_make(Heap& heap, std::uint32_t size) {
    return try_make_variable<List>(heap, Trailing{size, 0});
}

Ref<List> List::make(Heap& heap, std::initializer_list<std::int64_t> items) {
    Ref<List> list = try_make(heap, static_cast<std::uint32_t>(items.size())).value();
    std::uint32_t index = 0;
    for (const std::int64_t item : items) (*list)[index++] = try_integer(heap, item).value();
    return list;
}

std::string List::text() {
    std::string text = "[";
    for (std::uint32_t i = 0; i < size(); ++i) {
        const std::optional<std::int64_t> item = as_integer((*this)[i]);
        absl::StrAppend(&text, i == 0 ? "" : ", ", item ? absl::StrCat(*item) : "...");
    }
    return absl::StrCat(text, "]");
}

Ref<Object> integer(ManagedHeap& heap, std::int64_t value) {
    return try_integer(heap.heap(), value).value();
}
Ref<String> text(ManagedHeap& heap, absl::string_view text) {
    return try_string(heap.heap(), {text.data(), text.size()}).value();
}
Ref<String> interned(ManagedHeap& heap, absl::string_view text) {
    return try_intern(heap.heap(), {text.data(), text.size()}).value();
}
std::string text_of(const Ref<String>& string) { return std::string(string->text()); }

std::string hex(const Id& id) {
    std::array<char, kHexBytes> digits{};
    return ouro::hex(id, digits.data());
}
std::string in_quotes(absl::string_view text) { return absl::StrCat("'", text, "'"); }
absl::string_view python_bool(bool value) { return value ? "True" : "False"; }

std::string count_text(std::uint32_t count) {
    return absl::StrCat(count, count == kImmortal ? ", immortal" : "");
}
std::string ref_count(const Id& id) {
    auto count = refcount(id);
    if (count) return count_text(*count);
    return count.error() == Error::dead ? gone(id) : to_string(count.error());
}
std::string gone(const Id& id) { return absl::StrCat("no object at ", hex(id), " any more"); }

std::string resident(std::uintptr_t address) {
    auto id = object_at(address);
    if (!id) return "nothing";
    auto name = type_name(*id);
    return name ? absl::StrCat("a ", *name) : "nothing";
}

bool object_by_id(ManagedHeap& heap, const Id& object_id) {
    return tools::object_by_id(heap.collector(), object_id);
}

Ref<List> reuse_address(ManagedHeap& heap, std::uintptr_t address, std::uint32_t size) {
    std::vector<Ref<List>> others;
    while (others.size() < kReuseTriesMax) {
        auto list = List::try_make(heap.heap(), size);
        if (!list) break;
        if (list->bits() == address) return std::move(list).value();
        others.push_back(std::move(list).value());
    }
    return {};
}

std::vector<Id> drop_ring(ManagedHeap& heap, std::size_t size) {
    std::vector<Ref<List>> ring;
    std::vector<Id> ids;
    for (std::size_t i = 0; i < size; ++i) {
        ring.push_back(List::try_make(heap.heap(), 1).value());
        ids.push_back(id(ring.back()));
    }
    for (std::size_t i = 0; i < size; ++i) (*ring[i])[0] = Ref<Object>(ring[(i + 1) % size]);
    return ids;
}

std::size_t count_alive(const std::vector<Id>& ids) {
    return static_cast<std::size_t>(std::count_if(ids.begin(), ids.end(), is_alive));
}

bool wait_until_gone(const Id& id) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (is_alive(id)) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

}  // namespace ouro::tools::documents
