/* What the caller of one of many calls awaits: a future, but those whose replies come together are
   woken by one handle of the loop. The twin of reply.py. */

#include "core.h"

enum { WAITS, RETURNED, RAISED, CANCELLED };

typedef struct {
    PyObject_HEAD
    PyObject *loop;
    PyObject *value;    /* the result, the error, or the message of a cancellation */
    PyObject *callback; /* of the task that waits */
    PyObject *context;  /* in which that is called */
    char stage;
    char blocking; /* a task that was given it has not said yet that it waits */
} Reply;

static int
reply_traverse(Reply *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->loop);
    Py_VISIT(self->value);
    Py_VISIT(self->callback);
    Py_VISIT(self->context);
    return 0;
}

static int
reply_clear(Reply *self)
{
    Py_CLEAR(self->loop);
    Py_CLEAR(self->value);
    Py_CLEAR(self->callback);
    Py_CLEAR(self->context);
    return 0;
}

static void
reply_dealloc(Reply *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    reply_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *
reply_made(PyObject *module, PyObject *loop)
{
    State *state = PyModule_GetState(module);
    Reply *self = PyObject_GC_New(Reply, state->reply_type);
    if (self != NULL) {
        self->loop = Py_NewRef(loop);
        self->value = self->callback = self->context = NULL;
        self->stage = WAITS;
        self->blocking = 0;
        PyObject_GC_Track(self);
    }
    return (PyObject *)self;
}

/* -- who waits -- */

/* As `loop.call_soon`; without a context in a copy of this one. */
static int
call_soon(State *state, PyObject *loop, PyObject *callback, PyObject *given, PyObject *context)
{
    PyObject *args[] = {loop, callback, given, context};
    PyObject *names = context == NULL ? NULL : PyTuple_Pack(1, state->str_context);
    PyObject *handle = context != NULL && names == NULL
                           ? NULL
                           : PyObject_VectorcallMethod(state->str_call_soon, args, 3, names);
    Py_XDECREF(names);
    Py_XDECREF(handle);
    return handle == NULL ? -1 : 0;
}

static PyObject *
reply_add_done_callback(Reply *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    if (count != 1 || names == NULL || PyTuple_GET_SIZE(names) != 1) {
        PyErr_SetString(PyExc_TypeError, "a callback and its context are wanted");
        return NULL;
    }
    if (self->stage != WAITS) {
        State *state = PyType_GetModuleState(Py_TYPE(self));
        int asked = call_soon(state, self->loop, args[0], (PyObject *)self, args[1]);
        return asked < 0 ? NULL : Py_NewRef(Py_None);
    }
    if (self->callback != NULL) {
        PyErr_SetString(PyExc_RuntimeError, "somebody waits for this reply already");
        return NULL;
    }
    self->callback = Py_NewRef(args[0]);
    self->context = Py_NewRef(args[1]);
    Py_RETURN_NONE;
}

/* Take what is to be called, if somebody waits. */
static int
reply_take(Reply *self, PyObject **callback, PyObject **context)
{
    *callback = self->callback;
    *context = self->context;
    self->callback = self->context = NULL;
    return *callback != NULL;
}

/* It is settled, alone: whoever waits goes on in the loop's next turn. */
static PyObject *
reply_settle(Reply *self, char stage, PyObject *value)
{
    PyObject *callback, *context;
    self->stage = stage;
    self->value = Py_NewRef(value);
    if (!reply_take(self, &callback, &context)) {
        Py_RETURN_NONE;
    }
    State *state = PyType_GetModuleState(Py_TYPE(self));
    int asked = call_soon(state, self->loop, callback, (PyObject *)self, context);
    Py_DECREF(callback);
    Py_DECREF(context);
    return asked < 0 ? NULL : Py_NewRef(Py_None);
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
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static int
wake_soon(PyObject *module, PyObject *replies)
{
    State *state = PyModule_GetState(module);
    PyObject *wake = PyObject_GetAttr(module, state->str_wake);
    if (wake == NULL) {
        return -1;
    }
    Reply *first = (Reply *)PyList_GET_ITEM(replies, 0);
    int asked = call_soon(state, first->loop, wake, replies, NULL);
    Py_DECREF(wake);
    return asked;
}

/* What ends the process, or a callback that is no task's, keeps none of the others from its turn. */
SELDOM static PyObject *
wake_others(PyObject *module, PyObject *replies, Py_ssize_t from)
{
    PyObject *type, *error, *trace;
    PyErr_Fetch(&type, &error, &trace);
    PyObject *rest = PyList_GetSlice(replies, from, PyList_GET_SIZE(replies));
    if (rest != NULL && PyList_GET_SIZE(rest) > 0 && wake_soon(module, rest) < 0) {
        PyErr_WriteUnraisable(rest);
    }
    Py_XDECREF(rest);
    PyErr_Restore(type, error, trace);
    return NULL;
}

static PyObject *
replies_wake(PyObject *module, PyObject *replies)
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

/* -- what it comes to -- */

/* A future of asyncio's has its value, unless it is done. */
static int
future_deliver(State *state, PyObject *future, PyObject *value)
{
    PyObject *done = PyObject_CallMethodNoArgs(future, state->str_done);
    int is_done = done == NULL ? -1 : PyObject_IsTrue(done);
    Py_XDECREF(done);
    if (is_done != 0) {
        return is_done < 0 ? -1 : 0;
    }
    PyObject *set = PyObject_CallMethodOneArg(future, state->str_set_result, value);
    Py_XDECREF(set);
    return set == NULL ? -1 : 0;
}

static int
deliver_all(State *state, PyObject *replies, PyObject *values, PyObject *waiting)
{
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(replies); i++) {
        PyObject *each = PySequence_Fast_GET_ITEM(replies, i);
        PyObject *value = PySequence_Fast_GET_ITEM(values, i);
        if (Py_TYPE(each) != state->reply_type) {
            if (future_deliver(state, each, value) < 0) {
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

static PyObject *
replies_deliver(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "replies and values are wanted");
        return NULL;
    }
    PyObject *replies = PySequence_Tuple(args[0]); /* of their own: no code may change them */
    PyObject *values = PySequence_Tuple(args[1]);
    PyObject *waiting = PyList_New(0);
    int done = replies == NULL || values == NULL || waiting == NULL ? -1 : 0;
    if (done == 0 && PyTuple_GET_SIZE(replies) != PyTuple_GET_SIZE(values)) {
        PyErr_SetString(PyExc_ValueError, "there is not a value for each reply");
        done = -1;
    }
    if (done == 0) {
        done = deliver_all(PyModule_GetState(module), replies, values, waiting);
    }
    if (done == 0 && PyList_GET_SIZE(waiting) > 0) {
        done = wake_soon(module, waiting);
    }
    Py_XDECREF(replies);
    Py_XDECREF(values);
    Py_XDECREF(waiting);
    return done < 0 ? NULL : Py_NewRef(Py_None);
}

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

static PyObject *
reply_set(Reply *self, char stage, PyObject *value)
{
    if (self->stage != WAITS) {
        State *state = PyType_GetModuleState(Py_TYPE(self));
        PyErr_SetString(state->invalid_state, "there is a reply already");
        return NULL;
    }
    return reply_settle(self, stage, value);
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
    PyObject *done = reply_settle(self, CANCELLED, message);
    Py_XDECREF(done);
    return done == NULL ? NULL : Py_NewRef(Py_True);
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

static PyObject *
reply_get_blocking(Reply *self, void *Py_UNUSED(none))
{
    return PyBool_FromLong(self->blocking);
}

static int
reply_set_blocking(Reply *self, PyObject *value, void *Py_UNUSED(none))
{
    int blocking = value == NULL ? 0 : PyObject_IsTrue(value);
    self->blocking = blocking > 0;
    return blocking < 0 ? -1 : 0;
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

static PyMethodDef reply_methods[] = {
    {"add_done_callback", (PyCFunction)(void (*)(void))reply_add_done_callback,
     METH_FASTCALL | METH_KEYWORDS, "Call it once there is a reply; it is the only one."},
    {"cancel", (PyCFunction)(void (*)(void))reply_cancel, METH_VARARGS | METH_KEYWORDS,
     "Nobody waits any more; tells whether somebody could."},
    {"cancelled", (PyCFunction)reply_cancelled, METH_NOARGS, NULL},
    {"done", (PyCFunction)reply_done, METH_NOARGS, NULL},
    {"exception", (PyCFunction)reply_exception, METH_NOARGS, NULL},
    {"get_loop", (PyCFunction)reply_get_loop, METH_NOARGS, NULL},
    {"result", (PyCFunction)reply_result, METH_NOARGS, NULL},
    {"set_exception", (PyCFunction)reply_set_exception, METH_O, NULL},
    {"set_result", (PyCFunction)reply_set_result, METH_O, NULL},
    {NULL},
};

static PyGetSetDef reply_getset[] = {
    {"_asyncio_future_blocking", (getter)reply_get_blocking, (setter)reply_set_blocking, NULL,
     NULL},
    {NULL},
};

static PyType_Slot reply_slots[] = {
    {Py_tp_doc, "What the caller of one of many calls awaits."},
    {Py_tp_traverse, reply_traverse},
    {Py_tp_clear, reply_clear},
    {Py_tp_dealloc, reply_dealloc},
    {Py_am_await, PyObject_SelfIter},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, reply_next},
    {Py_am_send, reply_step},
    {Py_tp_methods, reply_methods},
    {Py_tp_getset, reply_getset},
    {0, NULL},
};

PyType_Spec reply_spec = {
    .name = "fusionrt._core.Reply",
    .basicsize = sizeof(Reply),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = reply_slots,
};

PyMethodDef reply_functions[] = {
    {"reply", reply_made, METH_O, "One that nobody waits for yet, of a loop."},
    {"deliver", (PyCFunction)(void (*)(void))replies_deliver, METH_FASTCALL,
     "Each reply has its value, unless its caller has left; one handle wakes all who wait."},
    {"wake", replies_wake, METH_O, "Let who waits for any of these go on, in their order."},
    {NULL},
};
