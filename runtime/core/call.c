/* One call of a compute method: all that a coroutine is, for the price of a small object (G38).

   It begins when it is awaited, as a coroutine does: in that context, with what is fresh then (G5b).
   A hit ends it at once. Else it is, from there on, the coroutine that computes the value. Whatever
   else somebody wants of one that has not begun, the coroutine that the pure runtime would have made
   answers: it is made then. */

#include "core.h"

PyObject *
call_new(Method *method, PyObject *self, PyObject *key)
{
    State *state = method->state;
    Call *call = state->spare;
    if (call != NULL) {
        state->spare = (Call *)call->self;
        state->spares--;
        PyObject_Init((PyObject *)call, state->call_type);
    }
    else {
        call = PyObject_GC_New(Call, state->call_type);
        if (call == NULL) {
            Py_DECREF(key);
            return NULL;
        }
    }
    call->method = (Method *)Py_NewRef(method);
    call->self = Py_NewRef(self);
    call->key = key;
    call->inner = NULL;
    call->computed = NULL;
    call->run = NULL;
    call->weak = NULL;
    call->stage = FRESH;
    call->finalized = 0;
    PyObject_GC_Track(call);
    return (PyObject *)call;
}

static int
call_traverse(Call *call, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(call));
    Py_VISIT(call->method);
    Py_VISIT(call->self);
    Py_VISIT(call->key);
    Py_VISIT(call->inner);
    Py_VISIT(call->computed);
    Py_VISIT(call->run);
    return 0;
}

static int
call_clear(Call *call)
{
    Py_CLEAR(call->self);
    Py_CLEAR(call->key);
    Py_CLEAR(call->inner);
    Py_CLEAR(call->computed);
    Py_CLEAR(call->run);
    return 0;
}

/* It has ended, and keeps nothing alive (G31). */
static void
call_end(Call *call)
{
    call->stage = ENDED;
    call_clear(call);
}

static PyObject *
call_arguments(Call *call)
{
    return call->method->positional == 1 ? PyTuple_Pack(1, call->key) : Py_NewRef(call->key);
}

