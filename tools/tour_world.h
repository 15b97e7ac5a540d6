// What the documents' programs are made of, on Ouro's public interface: lists, texts of ids and
// counts, the search among the collector's objects, rings.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "ouro/ouro.h"
#include "tools/tour_transcript.h"

namespace ouro::tools::documents {

/// A list of references to anything. Its length is fixed; its items are not.
class List : public Variable {
public:
    static constexpr auto ouro_fields = ouro::fields<>;
    static constexpr const char* ouro_name = "list";

    /// Makes [items...] of integers.
    static Ref<List> make(Heap& heap, std::initializer_list<std::int64_t> items);
    /// Makes a list of `size` null references. Fails like try_make.
    static Result<Ref<List>> try_make(Heap& heap, std::uint32_t size);

    std::uint32_t size() const { return trailing_of(this).field_count; }
    Field<Object>& operator[](std::uint32_t index) { return trailing_fields<Object>(this)[index]; }
    /// "[1, 2, 3]". Items that are no integers are shown as "...".
    std::string text();
};

/// An object that writes down its name when its finalizer runs, and may hold another object.
class Mortal {
public:
    static constexpr const char* ouro_name = "Mortal";
    Mortal(absl::string_view name, std::vector<std::string>& log, Ref<Object> other = {})
        : held(std::move(other)), name_(name), log_(log) {}
    void finalize() { log_.emplace_back(name_); }

    Field<Object> held;
    static constexpr auto ouro_fields = ouro::fields<&Mortal::held>;

private:
    absl::string_view name_;
    std::vector<std::string>& log_;
};

/// A new integer or text as an object; the program stops when there is no memory.
Ref<Object> integer(ManagedHeap& heap, std::int64_t value);
Ref<String> text(ManagedHeap& heap, absl::string_view text);
Ref<String> interned(ManagedHeap& heap, absl::string_view text);
/// The text of a string object.
std::string text_of(const Ref<String>& string);

/// The address of an object as "0x..."; the same in quotation marks.
std::string hex(const Id& id);
std::string in_quotes(absl::string_view text);
inline std::string quoted_hex(const Id& id) { return in_quotes(hex(id)); }
/// "True" or "False".
absl::string_view python_bool(bool value);

/// A count as text: "2", or "4294967295, immortal".
std::string count_text(std::uint32_t count);
inline std::string immortal_count() { return count_text(kImmortal); }
/// The count of the object with this id, read without a reference: as count_text(), or gone(id).
std::string ref_count(const Id& id);
/// "no object at 0x... any more".
std::string gone(const Id& id);
/// What lives at this address now: "a list", or "nothing".
std::string resident(std::uintptr_t address);

/// Searches the collector's objects for one with this id, by asking each for its own.
bool object_by_id(ManagedHeap& heap, const Id& object_id);

/// Makes lists of `size` items until one lies at `address`, which is free; gives all others up.
/// Returns:    that list, or null when none of many came to lie there.
Ref<List> reuse_address(ManagedHeap& heap, std::uintptr_t address, std::uint32_t size);

/// Makes `size` lists, each holding the next and the last the first, and gives all of them up.
/// Returns:    their ids.
std::vector<Id> drop_ring(ManagedHeap& heap, std::size_t size);
/// How many of these objects still live?
std::size_t count_alive(const std::vector<Id>& ids);

/// Waits until the object of this id is gone. False iff it still lives after many seconds.
bool wait_until_gone(const Id& id);

}  // namespace ouro::tools::documents
