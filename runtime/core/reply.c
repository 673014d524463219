/* What the caller of one of many calls awaits: what a task asks of a future, and no more. The twin of
   reply.py. */

#include "reply.h"

COLLECTED(Reply, reply, REPLY_FIELDS, NO_FIELDS)

PyObject *
reply_new(State *state, PyObject *loop, PyObject *lot, Py_ssize_t index)
{
    Reply *self = PyObject_GC_New(Reply, state->reply_type);
    if (self != NULL) {
        self->loop = Py_NewRef(loop);
        self->lot = Py_XNewRef(lot);
        self->index = index;
        self->value = self->callback = self->context = NULL;
        self->stage = WAITS;
        self->blocking = 0;
        PyObject_GC_Track(self);
    }
    return (PyObject *)self;
}

PyObject *
core_reply(PyObject *module, PyObject *loop)
{
    return reply_new(PyModule_GetState(module), loop, NULL, 0);
}

/* -- who waits -- */

int
reply_take(Reply *self, PyObject **callback, PyObject **context)
{
    *callback = self->callback;
    *context = self->context;
    self->callback = self->context = NULL;
    return *callback != NULL;
}

/* Whoever gives no context is called in a copy of the one that it is in now. */
static PyObject *
reply_add_done_callback(Reply *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    Py_ssize_t named = names == NULL ? 0 : PyTuple_GET_SIZE(names);
    if (count != 1 || named > 1) {
        PyErr_SetString(PyExc_TypeError, "a callback is wanted, and perhaps its context");
        return NULL;
    }
    PyObject *callback = args[0], *context = named == 0 ? Py_None : args[1];
    if (self->stage == WAITS && self->callback != NULL) {
        PyErr_SetString(PyExc_RuntimeError, "somebody waits for this reply already");
        return NULL;
    }
    context = context == Py_None ? PyContext_CopyCurrent() : Py_NewRef(context);
    if (context == NULL) {
        return NULL;
    }
    if (self->stage == WAITS) {
        self->callback = Py_NewRef(callback);
        self->context = context;
        Py_RETURN_NONE;
    }
    State *state = PyType_GetModuleState(Py_TYPE(self));
    int asked = call_soon(state, self->loop, callback, (PyObject *)self, context);
    Py_DECREF(context);
    return done_or_error(asked);
}

/* -- what it comes to -- */

/* Raise what it came to, if that is no result. */
static int
reply_raise(Reply *self)
{
    State *state = PyType_GetModuleState(Py_TYPE(self));
    if (self->stage == RAISED) {
        PyErr_SetObject((PyObject *)Py_TYPE(self->value), self->value);
    }
    else if (self->stage == CANCELLED) {
        PyObject *error = self->value == Py_None
                              ? PyObject_CallNoArgs(state->cancelled_error)
                              : PyObject_CallOneArg(state->cancelled_error, self->value);
        if (error != NULL) {
            PyErr_SetObject(state->cancelled_error, error);
            Py_DECREF(error);
        }
    }
    else if (self->stage == WAITS) {
        PyErr_SetString(state->invalid_state, "there is no reply yet");
    }
    return self->stage == RETURNED ? 0 : -1;
}

static PyObject *
reply_result(Reply *self, PyObject *Py_UNUSED(none))
{
    return reply_raise(self) < 0 ? NULL : Py_NewRef(self->value);
}

static PyObject *
reply_exception(Reply *self, PyObject *Py_UNUSED(none))
{
    if (self->stage == RAISED) {
        return Py_NewRef(self->value);
    }
    return reply_raise(self) < 0 ? NULL : Py_NewRef(Py_None);
}

/* It is settled, alone: whoever waits goes on in the loop's next turn. */
static PyObject *
reply_set(Reply *self, char stage, PyObject *value)
{
    PyObject *callback, *context;
    State *state = PyType_GetModuleState(Py_TYPE(self));
    if (self->stage != WAITS) {
        PyErr_SetString(state->invalid_state, "there is a reply already");
        return NULL;
    }
    self->stage = stage;
    self->value = Py_NewRef(value);
    if (!reply_take(self, &callback, &context)) {
        Py_RETURN_NONE;
    }
    int asked = call_soon(state, self->loop, callback, (PyObject *)self, context);
    Py_DECREF(callback);
    Py_DECREF(context);
    return done_or_error(asked);
}

static PyObject *
reply_set_result(Reply *self, PyObject *value)
{
    return reply_set(self, RETURNED, value);
}

static PyObject *
reply_set_exception(Reply *self, PyObject *error)
{
    if (!PyExceptionInstance_Check(error)) {
        PyErr_SetString(PyExc_TypeError, "an exception is wanted");
        return NULL;
    }
    return reply_set(self, RAISED, error);
}

static PyObject *
reply_cancel(Reply *self, PyObject *args, PyObject *given)
{
    static char *names[] = {"msg", NULL};
    PyObject *message = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, given, "|O", names, &message)) {
        return NULL;
    }
    if (self->stage != WAITS) {
        Py_RETURN_FALSE;
    }
    return called(reply_set(self, CANCELLED, message)) < 0 ? NULL : Py_NewRef(Py_True);
}

