/* A compute method: what a call of one runs.

   It stands for the coroutine function that the pure runtime has in its place, and is all that this
   one is to whoever asks (G38): what it does not say itself, that one says. */

#include "call.h"

static PyObject *
method_vectorcall(Method *method, PyObject *const *args, size_t flags, PyObject *names)
{
    Py_ssize_t given = PyVectorcall_NARGS(flags) - 1;
    /* Who wants to know where coroutines come from gets one that can tell. */
    if (given != method->positional || names != NULL || method->state->call_type == NULL ||
        PyThreadState_Get()->coroutine_origin_tracking_depth > 0) {
        return PyObject_Vectorcall(method->function, args, flags, names);
    }
    PyObject *key;
    if (given == 1) {
        key = Py_NewRef(args[1]);
    }
    else {
        key = PyTuple_New(given);
        if (key == NULL) {
            return NULL;
        }
        for (Py_ssize_t i = 0; i < given; i++) {
            PyTuple_SET_ITEM(key, i, Py_NewRef(args[i + 1]));
        }
    }
    return call_new(method, args[0], key);
}

static PyObject *
method_make(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *function, *table;
    Py_ssize_t positional;
    int leased;
    static char *names[] = {"function", "table", "positional", "leased", NULL};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OUnp", names, &function, &table, &positional,
                                     &leased)) {
        return NULL;
    }
    Method *method = (Method *)type->tp_alloc(type, 0);
    if (method == NULL) {
        return NULL;
    }
    method->vectorcall = (vectorcallfunc)method_vectorcall;
    method->state = PyType_GetModuleState(type);
    method->function = Py_NewRef(function);
    method->table = Py_NewRef(table);
    PyUnicode_InternInPlace(&method->table);
    method->positional = positional;
    method->leased = (char)leased;
    method->name = PyObject_GetAttrString(function, "__name__");
    PyObject *own = PyObject_GetAttrString(function, "__dict__");
    method->dict = own == NULL ? NULL : PyDict_Copy(own);
    Py_XDECREF(own);
    if (method->name == NULL || method->dict == NULL) {
        Py_DECREF(method);
        return NULL;
    }
    return (PyObject *)method;
}

#define METHOD_FIELDS(FIELD, T)                                                                    \
    FIELD(T, function)                                                                             \
    FIELD(T, seen)                                                                                 \
    FIELD(T, dict)
#define METHOD_KEPT(FIELD, T)                                                                      \
    FIELD(T, name)                                                                                 \
    FIELD(T, table)

COLLECTED(Method, method, METHOD_FIELDS, METHOD_KEPT)

static PyObject *
method_bind(PyObject *method, PyObject *instance, PyObject *Py_UNUSED(owner))
{
    return instance == NULL || instance == Py_None ? Py_NewRef(method)
                                                   : PyMethod_New(method, instance);
}

static PyObject *
method_getattro(Method *method, PyObject *name)
{
    PyObject *own = PyObject_GenericGetAttr((PyObject *)method, name);
    if (own == NULL && method->function != NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        own = PyObject_GetAttr(method->function, name);
    }
    return own;
}

static PyObject *
method_repr(Method *method)
{
    return PyObject_Repr(method->function);
}

/* Copied and pickled by its name, as a function is. */
static PyObject *
method_reduce(Method *method, PyObject *Py_UNUSED(none))
{
    return PyObject_GetAttrString(method->function, "__qualname__");
}

/* What the function says where every object has something to say. */
static PyObject *
method_said(Method *method, void *name)
{
    return PyObject_GetAttrString(method->function, name);
}

static PyGetSetDef method_getset[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict},
    {"__class__", (getter)method_said, NULL, "That of a function.", "__class__"},
    {"__doc__", (getter)method_said, NULL, "What the contract says of it.", "__doc__"},
    {"__module__", (getter)method_said, NULL, "Where its contract is.", "__module__"},
    {NULL},
};

static PyMethodDef method_methods[] = {
    {"__reduce__", (PyCFunction)method_reduce, METH_NOARGS, NULL},
    {NULL},
};

static PyMemberDef method_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Method, vectorcall), READONLY},
    {"__dictoffset__", T_PYSSIZET, offsetof(Method, dict), READONLY},
    WEAK(Method)
    {NULL},
};

static PyType_Slot method_slots[] = {
    {Py_tp_new, method_make},
    COLLECTED_SLOTS(method),
    {Py_tp_call, PyVectorcall_Call},
    {Py_tp_descr_get, method_bind},
    {Py_tp_getattro, method_getattro},
    {Py_tp_repr, method_repr},
    {Py_tp_getset, method_getset},
    {Py_tp_methods, method_methods},
    {Py_tp_members, method_members},
    {0, NULL},
};

SPEC(Method, method, "Method", Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR)
