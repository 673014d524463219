/* The plain steps of a miss: the twins of parts of fetch_cold.py and execute.py. */

#include "fields.h"

static PyObject *
miss_begun(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    State *state = PyModule_GetState(module);
    PyTypeObject *computed_class = (PyTypeObject *)state->computed_class;
    PyTypeObject *run_class = (PyTypeObject *)state->run_class;
    if (count != 5 || !is_a(state->function_type, args[0]) || computed_class == NULL ||
        run_class == NULL || !PyType_IsSubtype(computed_class, state->computed_type) ||
        !PyType_IsSubtype(run_class, state->run_type)) {
        PyErr_SetString(PyExc_TypeError, "begun(function, key, arguments, depth, flow)");
        return NULL;
    }
    int depth = (int)PyLong_AsLong(args[3]);
    if (depth == -1 && PyErr_Occurred()) {
        return NULL;
    }
    Run *run = (Run *)run_class->tp_alloc(run_class, 0);
    if (run == NULL) {
        return NULL;
    }
    run_fill(state, run, depth, args[4]);
    Computed *computed = (Computed *)computed_class->tp_alloc(computed_class, 0);
    if (computed != NULL) {
        computed_fill(state, computed, args[0], args[1], args[2], (PyObject *)run);
    }
    Py_DECREF(run);
    return (PyObject *)computed;
}

/* Keep it, the newest, if there is room: as `Sieve.add`. 1: it is kept; 0: more has to be done. */
static int
keep(State *state, Function *function, Computed *computed)
{
    Sieve *kept = (Sieve *)function->kept;
    if (!is_a(state->sieve_type, function->kept) || !is_a(state->room_type, kept->room) ||
        !is_a(state->place_type, kept->end) || kept->min_cached != Py_False) {
        return 0;
    }
    Room *room = (Room *)kept->room;
    Place *end = (Place *)kept->end;
    if (room->size >= room->limit || !is_a(state->place_type, end->older)) {
        return 0;
    }
    Place *newest = (Place *)end->older;
    put(&computed->place.older, (PyObject *)newest);
    put(&computed->place.newer, (PyObject *)end);
    put(&newest->newer, (PyObject *)computed);
    put(&end->older, (PyObject *)computed);
    kept->size++;
    room->size++;
    return 1;
}

/* Whether the end of a body is nobody's news, and its result depends on no lease. */
static int
is_plain_end(State *state, Computed *computed)
{
    Function *function = (Function *)computed->function;
    Run *run = (Run *)computed->run;
    if (!is_a(state->run_type, computed->run) || computed->origin != Py_None ||
        run->awaited != Py_None || run->reader != Py_None || run->waits != state->none ||
        run->waiters != state->nothing || run->leases != state->none ||
        run->lifetime < Py_HUGE_VAL || !PyList_CheckExact(computed->dependencies)) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(computed->dependencies); i++) {
        PyObject *each = PyList_GET_ITEM(computed->dependencies, i);
        if (!is_computed(state, each) || ((Computed *)each)->leases != state->none) {
            return 0;
        }
    }
    PyObject *limit = function->options == NULL
                          ? NULL
                          : PyObject_GetAttr(function->options, state->str_auto_invalidate);
    Py_XDECREF(limit);
    if (limit == NULL) {
        return -1;
    }
    return limit == Py_None ? is_quiet(state, function->graph) : 0;
}

static PyObject *
miss_settled(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    State *state = PyModule_GetState(module);
    if (count != 2 || computeds_check(state, args, 1, 1) < 0) {
        return NULL;
    }
    Computed *computed = (Computed *)args[0];
    int plain = is_plain_end(state, computed);
    if (plain > 0) {
        plain = keep(state, (Function *)computed->function, computed);
    }
    if (plain > 0) {
        put(&computed->run, Py_None);
        put(&computed->value, args[1]);
        put(&computed->state, state->consistent);
    }
    return plain < 0 ? NULL : PyBool_FromLong(plain);
}

/* One more of a count, which may be another object's. */
static int
count_body(State *state, PyObject *counts)
{
    PyObject *one = PyLong_FromLong(1);
    PyObject *before = one == NULL ? NULL : PyObject_GetAttr(counts, state->str_bodies);
    PyObject *after = before == NULL ? NULL : PyNumber_Add(before, one);
    int done = after == NULL ? -1 : PyObject_SetAttr(counts, state->str_bodies, after);
    Py_XDECREF(one);
    Py_XDECREF(before);
    Py_XDECREF(after);
    return done;
}

static PyObject *
miss_entered(PyObject *module, PyObject *object)
{
    State *state = PyModule_GetState(module);
    if (computeds_check(state, &object, 1, 1) < 0) {
        return NULL;
    }
    Function *function = (Function *)((Computed *)object)->function;
    int quiet = is_quiet(state, function->graph);
    if (quiet <= 0) {
        return quiet < 0 ? NULL : Py_NewRef(Py_False);
    }
    PyObject *runs = PyObject_GetAttr((PyObject *)function, state->str_runs_bodies);
    int counted = runs == NULL ? -1 : PyObject_IsTrue(runs);
    Py_XDECREF(runs);
    if (counted < 0 || (counted > 0 && count_body(state, function->counts) < 0)) {
        return NULL;
    }
    PyObject *token = PyContextVar_Set(state->scope, object);
    Py_XDECREF(token);
    return token == NULL ? NULL : Py_NewRef(Py_True);
}

PyMethodDef miss_functions[] = {
    {"entered", miss_entered, METH_O,
     "The body begins, if nobody looks; tells whether it has."},
    {"begun", (PyCFunction)(void (*)(void))miss_begun, METH_FASTCALL, "A computed with a run."},
    {"settled", (PyCFunction)(void (*)(void))miss_settled, METH_FASTCALL,
     "Computing to Consistent, if no more is to be done about it than that; tells whether it was."},
    {NULL},
};
