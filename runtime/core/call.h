/* What the files of a call share: call.c, step.c, coroutine.c. */

#ifndef FUSIONRT_CALL_H
#define FUSIONRT_CALL_H

#include "core.h"

/* call.c */
int call_traverse(Call *call, visitproc visit, void *arg);
int call_clear(Call *call);
void call_finalize(Call *call);
void call_dealloc(Call *call);
void call_end(Call *call);
int call_check(Call *call);
int call_unfold(Call *call);
PyObject *call_arguments(Call *call);

/* step.c */
PySendResult call_step(Call *call, PyObject *sent, PyObject **result);
PySendResult call_after(Call *call, PySendResult next, PyObject **result);
int call_abandon(Call *call);
PyObject *raised(void);

#endif
