/* The end of what is awaited, as Python tells it: by StopIteration.

   From 3.12 on each `await` asks for that of what is no coroutine of Python's own, and to make the
   exception took longer than the rest of a hit. So it is the same one again, as long as nobody has
   it and nothing was added to it. */

#include "core.h"

#if PY_VERSION_HEX >= 0x030C0000 && !defined(Py_GIL_DISABLED)
static PyStopIterationObject *
stop_again(State *state)
{
    PyStopIterationObject *stop = (PyStopIterationObject *)state->stop;
    return stop != NULL && Py_REFCNT(stop) == 1 && Py_REFCNT(stop->args) == 1 &&
                   PyTuple_GET_SIZE(stop->args) == 1 && stop->dict == NULL &&
                   stop->notes == NULL && stop->traceback == NULL && stop->context == NULL &&
                   stop->cause == NULL
               ? stop
               : NULL;
}

static void
stop_fill(PyStopIterationObject *stop, PyObject *value)
{
    PyObject *before = PyTuple_GET_ITEM(stop->args, 0);
    PyTuple_SET_ITEM(stop->args, 0, Py_NewRef(value));
    Py_XSETREF(stop->value, Py_NewRef(value));
    Py_XDECREF(before);
}

void
stop_forget(State *state)
{
    PyStopIterationObject *stop = stop_again(state);
    if (stop != NULL) {
        stop_fill(stop, Py_None);
    }
    else {
        Py_CLEAR(state->stop);
    }
}

/* What the interpreter asks, which has done with it by the next step. */
static PyObject *
stop_next(State *state, PyObject *value)
{
    PyStopIterationObject *stop = stop_again(state);
    if (stop != NULL) {
        stop_fill(stop, value);
    }
    else {
        Py_XSETREF(state->stop, PyObject_CallOneArg(PyExc_StopIteration, value));
    }
    if (state->stop != NULL) {
        PyErr_SetRaisedException(Py_NewRef(state->stop));
    }
    return NULL;
}
#else
void
stop_forget(State *Py_UNUSED(state))
{
}

#define stop_next(state, value) stop_new(value)
#endif

/* Made here: a tuple would be taken for several arguments, an exception for itself. */
static PyObject *
stop_new(PyObject *value)
{
    PyObject *stop = PyObject_CallOneArg(PyExc_StopIteration, value);
    if (stop != NULL) {
        PyErr_SetObject(PyExc_StopIteration, stop);
        Py_DECREF(stop);
    }
    return NULL;
}

PyObject *
stepped(PySendResult next, PyObject *result)
{
    PyObject *yielded = next == PYGEN_RETURN ? stop_new(result) : Py_XNewRef(result);
    Py_XDECREF(result);
    return yielded;
}

PyObject *
stepped_next(State *state, PySendResult next, PyObject *result)
{
    PyObject *yielded = next == PYGEN_RETURN ? stop_next(state, result) : Py_XNewRef(result);
    Py_XDECREF(result);
    return yielded;
}