/* -- what a task asks of what it waits for -- */

static PyObject *
reply_done(Reply *self, PyObject *Py_UNUSED(none))
{
    return PyBool_FromLong(self->stage != WAITS);
}

static PyObject *
reply_cancelled(Reply *self, PyObject *Py_UNUSED(none))
{
    return PyBool_FromLong(self->stage == CANCELLED);
}

static PyObject *
reply_get_loop(Reply *self, PyObject *Py_UNUSED(none))
{
    return Py_NewRef(self->loop);
}

/* `await` goes through this: itself, until it is done. */
static PySendResult
reply_step(Reply *self, PyObject *Py_UNUSED(sent), PyObject **result)
{
    *result = NULL;
    if (self->stage == WAITS && self->blocking) {
        PyErr_SetString(PyExc_RuntimeError, "await wasn't used with a reply");
        return PYGEN_ERROR;
    }
    if (self->stage == WAITS) {
        self->blocking = 1;
        *result = Py_NewRef(self);
        return PYGEN_NEXT;
    }
    if (reply_raise(self) < 0) {
        return PYGEN_ERROR;
    }
    *result = Py_NewRef(self->value);
    return PYGEN_RETURN;
}

static PyObject *
reply_next(Reply *self)
{
    PyObject *result;
    PySendResult next = reply_step(self, Py_None, &result);
    return stepped(next, result);
}

/* Whoever waits leaves: its host is to stop (D19). */
static int
reply_left(Reply *self)
{
    PyObject *lot = self->lot;
    if (lot == NULL) {
        return 0;
    }
    self->lot = NULL;
    State *state = PyType_GetModuleState(Py_TYPE(self));
    PyObject *index = PyLong_FromSsize_t(self->index);
    PyObject *args[] = {lot, index, (PyObject *)self};
    int told = index == NULL
                   ? -1
                   : called(PyObject_VectorcallMethod(state->str_give_up, args, 3, NULL));
    Py_DECREF(lot);
    Py_XDECREF(index);
    return told;
}

static PyObject *
reply_close(Reply *self, PyObject *Py_UNUSED(none))
{
    return done_or_error(reply_left(self));
}

static PyObject *
reply_throw(Reply *self, PyObject *args)
{
    PyObject *type, *error = NULL, *trace = NULL;
    if (!PyArg_ParseTuple(args, "O|OO", &type, &error, &trace)) {
        return NULL;
    }
    State *state = PyType_GetModuleState(Py_TYPE(self));
    if ((PyErr_GivenExceptionMatches(type, state->cancelled_error) ||
         PyErr_GivenExceptionMatches(type, PyExc_GeneratorExit)) &&
        reply_left(self) < 0) {
        return NULL;
    }
    if (PyExceptionInstance_Check(type)) {
        PyErr_SetObject((PyObject *)Py_TYPE(type), type);
    }
    else {
        PyErr_Restore(Py_NewRef(type), Py_XNewRef(error == Py_None ? NULL : error),
                      Py_XNewRef(trace == Py_None ? NULL : trace));
    }
    return NULL;
}

static PyMethodDef reply_methods[] = {
    {"add_done_callback", (PyCFunction)(void (*)(void))reply_add_done_callback,
     METH_FASTCALL | METH_KEYWORDS, "Call it once there is a reply; it is the only one."},
    {"cancel", (PyCFunction)(void (*)(void))reply_cancel, METH_VARARGS | METH_KEYWORDS,
     "Nobody waits any more; tells whether somebody could."},
    {"cancelled", (PyCFunction)reply_cancelled, METH_NOARGS, NULL},
    {"close", (PyCFunction)reply_close, METH_NOARGS, NULL},
    {"done", (PyCFunction)reply_done, METH_NOARGS, NULL},
    {"exception", (PyCFunction)reply_exception, METH_NOARGS, NULL},
    {"get_loop", (PyCFunction)reply_get_loop, METH_NOARGS, NULL},
    {"result", (PyCFunction)reply_result, METH_NOARGS, NULL},
    {"set_exception", (PyCFunction)reply_set_exception, METH_O, NULL},
    {"set_result", (PyCFunction)reply_set_result, METH_O, NULL},
    {"throw", (PyCFunction)reply_throw, METH_VARARGS, NULL},
    {NULL},
};

static PyMemberDef reply_members[] = {
    {"_asyncio_future_blocking", T_BOOL, offsetof(Reply, blocking)},
    {NULL},
};

static PyType_Slot reply_slots[] = {
    {Py_tp_doc, "What the caller of one of many calls awaits."},
    COLLECTED_SLOTS(reply),
    {Py_am_await, PyObject_SelfIter},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, reply_next},
    {Py_am_send, reply_step},
    {Py_tp_methods, reply_methods},
    {Py_tp_members, reply_members},
    {0, NULL},
};

SPEC(Reply, reply, "Reply", Py_TPFLAGS_DISALLOW_INSTANTIATION)
