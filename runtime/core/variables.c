/* What holds the context variables that the running code sees: the twin of `variables`. */

#include "core.h"

/* A context refers to the one that it was entered from, then to its variables. */
static int
keep_last(PyObject *each, void *last)
{
    *(PyObject **)last = each;
    return 0;
}

PyObject *
core_variables(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(none))
{
    PyObject *context = PyThreadState_Get()->context;
    PyObject *found = NULL;
    if (context != NULL) {
        Py_TYPE(context)->tp_traverse(context, keep_last, &found);
    }
    return Py_NewRef(found == NULL ? Py_None : found);
}
