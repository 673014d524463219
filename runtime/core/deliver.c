/* Answers that come together: one handle of the loop wakes all who wait. The twin of reply.py. */

#include "reply.h"

int
call_soon(State *state, PyObject *loop, PyObject *callback, PyObject *given, PyObject *context)
{
    PyObject *args[] = {loop, callback, given, context};
    PyObject *names = context == NULL ? NULL : PyTuple_Pack(1, state->str_context);
    PyObject *handle = context != NULL && names == NULL
                           ? NULL
                           : PyObject_VectorcallMethod(state->str_call_soon, args, 3, names);
    Py_XDECREF(names);
    return called(handle);
}

/* Let who waits go on, in its own context. */
static int
reply_wake(Reply *self)
{
    PyObject *callback, *context;
    if (!reply_take(self, &callback, &context)) {
        return 0;
    }
    PyObject *done = NULL;
    if (PyContext_Enter(context) == 0) {
        done = PyObject_CallOneArg(callback, (PyObject *)self);
        if (PyContext_Exit(context) < 0) {
            Py_CLEAR(done);
        }
    }
    Py_DECREF(callback);
    Py_DECREF(context);
    return called(done);
}

/* One handle of the loop lets who waits for some of these go on. */
static int
wake_soon(PyObject *module, PyObject *replies, Py_ssize_t from, Py_ssize_t to)
{
    State *state = PyModule_GetState(module);
    PyObject *some = PyList_GetSlice(replies, from, to);
    PyObject *wake = some == NULL ? NULL : PyObject_GetAttr(module, state->str_wake);
    int asked = -1;
    if (wake != NULL) {
        Reply *first = (Reply *)PyList_GET_ITEM(some, 0);
        asked = call_soon(state, first->loop, wake, some, NULL);
    }
    Py_XDECREF(some);
    Py_XDECREF(wake);
    return asked;
}

/* Whether a loop draws lots which of its tasks goes on. */
static int
is_drawing(State *state, PyObject *loop)
{
    PyObject *draws = PyObject_GetAttr(loop, state->str_fusion_draws);
    if (draws == NULL) {
        PyErr_Clear();
        return 0;
    }
    return truth_of(draws);
}

/* What ends the process, or a callback that is no task's, keeps none of the others from its turn. */
SELDOM static PyObject *
wake_others(PyObject *module, PyObject *replies, Py_ssize_t from)
{
    PyObject *type, *error, *trace;
    PyErr_Fetch(&type, &error, &trace);
    Py_ssize_t count = PyList_GET_SIZE(replies);
    if (from < count && wake_soon(module, replies, from, count) < 0) {
        PyErr_WriteUnraisable(replies);
    }
    PyErr_Restore(type, error, trace);
    return NULL;
}

PyObject *
core_wake(PyObject *module, PyObject *replies)
{
    if (!PyList_CheckExact(replies)) {
        PyErr_SetString(PyExc_TypeError, "a list of replies is wanted");
        return NULL;
    }
    State *state = PyModule_GetState(module);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(replies); i++) {
        PyObject *each = Py_NewRef(PyList_GET_ITEM(replies, i));
        int woken = Py_TYPE(each) == state->reply_type ? reply_wake((Reply *)each) : 0;
        Py_DECREF(each);
        if (woken < 0) {
            return wake_others(module, replies, i + 1);
        }
    }
    Py_RETURN_NONE;
}

/* A future of asyncio's has its value, unless it is done. */
static int
future_deliver(State *state, PyObject *future, PyObject *value)
{
    int done = truth_of(PyObject_CallMethodNoArgs(future, state->str_done));
    if (done != 0) {
        return done < 0 ? -1 : 0;
    }
    return called(PyObject_CallMethodOneArg(future, state->str_set_result, value));
}

static int
deliver_all(State *state, PyObject *replies, PyObject *values, PyObject *waiting)
{
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(replies); i++) {
        PyObject *each = PySequence_Fast_GET_ITEM(replies, i);
        PyObject *value = PySequence_Fast_GET_ITEM(values, i);
        if (Py_TYPE(each) != state->reply_type) {
            if (each != Py_None && future_deliver(state, each, value) < 0) {
                return -1;
            }
            continue;
        }
        Reply *reply = (Reply *)each;
        if (reply->stage == WAITS) { /* else its caller has left */
            reply->stage = RETURNED;
            reply->value = Py_NewRef(value);
            if (reply->callback != NULL && PyList_Append(waiting, each) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

PyObject *
core_deliver(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "replies and values are wanted");
        return NULL;
    }
    State *state = PyModule_GetState(module);
    PyObject *replies = PySequence_Tuple(args[0]); /* of their own: no code may change them */
    PyObject *values = PySequence_Tuple(args[1]);
    PyObject *waiting = PyList_New(0);
    int done = replies == NULL || values == NULL || waiting == NULL ? -1 : 0;
    if (done == 0 && PyTuple_GET_SIZE(replies) != PyTuple_GET_SIZE(values)) {
        PyErr_SetString(PyExc_ValueError, "there is not a value for each reply");
        done = -1;
    }
    if (done == 0) {
        done = deliver_all(state, replies, values, waiting);
    }
    Py_ssize_t last = done < 0 ? 0 : PyList_GET_SIZE(waiting), step = last;
    if (last > 0 && is_drawing(state, ((Reply *)PyList_GET_ITEM(waiting, 0))->loop)) {
        step = 1; /* each has a handle of its own */
    }
    for (Py_ssize_t i = 0; done == 0 && i < last; i += step) {
        done = wake_soon(module, waiting, i, i + step);
    }
    Py_XDECREF(replies);
    Py_XDECREF(values);
    Py_XDECREF(waiting);
    return done_or_error(done);
}
