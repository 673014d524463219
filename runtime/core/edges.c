/* Edges between computeds (G9, G10): the twin of edges.py. */

#include "fields.h"

int
edge_make(State *state, Computed *dependant, Computed *dependency)
{
    if (dependency->state == state->invalidated) {
        return 0;
    }
    if (dependency->dependants == NULL || !PyDict_CheckExact(dependency->dependants) ||
        dependant->dependencies == NULL || !PyList_CheckExact(dependant->dependencies)) {
        return 0;
    }
    int there = PyDict_Contains(dependency->dependants, (PyObject *)dependant);
    if (there != 0) {
        return there;
    }
    if (((Function *)dependant->function)->graph != ((Function *)dependency->function)->graph) {
        return 0;
    }
    if (dependency->dependants == state->none) {
        PyObject *dependants = PyDict_New();
        if (dependants == NULL) {
            return -1;
        }
        Py_SETREF(dependency->dependants, dependants);
        if (is_a(state->hit_type, dependency->hit)) {
            put(&((Hit *)dependency->hit)->dependants, dependants);
        }
    }
    if (PyDict_SetItem(dependency->dependants, (PyObject *)dependant, Py_None) < 0) {
        return -1;
    }
    if (dependant->dependencies != state->nothing) {
        return PyList_Append(dependant->dependencies, (PyObject *)dependency) < 0 ? -1 : 1;
    }
    PyObject *dependencies = PyList_New(1); /* most have one, and no room for more */
    if (dependencies == NULL) {
        return -1;
    }
    PyList_SET_ITEM(dependencies, 0, Py_NewRef(dependency));
    Py_SETREF(dependant->dependencies, dependencies);
    return 1;
}

PyObject *
core_linked(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    State *state = PyModule_GetState(module);
    if (computeds_check(state, args, count, 2) < 0) {
        return NULL;
    }
    return truth_or_error(edge_make(state, (Computed *)args[0], (Computed *)args[1]));
}
