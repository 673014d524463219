/* The module `fusionrt._core`, its state, and what Python hands it once. */

#include "fields.h"

State *
state_of(PyTypeObject *type)
{
    PyObject *module = PyType_GetModuleByDef(type, &fusion_core);
    return module == NULL ? NULL : PyModule_GetState(module);
}

static PyObject *
core_hand(PyObject *module, PyObject *args, PyObject *given)
{
    State *state = PyModule_GetState(module);
    if (!PyArg_ParseTuple(args, "")) {
        return NULL;
    }
    PyObject *name, *value;
    Py_ssize_t place = 0;
    while (given != NULL && PyDict_Next(given, &place, &name, &value)) {
        PyObject **field = NULL;
#define AS_MATCH(each)                                                                             \
    if (PyUnicode_CompareWithASCIIString(name, #each) == 0) {                                      \
        field = &state->each;                                                                      \
    }
        GIVEN(AS_MATCH)
        if (field == NULL) {
            PyErr_Format(PyExc_TypeError, "the core knows nothing of %R", name);
            return NULL;
        }
        if (field == &state->computed_class && computed_end_here(state, value) < 0) {
            return NULL;
        }
        put(field, value);
    }
    Py_RETURN_NONE;
}

static PyObject *
core_next_version(PyObject *module, PyObject *Py_UNUSED(none))
{
    State *state = PyModule_GetState(module);
    return PyLong_FromLongLong(++state->version);
}

static PyObject *
core_let_calls_go(PyObject *module, PyObject *Py_UNUSED(none))
{
    calls_clear(PyModule_GetState(module));
    Py_RETURN_NONE;
}

static int
core_exec(PyObject *module)
{
    State *state = PyModule_GetState(module);
#define AS_MADE_TEXT(name)                                                                         \
    if ((state->str_##name = PyUnicode_InternFromString(#name)) == NULL) {                         \
        return -1;                                                                                 \
    }
    TEXTS(AS_MADE_TEXT)
    PyObject *base = NULL; /* only a computed has one: it is a place */
#define AS_MADE_TYPE(name, text)                                                                   \
    base = strcmp(text, "ComputedFields") == 0 ? (PyObject *)state->place_type : NULL;             \
    state->name##_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &name##_spec, base);     \
    if (state->name##_type == NULL || PyModule_AddType(module, state->name##_type) < 0) {          \
        return -1;                                                                                 \
    }
    TYPES(AS_MADE_TYPE)
    return PyModule_AddIntConstant(module, "VERSION", FUSION_CORE);
}

static int
core_traverse(PyObject *module, visitproc visit, void *arg)
{
    State *state = PyModule_GetState(module);
#define AS_VISITED(name, ...) Py_VISIT(state->name);
#define AS_VISITED_TYPE(name, text) Py_VISIT(state->name##_type);
    GIVEN(AS_VISITED)
    Py_VISIT(state->stop);
    TYPES(AS_VISITED_TYPE)
    return calls_traverse(state, visit, arg);
}

static int
core_clear(PyObject *module)
{
    State *state = PyModule_GetState(module);
    calls_clear(state);
#define AS_CLEARED(name) Py_CLEAR(state->name);
#define AS_CLEARED_TYPE(name, text) Py_CLEAR(state->name##_type);
    GIVEN(AS_CLEARED)
    Py_CLEAR(state->stop);
    TYPES(AS_CLEARED_TYPE)
    return 0;
}

static void
core_free(void *module)
{
    State *state = PyModule_GetState(module);
    core_clear(module);
#define AS_CLEARED_TEXT(name) Py_CLEAR(state->str_##name);
    TEXTS(AS_CLEARED_TEXT)
}

#define AS_METHOD_OF_ONE(name, doc) {#name, core_##name, METH_O, doc},
#define AS_METHOD_OF_SEVERAL(name, doc)                                                            \
    {#name, (PyCFunction)(void (*)(void))core_##name, METH_FASTCALL, doc},

static PyMethodDef core_methods[] = {
    FUNCTIONS(AS_METHOD_OF_ONE, AS_METHOD_OF_SEVERAL)
    {"hand", (PyCFunction)(void (*)(void))core_hand, METH_VARARGS | METH_KEYWORDS,
     "Give the core what it asks of Python, by name."},
    {"next_version", core_next_version, METH_NOARGS,
     "Above that of each result that has begun, and below those to come."},
    {"let_calls_go", core_let_calls_go, METH_NOARGS,
     "Keep none that has ended for a next one."},
    {"variables", core_variables, METH_NOARGS,
     "What holds the context variables that the running code sees."},
    {NULL},
};

static PyModuleDef_Slot core_slots[] = {
    {Py_mod_exec, core_exec},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_SUPPORTED},
#endif
#if PY_VERSION_HEX >= 0x030D0000
    {Py_mod_gil, Py_MOD_GIL_USED},
#endif
    {0, NULL},
};

struct PyModuleDef fusion_core = {
    PyModuleDef_HEAD_INIT,
    .m_name = "fusionrt._core",
    .m_doc = "What each call of fusionrt passes, in C.",
    .m_size = sizeof(State),
    .m_methods = core_methods,
    .m_slots = core_slots,
    .m_traverse = core_traverse,
    .m_clear = core_clear,
    .m_free = core_free,
};

PyMODINIT_FUNC
PyInit__core(void)
{
    return PyModuleDef_Init(&fusion_core);
}
