/* The plain beginning of a miss: the twins of parts of fetch_cold.py and execute.py. */

#include "call.h"
#include "fields.h"

static PyObject *
make(State *state, PyObject *function, PyObject *key, PyObject *arguments, int depth,
     PyObject *flow)
{
    PyTypeObject *computed_class = (PyTypeObject *)state->computed_class;
    PyTypeObject *run_class = (PyTypeObject *)state->run_class;
    if (computed_class == NULL || run_class == NULL ||
        !PyType_IsSubtype(computed_class, state->computed_type) ||
        !PyType_IsSubtype(run_class, state->run_type)) {
        PyErr_SetString(PyExc_TypeError, "the core has not got its classes");
        return NULL;
    }
    Run *run = (Run *)run_class->tp_alloc(run_class, 0);
    if (run == NULL) {
        return NULL;
    }
    run_fill(state, run, depth, flow);
    Computed *computed = (Computed *)computed_class->tp_alloc(computed_class, 0);
    if (computed != NULL) {
        computed_fill(state, computed, function, key, arguments, (PyObject *)run);
    }
    Py_DECREF(run);
    return (PyObject *)computed;
}

PyObject *
core_begun(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    State *state = PyModule_GetState(module);
    if (count != 5 || !is_a(state->function_type, args[0])) {
        PyErr_SetString(PyExc_TypeError, "begun(function, key, arguments, depth, flow)");
        return NULL;
    }
    int depth = (int)PyLong_AsLong(args[3]);
    if (depth == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return make(state, args[0], args[1], args[2], depth, args[4]);
}

/* One more of a count, which may be another object's. */
static int
count_one(PyObject *counts, PyObject *name)
{
    PyObject *one = PyLong_FromLong(1);
    PyObject *before = one == NULL ? NULL : PyObject_GetAttr(counts, name);
    PyObject *after = before == NULL ? NULL : PyNumber_Add(before, one);
    int done = after == NULL ? -1 : PyObject_SetAttr(counts, name, after);
    Py_XDECREF(one);
    Py_XDECREF(before);
    Py_XDECREF(after);
    return done;
}

/* Whether an attribute is true, of an object or its kind; -1: an error. */
static int
is_true(PyObject *object, PyObject *name)
{
    return truth_of(PyObject_GetAttr(object, name));
}

/* The body begins, and is the scope of what runs from now on. */
static int
enter(State *state, PyObject *computed)
{
    Function *function = (Function *)((Computed *)computed)->function;
    int counted = is_true((PyObject *)function, state->str_runs_bodies);
    if (counted < 0 || (counted > 0 && count_one(function->counts, state->str_bodies) < 0)) {
        return -1;
    }
    return scope_set(state, computed);
}

PyObject *
core_enter(PyObject *module, PyObject *object)
{
    State *state = PyModule_GetState(module);
    int entered = computeds_check(state, &object, 1, 1) < 0 ? -1 : enter(state, object);
    return done_or_error(entered);
}

/* -- a call that nobody's body makes, of a key that is not there: the core runs the body itself -- */

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

/* Whether nothing is special about a function now, nor about where its call is made. */
static int
is_plain(State *state, Function *function)
{
    if (function->disposed != Py_False || function->apart != Py_False ||
        function->replicates != Py_False || function->weak != state->none_held ||
        !PyDict_CheckExact(function->table) || !PyDict_CheckExact(function->indexes) ||
        PyDict_GET_SIZE(function->indexes) != 0) {
        return 0;
    }
    PyObject *scope;
    if (PyContextVar_Get(state->scope, NULL, &scope) < 0) {
        return -1;
    }
    int alone = scope == Py_None;
    Py_DECREF(scope);
    int ended = alone ? is_true(function->graph, state->str_ended) : 1;
    if (ended != 0) {
        return ended < 0 ? -1 : 0;
    }
    PyObject *home = PyObject_GetAttr(function->graph, state->str_home);
    int here = home == NULL ? -1 : is_at_home(state, home);
    Py_XDECREF(home);
    return here > 0 ? is_quiet(state, function->graph) : here;
}

/* The function that a call is of, if its arguments are keys as they are, a new reference; NULL without
   an error if not. */
static Function *
function_of(State *state, Call *call)
{
    PyObject *binding = PyObject_GetAttr(call->self, state->str__fusion);
    PyObject *plain = binding == NULL ? NULL : PyObject_GetAttr(binding, state->str_plain);
    PyObject *entry = NULL;
    if (plain != NULL && PyDict_CheckExact(plain)) {
        entry = PyDict_GetItemWithError(plain, call->method->name);
    }
    Function *function = NULL;
    if (entry != NULL && PyTuple_CheckExact(entry) && PyTuple_GET_SIZE(entry) == 2 &&
        is_a(state->function_type, PyTuple_GET_ITEM(entry, 0)) &&
        PyTuple_CheckExact(PyTuple_GET_ITEM(entry, 1))) {
        function = (Function *)PyTuple_GET_ITEM(entry, 0);
        PyObject *exact = PyTuple_GET_ITEM(entry, 1);
        int one = call->method->positional == 1;
        for (Py_ssize_t i = 0; function != NULL && i < PyTuple_GET_SIZE(exact); i++) {
            PyObject *argument = one ? call->key : PyTuple_GET_ITEM(call->key, i);
            if (PySequence_Contains(PyTuple_GET_ITEM(exact, i), (PyObject *)Py_TYPE(argument)) !=
                1) {
                function = NULL;
            }
        }
    }
    Py_XINCREF(function);
    Py_XDECREF(plain);
    Py_XDECREF(binding);
    return function;
}

/* A computed that is found by its key from now on (G4), with its run. */
static Computed *
found_from_now(State *state, Call *call, Function *function)
{
    PyObject *loop = PyObject_GetAttr(function->graph, state->str_loop);
    PyObject *flow = loop == NULL ? NULL : PyObject_CallOneArg(state->current_task, loop);
    Py_XDECREF(loop);
    if (flow == NULL || is_cancelled(state, flow) != 0) {
        Py_XDECREF(flow);
        return NULL;
    }
    PyObject *arguments = call_arguments(call);
    Computed *computed = NULL;
    if (arguments != NULL) {
        computed = (Computed *)make(state, (PyObject *)function, call->key, arguments, 0, flow);
        Py_DECREF(arguments);
    }
    Py_DECREF(flow);
    if (computed != NULL &&
        (count_one(function->counts, state->str_misses) < 0 ||
         PyDict_SetItem(function->table, call->key, (PyObject *)computed) < 0)) {
        Py_CLEAR(computed);
    }
    return computed;
}

/* What the body is awaited through; NULL with an error. */
static PyObject *
body_of(State *state, Function *function, PyObject *arguments)
{
    PyObject *body = PyObject_Call(function->body, arguments, NULL);
    if (body == NULL || PyCoro_CheckExact(body)) {
        return body;
    }
    PyObject *awaited = PyObject_CallMethodNoArgs(body, state->str___await__);
    Py_DECREF(body);
    return awaited;
}

int
miss_begin(Call *call)
{
    State *state = call->method->state;
    Function *function = function_of(state, call);
    if (function == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    Computed *computed = NULL;
    if (is_plain(state, function) > 0 &&
        PyDict_GetItemWithError(function->table, call->key) == NULL && !PyErr_Occurred()) {
        computed = found_from_now(state, call, function);
    }
    if (computed == NULL) {
        Py_DECREF(function);
        return PyErr_Occurred() ? -1 : 0;
    }
    call->computed = (PyObject *)computed;
    call->run = Py_NewRef(computed->run);
    call->stage = BODY;
    if (enter(state, (PyObject *)computed) == 0) {
        call->inner = body_of(state, function, computed->arguments);
    }
    Py_DECREF(function);
    return 1; /* without an `inner`, with an error: that is how the body ended */
}
