/* Calls that are made alike in one turn of the loop, while others may join: the twin of joining.py. */

#include "reply.h"

#define JOINING_FIELDS(FIELD, T)                                                                   \
    FIELD(T, answers, "answers", "What the callers await, a list.")                                \
    FIELD(T, arguments, "arguments", "Of each, a list.")                                           \
    FIELD(T, loop, "loop", "Where they wait.")                                                     \
    FIELD(T, now, "now", "Tells the time.")

typedef struct {
    PyObject_HEAD
    JOINING_FIELDS(AS_FIELD, Joining)
    double timeout;  /* the seconds of each call */
    double latest;   /* no deadline of a call is later */
    double deadline; /* that of the last one */
    Py_ssize_t room; /* so many more need not wait for others */
} Joining;

static PyObject *
joining_add(Joining *self, PyObject *arguments)
{
    if (self->answers == NULL || !PyList_CheckExact(self->answers) || self->arguments == NULL ||
        !PyList_CheckExact(self->arguments) || self->loop == NULL || self->now == NULL) {
        PyErr_SetString(PyExc_TypeError, "a lot has two lists, a loop and a clock");
        return NULL;
    }
    State *state = state_of(Py_TYPE(self));
    double now = state == NULL ? -1.0 : time_of(state, self->now);
    if (now == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    double deadline = now + self->timeout;
    if (deadline > self->latest || self->room <= 0) {
        Py_RETURN_NONE;
    }
    Py_ssize_t index = PyList_GET_SIZE(self->arguments);
    PyObject *reply = reply_new(state, self->loop, (PyObject *)self, index);
    if (reply == NULL || PyList_Append(self->answers, reply) < 0) {
        Py_XDECREF(reply);
        return NULL;
    }
    if (PyList_Append(self->arguments, arguments) < 0) {
        PyList_SetSlice(self->answers, index, index + 1, NULL);
        Py_DECREF(reply);
        return NULL;
    }
    self->deadline = deadline;
    self->room--;
    return reply;
}

static PyMethodDef joining_methods[] = {
    {"add", (PyCFunction)joining_add, METH_O,
     "Make one more call: what its caller awaits. None: it takes no more."},
    {NULL},
};

#define JOINING_VALUE(name, type) VALUE(Joining, name, type, 0, NULL)

FIELDS_TYPE(Joining, joining, "Joining",
            "What calls join that are made alike in one turn of the loop.", JOINING_FIELDS, NO_FIELDS,
            JOINING_VALUE(timeout, T_DOUBLE) JOINING_VALUE(latest, T_DOUBLE)
            JOINING_VALUE(deadline, T_DOUBLE) JOINING_VALUE(room, T_PYSSIZET),
            MADE_EMPTY, {Py_tp_methods, joining_methods})
