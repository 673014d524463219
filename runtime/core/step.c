/* The way of a call: a hit, or the body, step by step; see call.c. */

#include "call.h"

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
PyObject *
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
int
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

/* After a step: when a body that it runs itself has ended, that is settled. */
PySendResult
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

/* A step of what it is, or shall be. */
static SELDOM PySendResult
call_go_on(Call *call, PyObject *sent, PyObject **result)
{
    if (call->stage == FRESH) {
        PyErr_SetString(PyExc_TypeError, "can't send non-None value to a just-started coroutine");
        return PYGEN_ERROR;
    }
    if (call_check(call) < 0) {
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

/* No hit answers: the body begins. */
static SELDOM PySendResult
call_begin(Call *call, PyObject **result)
{
    int begun = miss_begin(call);
    if (begun < 0 || (begun == 0 && call_miss(call) < 0)) {
        call_end(call);
        return PYGEN_ERROR;
    }
    if (begun == 0) {
        call->stage = RUNNING;
    }
    return call->inner == NULL ? call_after(call, PYGEN_ERROR, result) /* it could not be made */
                               : call_go_on(call, Py_None, result);
}

PySendResult
call_step(Call *call, PyObject *sent, PyObject **result)
{
    *result = NULL;
    if (call->stage != FRESH || sent != Py_None) {
        return call_go_on(call, sent, result);
    }
    int answered = hit_of(call->method, call->self, call->key, result);
    if (answered == 0) {
        return call_begin(call, result);
    }
    call_answered(call);
    return answered > 0 ? PYGEN_RETURN : PYGEN_ERROR;
}
