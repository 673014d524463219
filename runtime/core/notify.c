/* Who is told of a cascade (G14), once it is marked (G15b): the twin of the rest of invalidate.py. */

#include "fields.h"

int
is_quiet(State *state, PyObject *graph)
{
    PyObject *events = PyObject_GetAttr(graph, state->str_events);
    PyObject *handlers = events == NULL ? NULL : PyObject_GetAttr(events, state->str_handlers);
    int quiet = handlers == NULL ? -1 : PyObject_Not(handlers);
    Py_XDECREF(events);
    Py_XDECREF(handlers);
    return quiet;
}

static PyObject *
cascade_notify(PyObject *module, PyObject *computeds)
{
    State *state = PyModule_GetState(module);
    PyObject *marked = PySequence_Fast(computeds, "computeds are wanted");
    if (marked == NULL) {
        return NULL;
    }
    PyObject *graph = NULL; /* in which nobody looks: only what is told can change that */
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(marked); i++) {
        PyObject *each = PySequence_Fast_GET_ITEM(marked, i);
        if (computeds_check(state, &each, 1, 1) < 0) {
            goto failed;
        }
        Computed *computed = (Computed *)each;
        PyObject *own = ((Function *)computed->function)->graph;
        if (computed->state == state->invalidated && IS_NONE(computed->handlers)) {
            int quiet = own == graph ? 1 : is_quiet(state, own);
            if (quiet < 0) {
                goto failed;
            }
            if (quiet) {
                graph = own;
                continue;
            }
        }
        graph = NULL;
        Py_INCREF(each);
        PyObject *told = PyObject_CallOneArg(state->tell, each);
        Py_DECREF(each);
        if (told == NULL) {
            goto failed;
        }
        Py_DECREF(told);
    }
    Py_DECREF(marked);
    Py_RETURN_NONE;
failed:
    Py_DECREF(marked);
    return NULL;
}

PyMethodDef notify_functions[] = {
    {"notify", cascade_notify, METH_O,
     "Tell the handlers of Invalidated computeds, each exactly once (G14), and of flagged ones."},
    {NULL},
};
