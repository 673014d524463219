/* One call of a compute method: all that a coroutine is, for the price of a small object (G38).

   It begins when it is awaited, as a coroutine does: in that context, with what is fresh then (G5b).
   A hit ends it at once. Else it is, from there on, the coroutine that computes the value. Whatever
   else somebody wants of one that has not begun, the coroutine that the pure runtime would have made
   answers: it is made then.

   Its end is here, and its making in call.h; step.c has its way, coroutine.c what Python sees of it. */

#include "call.h"

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
    PyObject *bound = PyMethod_New(call->method->function, call->self);
    if (arguments != NULL && bound != NULL) {
        call->inner = PyObject_Call(bound, arguments, NULL);
    }
    Py_XDECREF(arguments);
    Py_XDECREF(bound);
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

/* One that has ended is kept for a next call, empty as it is, and the collector goes on to know it:
   most calls are never seen by anybody else. */
static int
call_keep(State *state, Call *call)
{
#if defined(Py_GIL_DISABLED) || defined(Py_REF_DEBUG)
    return 0;
#else
    if (call->stage != ENDED || call->finalized || call->weakrefs != NULL ||
        state->spares == MAX_SPARE) {
        return 0;
    }
    if (state->stop != NULL) {
        stop_forget(state);
    }
    Py_SET_REFCNT(call, 1);
    state->spare[state->spares++] = call;
    return 1;
#endif
}

void
call_dealloc(Call *call)
{
    if (call->stage <= BODY && PyObject_CallFinalizerFromDealloc((PyObject *)call) < 0) {
        return; /* somebody has it again */
    }
    Method *method = call->method;
    call->method = NULL;
    if (method == NULL || !call_keep(method->state, call)) {
        PyTypeObject *type = Py_TYPE(call);
        PyObject_GC_UnTrack(call);
        forget_weak((PyObject *)call);
        call_drop(call);
        PyObject_GC_Del(call);
        Py_DECREF(type);
    }
    Py_XDECREF(method); /* the last one may take the state along */
}

int
calls_traverse(State *state, visitproc visit, void *arg)
{
    for (int i = 0; i < state->spares; i++) {
        Py_VISIT(state->spare[i]);
    }
    return 0;
}

void
calls_clear(State *state)
{
    while (state->spares > 0) {
        Py_DECREF(state->spare[--state->spares]);
    }
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
