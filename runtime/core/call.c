/* One call of a compute method: all that a coroutine is, for the price of a small object (G38).

   It begins when it is awaited, as a coroutine does: in that context, with what is fresh then (G5b).
   A hit ends it at once. Else it is, from there on, the coroutine that computes the value. Whatever
   else somebody wants of one that has not begun, the coroutine that the pure runtime would have made
   answers: it is made then.

   Its making and its end are here; step.c has its way, coroutine.c what Python sees of it. */

#include "call.h"

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

int
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

int
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
void
call_end(Call *call)
{
    call->stage = ENDED;
    call_clear(call);
}

PyObject *
call_arguments(Call *call)
{
    return call->method->positional == 1 ? PyTuple_Pack(1, call->key) : Py_NewRef(call->key);
}

/* Become the coroutine of the pure runtime. */
int
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

void
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

void
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

int
call_check(Call *call)
{
    if (call->stage == ENDED) {
        PyErr_SetString(PyExc_RuntimeError, "cannot reuse already awaited coroutine");
        return -1;
    }
    return 0;
}
