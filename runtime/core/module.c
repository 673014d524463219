/* The module `fusionrt._core`, its state, and what Python hands it once. */

#include "core.h"

static PyObject *
core_setup(PyObject *module, PyObject *args, PyObject *kwargs)
{
    State *state = PyModule_GetState(module);
    PyObject *scope, *running_loop;
    static char *names[] = {"scope", "running_loop", NULL};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!O", names, &PyContextVar_Type, &scope,
                                     &running_loop)) {
        return NULL;
    }
    Py_XSETREF(state->scope, Py_NewRef(scope));
    Py_XSETREF(state->running_loop, Py_NewRef(running_loop));
    Py_RETURN_NONE;
}

static int
add_type(PyObject *module, PyType_Spec *spec, PyTypeObject **type)
{
    *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    return *type == NULL ? -1 : PyModule_AddType(module, *type);
}

static int
core_exec(PyObject *module)
{
    State *state = PyModule_GetState(module);
#define TEXT(name, text)                                                                           \
    if ((state->str_##name = PyUnicode_InternFromString(text)) == NULL) {                          \
        return -1;                                                                                 \
    }
    TEXT(thread_id, "_thread_id")
    TEXT(track, "track")
    TEXT(fusion, "_fusion")
    TEXT(compute, "compute")
    TEXT(throw, "throw")
    TEXT(close, "close")
    TEXT(good_until, "good_until")
    TEXT(now, "now")
#undef TEXT
    if (add_type(module, &hit_spec, &state->hit_type) < 0 ||
        add_type(module, &method_spec, &state->method_type) < 0 ||
        add_type(module, &call_spec, &state->call_type) < 0) {
        return -1;
    }
    return PyModule_AddIntConstant(module, "VERSION", FUSION_CORE);
}

static int
core_traverse(PyObject *module, visitproc visit, void *arg)
{
    State *state = PyModule_GetState(module);
    Py_VISIT(state->hit_type);
    Py_VISIT(state->method_type);
    Py_VISIT(state->call_type);
    Py_VISIT(state->scope);
    Py_VISIT(state->running_loop);
    return 0;
}

static int
core_clear(PyObject *module)
{
    State *state = PyModule_GetState(module);
    calls_clear(state);
    Py_CLEAR(state->hit_type);
    Py_CLEAR(state->method_type);
    Py_CLEAR(state->call_type);
    Py_CLEAR(state->scope);
    Py_CLEAR(state->running_loop);
    return 0;
}

static void
core_free(void *module)
{
    State *state = PyModule_GetState(module);
    core_clear(module);
    Py_CLEAR(state->str_thread_id);
    Py_CLEAR(state->str_track);
    Py_CLEAR(state->str_fusion);
    Py_CLEAR(state->str_compute);
    Py_CLEAR(state->str_throw);
    Py_CLEAR(state->str_close);
    Py_CLEAR(state->str_good_until);
    Py_CLEAR(state->str_now);
}

static PyMethodDef core_methods[] = {
    {"setup", (PyCFunction)(void (*)(void))core_setup, METH_VARARGS | METH_KEYWORDS,
     "What the core asks of Python: the scope of running code, and the running loop."},
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
    .m_doc = "The hot path of fusionrt, in C.",
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
