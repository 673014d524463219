/* What reply.c, deliver.c and lot.c know of a reply. */

#ifndef FUSIONRT_REPLY_H
#define FUSIONRT_REPLY_H

#include "collected.h"

/* Where a reply stands. */
enum { WAITS, RETURNED, RAISED, CANCELLED };

/* The value is the result, the error, or the message of a cancellation; the callback that of the task
   that waits, in its context; the lot is told if whoever waits leaves. */
#define REPLY_FIELDS(FIELD, T)                                                                     \
    FIELD(T, loop)                                                                                 \
    FIELD(T, value)                                                                                \
    FIELD(T, callback)                                                                             \
    FIELD(T, context)                                                                              \
    FIELD(T, lot)

typedef struct {
    PyObject_HEAD
    REPLY_FIELDS(AS_FIELD, Reply)
    Py_ssize_t index;   /* its place there */
    char stage;
    char blocking; /* a task that was given it has not said yet that it waits */
} Reply;

/* reply.c: one that nobody waits for yet. */
PyObject *reply_new(State *state, PyObject *loop, PyObject *lot, Py_ssize_t index);

/* reply.c: take what is to be called, if somebody waits. */
int reply_take(Reply *self, PyObject **callback, PyObject **context);

/* deliver.c: as `loop.call_soon`; without a context in a copy of this one. */
int call_soon(State *state, PyObject *loop, PyObject *callback, PyObject *given,
              PyObject *context);

#endif
