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

PyObject *
core_notify(PyObject *module, PyObject *computeds)
{
    State *state = PyModule_GetState(module);
    PyObject *marked = PySequence_Fast(computeds, "computeds are wanted");
    if (marked == NULL) {
        return NULL;
    }
    PyObject *graph = NULL; /* in which nobody looks: only what is told can change that */
    int done = 0;
    for (Py_ssize_t i = 0; done == 0 && i < PySequence_Fast_GET_SIZE(marked); i++) {
        PyObject *each = PySequence_Fast_GET_ITEM(marked, i);
        Computed *computed = (Computed *)each;
        int quiet = computeds_check(state, &each, 1, 1);
        if (quiet == 0 && computed->state == state->invalidated && IS_NONE(computed->handlers)) {
            PyObject *own = ((Function *)computed->function)->graph;
            quiet = own == graph ? 1 : is_quiet(state, own);
            graph = own;
        }
        if (quiet != 0) {
            done = quiet < 0 ? -1 : 0;
            continue;
        }
        graph = NULL;
        Py_INCREF(each);
        done = called(PyObject_CallOneArg(state->tell, each));
        Py_DECREF(each);
    }
    Py_DECREF(marked);
    return done_or_error(done);
}
