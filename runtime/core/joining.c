/* Calls that are made alike in one turn of the loop, while others may join: the twin of joining.py. */

#include "reply.h"

typedef struct {
    PyObject_HEAD
    PyObject *answers;   /* what the callers await, a list */
    PyObject *arguments; /* a list */
    PyObject *loop;
    PyObject *now;       /* tells the time */
    double timeout;      /* the seconds of each call */
    double latest;       /* no deadline of a call is later */
    double deadline;     /* that of the last one */
    Py_ssize_t room;     /* so many more need not wait for others */
} Joining;

static int
joining_traverse(Joining *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->answers);
    Py_VISIT(self->arguments);
    Py_VISIT(self->loop);
    Py_VISIT(self->now);
    return 0;
}

static int
joining_clear(Joining *self)
{
    Py_CLEAR(self->answers);
    Py_CLEAR(self->arguments);
    Py_CLEAR(self->loop);
    Py_CLEAR(self->now);
    return 0;
}

static void
joining_dealloc(Joining *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    joining_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

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

#define MEMBER(name, type) {#name, type, offsetof(Joining, name), 0, NULL}

static PyMemberDef joining_members[] = {
    MEMBER(answers, T_OBJECT_EX), MEMBER(arguments, T_OBJECT_EX), MEMBER(loop, T_OBJECT_EX),
    MEMBER(now, T_OBJECT_EX),     MEMBER(timeout, T_DOUBLE),      MEMBER(latest, T_DOUBLE),
    MEMBER(deadline, T_DOUBLE),   MEMBER(room, T_PYSSIZET),       {NULL},
};

static PyMethodDef joining_methods[] = {
    {"add", (PyCFunction)joining_add, METH_O,
     "Make one more call: what its caller awaits. None: it takes no more."},
    {NULL},
};

static PyType_Slot joining_slots[] = {
    {Py_tp_doc, "What calls join that are made alike in one turn of the loop."},
    {Py_tp_new, PyType_GenericNew},
    {Py_tp_traverse, joining_traverse},
    {Py_tp_clear, joining_clear},
    {Py_tp_dealloc, joining_dealloc},
    {Py_tp_methods, joining_methods},
    {Py_tp_members, joining_members},
    {0, NULL},
};

PyType_Spec joining_spec = {
    .name = "fusionrt._core.Joining",
    .basicsize = sizeof(Joining),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = joining_slots,
};
