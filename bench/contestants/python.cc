// CPython's memory manager, reached through its C interface: a type with three references that its
// cyclic collector knows, and no interpreter in between.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "bench/main.h"

namespace {

struct Node {
    PyObject_HEAD PyObject* field[3];
    std::uint64_t word;
};

std::size_t live = 0;

int traverse(PyObject* self, visitproc visit, void* arg) {
    for (PyObject* one : reinterpret_cast<Node*>(self)->field) Py_VISIT(one);
    return 0;
}
int clear_all(PyObject* self) {
    for (PyObject*& one : reinterpret_cast<Node*>(self)->field) Py_CLEAR(one);
    return 0;
}
void deallocate(PyObject* self) {
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, deallocate) clear_all(self);
    --live;
    PyObject_GC_Del(self);
    Py_TRASHCAN_END
}

PyTypeObject node_type = [] {
    PyTypeObject type{};
    type.ob_base = {{{1}, nullptr}, 0};
    type.tp_name = "bench.Node";
    type.tp_basicsize = sizeof(Node);
    type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC;
    type.tp_dealloc = deallocate;
    type.tp_traverse = traverse;
    type.tp_clear = clear_all;
    return type;
}();

/// A counted reference as a C++ object.
class Reference {
public:
    Reference() = default;
    explicit Reference(PyObject* owned) : object_(owned) {}
    Reference(const Reference& other) : object_(other.object_) { Py_XINCREF(object_); }
    Reference(Reference&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    Reference& operator=(Reference other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~Reference() { Py_XDECREF(object_); }
    Node* operator->() const { return reinterpret_cast<Node*>(object_); }
    PyObject* detach() { return std::exchange(object_, nullptr); }

private:
    PyObject* object_ = nullptr;
};

}  // namespace

struct Contestant {
    static constexpr const char* kName = "CPython";
    static constexpr bool kCycles = true;
    static constexpr bool kCounted = true;
    using Handle = Reference;
    static inline PyThreadState* state = nullptr;
    static inline PyGILState_STATE other_state{};

    static void begin(const ouro::bench::Setup&) {
        PyConfig config;
        PyConfig_InitIsolatedConfig(&config);
        config.site_import = 0;
        PyConfig_SetString(&config, &config.home, L"/usr");
        if (PyStatus_Exception(Py_InitializeFromConfig(&config)) || PyType_Ready(&node_type) < 0)
            ouro::bench::fail("CPython does not start");
    }
    static void rest() { state = PyEval_SaveThread(); }
    static void resume() { PyEval_RestoreThread(state); }
    static void enter_thread() { other_state = PyGILState_Ensure(); }
    static void leave_thread() { PyGILState_Release(other_state); }
    static Handle make() {
        Node* node = PyObject_GC_New(Node, &node_type);
        node->field[0] = node->field[1] = node->field[2] = nullptr;
        ++live;
        PyObject_GC_Track(reinterpret_cast<PyObject*>(node));
        return Handle(reinterpret_cast<PyObject*>(node));
    }
    static void set(const Handle& node, int field, Handle value) {
        Py_XSETREF(node->field[field], value.detach());
    }
    static void clear(const Handle& node, int field) { Py_CLEAR(node->field[field]); }
    static Handle get(const Handle& node, int field) {
        Py_XINCREF(node->field[field]);
        return Handle(node->field[field]);
    }
    static void collect() { PyGC_Collect(); }
    static void finish() { PyGC_Collect(); }
    static std::size_t live_objects() { return live; }
    static std::string note() { return "CPython " PY_VERSION; }
};
OURO_BENCH_MAIN(Contestant)
