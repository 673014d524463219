/* The plain end of a miss: the twin of parts of execute.py. */

#include "fields.h"

int
scope_set(State *state, PyObject *scope)
{
    return called(PyContextVar_Set(state->scope, scope));
}

int
is_cancelled(State *state, PyObject *flow)
{
    return flow == Py_None ? 0 : truth_of(PyObject_CallMethodNoArgs(flow, state->str_cancelling));
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
        run->waiters != state->nothing ||
        (run->leases != state->none && function->replicates == Py_False) ||
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

static int
settle(State *state, Computed *computed, PyObject *value)
{
    int plain = is_plain_end(state, computed);
    if (plain > 0) {
        plain = keep(state, (Function *)computed->function, computed);
    }
    if (plain > 0) {
        put(&computed->leases, ((Run *)computed->run)->leases);
        put(&computed->run, Py_None);
        put(&computed->value, value);
        put(&computed->state, state->consistent);
    }
    return plain;
}

PyObject *
core_settled(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    State *state = PyModule_GetState(module);
    if (count != 2 || computeds_check(state, args, 1, 1) < 0) {
        return NULL;
    }
    return truth_or_error(settle(state, (Computed *)args[0], args[1]));
}

int
miss_end(State *state, PyObject *object, PyObject *value)
{
    Computed *computed = (Computed *)object;
    Run *run = (Run *)computed->run;
    if (!is_a(state->run_type, computed->run) || run->disowned != Py_False) {
        return 0;
    }
    if (scope_set(state, Py_None) == 0 && is_cancelled(state, run->flow) == 0 &&
        settle(state, computed, value) > 0) {
        return 1;
    }
    PyErr_Clear(); /* Python meets it again */
    return 0;
}

void
miss_strand(State *state, PyObject *object, PyObject *run)
{
    Computed *computed = (Computed *)object;
    Function *function = (Function *)computed->function;
    if (computed->run != run) {
        return;
    }
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    scope_set(state, Py_None);
    put(&computed->run, Py_None);
    put(&computed->state, state->invalidated);
    if (function != NULL && function->table != NULL &&
        PyDict_GetItemWithError(function->table, computed->key) == object) {
        PyDict_DelItem(function->table, computed->key);
    }
    PyObject *waiters = Py_NewRef(((Run *)run)->waiters);
    for (Py_ssize_t i = 0; PyList_CheckExact(waiters) && i < PyList_GET_SIZE(waiters); i++) {
        PyObject *waiter = PyList_GET_ITEM(waiters, i);
        PyObject *done = PyObject_CallMethodNoArgs(waiter, state->str_done);
        if (done == Py_False) {
            Py_XDECREF(PyObject_CallMethodOneArg(waiter, state->str_set_result, Py_None));
        }
        Py_XDECREF(done);
    }
    Py_DECREF(waiters);
    PyErr_Clear();
    PyErr_Restore(type, error, traceback);
}