/* Become the coroutine of the pure runtime. */
static int
call_unfold(Call *call)
{
    PyObject *arguments = call_arguments(call);
    if (arguments == NULL) {
        return -1;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(arguments);
    PyObject *all = PyTuple_New(count + 1);
    if (all != NULL) {
        PyTuple_SET_ITEM(all, 0, Py_NewRef(call->self));
        for (Py_ssize_t i = 0; i < count; i++) {
            PyTuple_SET_ITEM(all, i + 1, Py_NewRef(PyTuple_GET_ITEM(arguments, i)));
        }
        call->inner = PyObject_Call(call->method->function, all, NULL);
        Py_DECREF(all);
    }
    Py_DECREF(arguments);
    if (call->inner == NULL) {
        return -1;
    }
    call->stage = UNFOLDED;
    return 0;
}

/* Become the coroutine that computes the value. */
static int
call_miss(Call *call)
{
    State *state = call->method->state;
    PyObject *binding = PyObject_GetAttr(call->self, state->str__fusion);
    if (binding == NULL) {
        return -1;
    }
    PyObject *arguments = call_arguments(call);
    if (arguments != NULL) {
        PyObject *given[] = {binding, call->method->name, arguments};
        call->inner = PyObject_VectorcallMethod(state->str_compute, given,
                                                3 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
        Py_DECREF(arguments);
    }
    Py_DECREF(binding);
    return call->inner == NULL ? -1 : 0;
}

/* The error that is set, as an object; it is set no more. */
static PyObject *
raised(void)
{
#if PY_VERSION_HEX >= 0x030C0000
    return PyErr_GetRaisedException();
#else
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != NULL) {
        PyException_SetTraceback(value, traceback);
    }
    Py_DECREF(type);
    Py_XDECREF(traceback);
    return value;
#endif
}

/* The body that it runs is closed amid its work: nobody gets what it comes to (G20). */
static int
call_abandon(Call *call)
{
    State *state = call->method->state;
    PyObject *inner = Py_NewRef(call->inner);
    PyObject *computed = Py_NewRef(call->computed), *run = Py_NewRef(call->run);
    PyObject *closed = PyObject_CallMethodNoArgs(inner, state->str_close);
    PyObject *problem = closed == NULL ? raised() : NULL;
    PyObject *exit = PyObject_CallNoArgs(PyExc_GeneratorExit);
    PyObject *told = exit == NULL ? NULL
                                  : PyObject_CallFunctionObjArgs(state->failed, computed, run,
                                                                 Py_None, exit, NULL);
    if (told == NULL) {
        PyErr_WriteUnraisable(computed);
    }
    miss_strand(state, computed, run);
    call_end(call);
    if (problem != NULL) {
        PyErr_SetObject((PyObject *)Py_TYPE(problem), problem);
    }
    int done = problem == NULL ? 0 : -1;
    Py_DECREF(inner);
    Py_DECREF(computed);
    Py_DECREF(run);
    Py_XDECREF(closed);
    Py_XDECREF(problem);
    Py_XDECREF(exit);
    Py_XDECREF(told);
    return done;
}

static void
call_finalize(Call *call)
{
    call->finalized = 1;
    if (call->self == NULL || call->stage > BODY) {
        return;
    }
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if ((call->stage == BODY ? call_abandon(call) : call_unfold(call)) < 0) {
        PyErr_WriteUnraisable((PyObject *)call);
    }
    call_end(call); /* one that was not begun says that it was never awaited */
    PyErr_Restore(type, value, traceback);
}

static void
call_dealloc(Call *call)
{
    if (call->stage <= BODY && PyObject_CallFinalizerFromDealloc((PyObject *)call) < 0) {
        return; /* somebody has it again */
    }
    PyTypeObject *type = Py_TYPE(call);
    State *state = call->method->state;
    PyObject_GC_UnTrack(call);
    if (call->weak != NULL) {
        PyObject_ClearWeakRefs((PyObject *)call);
    }
    call_clear(call);
    Method *method = call->method;
#if !defined(Py_GIL_DISABLED) && !defined(Py_TRACE_REFS)
    if (!call->finalized && state->spares < MAX_SPARE) {
        call->self = (PyObject *)state->spare;
        state->spare = call;
        state->spares++;
        call = NULL;
    }
#endif
    if (call != NULL) {
        PyObject_GC_Del(call);
    }
    Py_DECREF(method); /* the last one may take the state along */
    Py_DECREF(type);
}

void
calls_clear(State *state)
{
    while (state->spare != NULL) {
        Call *call = state->spare;
        state->spare = (Call *)call->self;
        PyObject_GC_Del(call);
    }
    state->spares = 0;
}

static int
call_check(Call *call)
{
    if (call->stage == ENDED) {
        PyErr_SetString(PyExc_RuntimeError, "cannot reuse already awaited coroutine");
        return -1;
    }
    return 0;
}

/* After a step: when a body that it runs itself has ended, that is settled. */
static PySendResult
call_after(Call *call, PySendResult next, PyObject **result)
{
    State *state = call->method->state;
    if (next == PYGEN_NEXT) {
        return next;
    }
    if (call->stage == BODY && next == PYGEN_RETURN &&
        miss_end(state, call->computed, *result) > 0) {
        call_end(call);
        return next;
    }
    PyObject *computed = Py_XNewRef(call->computed), *run = Py_XNewRef(call->run);
    if (call->stage == BODY) {
        PyObject *error = next == PYGEN_ERROR ? raised() : Py_NewRef(Py_None);
        PyObject *value = next == PYGEN_RETURN ? *result : Py_NewRef(Py_None);
        *result = NULL;
        next = PYGEN_ERROR;
        PyErr_Clear();
        call->stage = RUNNING;
        PyObject *rest =
            PyObject_CallFunctionObjArgs(state->conclude, computed, run, value, error, NULL);
        if (rest != NULL) {
            Py_XSETREF(call->inner, Py_NewRef(rest));
            next = PyIter_Send(rest, Py_None, result);
            Py_DECREF(rest);
        }
        Py_DECREF(error);
        Py_DECREF(value);
    }
    if (next != PYGEN_NEXT) {
        if (next == PYGEN_ERROR && computed != NULL) {
            miss_strand(state, computed, run);
        }
        call_end(call);
    }
    Py_XDECREF(computed);
    Py_XDECREF(run);
    return next;
}

static PySendResult
call_step(Call *call, PyObject *sent, PyObject **result)
{
    *result = NULL;
    if (call->stage == FRESH) {
        if (sent != Py_None) {
            PyErr_SetString(PyExc_TypeError,
                            "can't send non-None value to a just-started coroutine");
            return PYGEN_ERROR;
        }
        int answered = hit_of(call->method, call->self, call->key, result);
        int begun = answered == 0 ? miss_begin(call) : 0;
        if (answered != 0 || begun < 0 || (begun == 0 && call_miss(call) < 0)) {
            call_end(call);
            return answered > 0 ? PYGEN_RETURN : PYGEN_ERROR;
        }
        if (call->inner == NULL) { /* the body could not be made */
            return call_after(call, PYGEN_ERROR, result);
        }
    }
    else if (call_check(call) < 0) {
        return PYGEN_ERROR;
    }
    if (call->stage != BODY) {
        call->stage = RUNNING;
    }
    PyObject *inner = Py_NewRef(call->inner);
    PySendResult next = PyIter_Send(inner, sent, result);
    Py_DECREF(inner);
    return call_after(call, next, result);
}

/* As Python code sees a step: what was yielded, or NULL with StopIteration of what was returned. */
static PyObject *
call_told(PySendResult next, PyObject *result)
{
    if (next == PYGEN_RETURN) {
        /* Made here: a tuple would be taken for several arguments, an exception for itself. */
        PyObject *stop = PyObject_CallOneArg(PyExc_StopIteration, result);
        if (stop != NULL) {
            PyErr_SetObject(PyExc_StopIteration, stop);
            Py_DECREF(stop);
        }
        Py_CLEAR(result);
    }
    return result;
}

static PyObject *
call_send(Call *call, PyObject *sent)
{
    PyObject *result;
    PySendResult next = call_step(call, sent, &result);
    return call_told(next, result);
}

static PyObject *
call_next(Call *call)
{
    return call_send(call, Py_None);
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
    return call_told(next, result);
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
        PyObject *done = PyObject_CallMethodNoArgs(inner, call->method->state->str_close);
        closed = done == NULL ? -1 : 0;
        Py_XDECREF(done);
        Py_DECREF(inner);
    }
    call_end(call);
    return closed < 0 ? NULL : Py_NewRef(Py_None);
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
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Call, weak), READONLY},
    {NULL},
};

static PyType_Slot call_slots[] = {
    {Py_tp_doc, "One call of a compute method."},
    {Py_tp_traverse, call_traverse},
    {Py_tp_clear, call_clear},
    {Py_tp_finalize, call_finalize},
    {Py_tp_dealloc, call_dealloc},
    {Py_tp_iternext, call_next},
    {Py_am_await, call_await},
    {Py_am_send, call_step},
    {Py_tp_repr, call_repr},
    {Py_tp_methods, call_methods},
    {Py_tp_getset, call_getset},
    {Py_tp_members, call_members},
    {0, NULL},
};

PyType_Spec call_spec = {
    .name = "fusionrt._core.Call",
    .basicsize = sizeof(Call),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = call_slots,
};
