/* What Python sees of a call: what a coroutine is to whoever asks (G38); see call.c. */

#include "call.h"

static PyObject *
call_send(Call *call, PyObject *sent)
{
    PyObject *result;
    PySendResult next = call_step(call, sent, &result);
    return stepped(next, result);
}

static PyObject *
call_next(Call *call)
{
    PyObject *result;
    PySendResult next = call_step(call, Py_None, &result);
    return stepped_next(call->method->state, next, result);
}

static PyObject *
call_throw(Call *call, PyObject *args)
{
    if (call_check(call) < 0 || (call->stage == FRESH && call_unfold(call) < 0)) {
        return NULL;
    }
    if (call->stage != BODY) {
        call->stage = RUNNING;
    }
    PyObject *inner = Py_NewRef(call->inner);
    PyObject *method = PyObject_GetAttr(inner, call->method->state->str_throw);
    PyObject *result = method == NULL ? NULL : PyObject_Call(method, args, NULL);
    Py_XDECREF(method);
    Py_DECREF(inner);
    PySendResult next = result != NULL ? PYGEN_NEXT : PYGEN_ERROR;
    if (result == NULL && PyErr_ExceptionMatches(PyExc_StopIteration)) {
        PyObject *stop = raised();
        result = PyObject_GetAttrString(stop, "value");
        next = result != NULL ? PYGEN_RETURN : PYGEN_ERROR;
        Py_DECREF(stop);
    }
    next = call_after(call, next, &result);
    return stepped(next, result);
}

static PyObject *
call_close(Call *call, PyObject *Py_UNUSED(none))
{
    int closed = 0;
    if (call->stage == BODY) {
        closed = call_abandon(call);
    }
    else if (call->inner != NULL) {
        PyObject *inner = Py_NewRef(call->inner);
        closed = called(PyObject_CallMethodNoArgs(inner, call->method->state->str_close));
        Py_DECREF(inner);
    }
    call_end(call);
    return done_or_error(closed);
}

/* What `await` takes: itself. */
static PyObject *
call_await(Call *call)
{
    if (call->stage == RUNNING || call->stage == BODY) {
        PyErr_SetString(PyExc_RuntimeError, "coroutine is being awaited already");
        return NULL;
    }
    return Py_NewRef(call);
}

/* What Python code gets that awaits it by hand. */
static PyObject *
call_dunder_await(Call *call, PyObject *Py_UNUSED(none))
{
    if (call_check(call) < 0 || (call->stage == FRESH && call_unfold(call) < 0)) {
        return NULL;
    }
    return PyObject_CallMethod(call->inner, "__await__", NULL);
}

/* What a coroutine says of itself; of one that has ended nothing remains but what it was. */
static PyObject *
call_said(Call *call, void *attribute)
{
    const char *name = attribute;
    if (call->stage == FRESH && call_unfold(call) < 0) {
        return NULL;
    }
    if (call->inner != NULL && PyObject_HasAttrString(call->inner, name)) {
        return PyObject_GetAttrString(call->inner, name);
    }
    if (strcmp(name, "cr_running") == 0 || strcmp(name, "cr_suspended") == 0) {
        Py_RETURN_FALSE;
    }
    Py_RETURN_NONE;
}

/* What it has from its method, at any time. */
static PyObject *
call_named(Call *call, void *attribute)
{
    if (call->method == NULL) { /* kept for a next call: only the collector knows it */
        return PyUnicode_FromString("?");
    }
    return PyObject_GetAttrString(call->method->function, attribute);
}

static PyObject *
call_class(Call *Py_UNUSED(call), void *Py_UNUSED(none))
{
    return Py_NewRef(&PyCoro_Type);
}

static PyObject *
call_repr(Call *call)
{
    PyObject *name = call_named(call, "__qualname__");
    PyObject *text = name == NULL ? NULL
                                  : PyUnicode_FromFormat("<coroutine object %U at %p>", name, call);
    Py_XDECREF(name);
    return text;
}

#define CALL_KEPT(FIELD, T) FIELD(T, method)

WALKED(Call, call, CALL_FIELDS, CALL_KEPT)

static PyMethodDef call_methods[] = {
    {"send", (PyCFunction)call_send, METH_O, NULL},
    {"throw", (PyCFunction)call_throw, METH_VARARGS, NULL},
    {"close", (PyCFunction)call_close, METH_NOARGS, NULL},
    {"__await__", (PyCFunction)call_dunder_await, METH_NOARGS | METH_COEXIST, NULL},
    {NULL},
};

static PyGetSetDef call_getset[] = {
    {"__class__", (getter)call_class, NULL, "That of a coroutine."},
    {"__name__", (getter)call_named, NULL, NULL, "__name__"},
    {"__qualname__", (getter)call_named, NULL, NULL, "__qualname__"},
    {"cr_code", (getter)call_named, NULL, NULL, "__code__"},
    {"cr_await", (getter)call_said, NULL, NULL, "cr_await"},
    {"cr_frame", (getter)call_said, NULL, NULL, "cr_frame"},
    {"cr_origin", (getter)call_said, NULL, NULL, "cr_origin"},
    {"cr_running", (getter)call_said, NULL, NULL, "cr_running"},
    {"cr_suspended", (getter)call_said, NULL, NULL, "cr_suspended"},
    {NULL},
};

static PyMemberDef call_members[] = {
    WEAK(Call)
    {NULL},
};

static PyType_Slot call_slots[] = {
    {Py_tp_doc, "One call of a compute method."},
    COLLECTED_SLOTS(call),
    {Py_tp_finalize, call_finalize},
    {Py_tp_iternext, call_next},
    {Py_am_await, call_await},
    {Py_am_send, call_step},
    {Py_tp_repr, call_repr},
    {Py_tp_methods, call_methods},
    {Py_tp_getset, call_getset},
    {Py_tp_members, call_members},
    {0, NULL},
};

SPEC(Call, call, "Call", Py_TPFLAGS_DISALLOW_INSTANTIATION)
