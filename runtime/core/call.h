/* What the files of a call share: call.c, step.c, coroutine.c; and what each call passes. */

#ifndef FUSIONRT_CALL_H
#define FUSIONRT_CALL_H

#include "collected.h"

/* call.c */
void call_finalize(Call *call);
void call_dealloc(Call *call);
int call_check(Call *call);
int call_unfold(Call *call);
PyObject *call_arguments(Call *call);

/* step.c */
PySendResult call_step(Call *call, PyObject *sent, PyObject **result);
PySendResult call_after(Call *call, PySendResult next, PyObject **result);
int call_abandon(Call *call);
PyObject *raised(void);

#define CALL_FIELDS(FIELD, T)                                                                      \
    FIELD(T, self)                                                                                 \
    FIELD(T, key)                                                                                  \
    FIELD(T, inner)                                                                                \
    FIELD(T, computed)                                                                             \
    FIELD(T, run)

static inline PyObject *
call_new(Method *method, PyObject *self, PyObject *key)
{
    State *state = method->state;
    Call *call = state->spares == 0 ? NULL : state->spare[state->spares - 1];
    int renewed = call != NULL && Py_REFCNT(call) == 1; /* else a debugger looks at it */
    if (renewed) {
        state->spares--;
    }
    else {
        call = PyObject_GC_New(Call, state->call_type);
        if (call == NULL) {
            Py_DECREF(key);
            return NULL;
        }
        call->inner = call->computed = call->run = call->weakrefs = NULL;
        call->finalized = 0;
    }
    call->method = (Method *)Py_NewRef(method);
    call->self = Py_NewRef(self);
    call->key = key;
    call->stage = FRESH;
    if (!renewed) {
        PyObject_GC_Track(call);
    }
    return (PyObject *)call;
}

static inline void
call_drop(Call *self)
{
    CALL_FIELDS(AS_CLEAR, Call)
}

/* One that had not begun has ended, and keeps nothing alive (G31). */
static inline void
call_answered(Call *call)
{
    call->stage = ENDED;
    Py_CLEAR(call->self);
    Py_CLEAR(call->key);
}

/* The same of any. */
static inline void
call_end(Call *call)
{
    call->stage = ENDED;
    call_drop(call);
}

#endif
