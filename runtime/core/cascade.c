/* The marking of a cascade (G5, G7, G8): the twin of invalidate.py. */

#include "fields.h"

/* What follows from one computed: a list, or the keys of a dict. */
typedef struct {
    PyObject *computeds;
    PyObject *cause;
} Batch;

/* What is still to be marked: a worklist, so that depth does not matter (G35). */
typedef struct {
    Batch *items;
    Py_ssize_t size;
    Py_ssize_t room;
} Worklist;

/* What a cascade is about. */
typedef struct {
    Worklist work;
    PyObject *origin;
    PyObject *exempt;
    int at_once;
    PyObject *marked;
    PyObject *flagged;
    PyObject *whole; /* the function that was checked last; `marked` holds its computed */
} Cascade;

static int
push(Worklist *work, PyObject *computeds, PyObject *cause)
{
    if (work->size == work->room) {
        Py_ssize_t room = work->room == 0 ? 16 : work->room * 2;
        Batch *items = PyMem_Realloc(work->items, (size_t)room * sizeof(Batch));
        if (items == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        work->items = items;
        work->room = room;
    }
    Batch *batch = &work->items[work->size++];
    batch->computeds = Py_NewRef(computeds);
    batch->cause = Py_NewRef(cause);
    return 0;
}

static void
drop(Batch batch)
{
    Py_DECREF(batch.computeds);
    Py_DECREF(batch.cause);
}

/* The next of a batch, a new reference; NULL at its end, or with an error. */
static PyObject *
next_of(State *state, Batch batch, Py_ssize_t *place)
{
    PyObject *computed = NULL, *none;
    if (PyDict_CheckExact(batch.computeds)) {
        PyDict_Next(batch.computeds, place, &computed, &none);
    }
    else if (*place < PyList_GET_SIZE(batch.computeds)) {
        computed = PyList_GET_ITEM(batch.computeds, (*place)++);
    }
    return computed != NULL && computeds_check(state, &computed, 1, 1) < 0 ? NULL
                                                                         : Py_XNewRef(computed);
}

/* Whether a function's fields are what C takes them for: a mistake in Python is an error, and no
   crash. */
static int
is_whole(State *state, Function *function)
{
    return function != NULL && function->table != NULL && PyDict_CheckExact(function->table) &&
           function->indexes != NULL && PyDict_CheckExact(function->indexes) &&
           (IS_NONE(function->hot) || Py_IS_TYPE(function->hot, state->hot_table_type)) &&
           is_a(state->sieve_type, function->kept) && is_a(state->counts_type, function->counts) &&
           is_a(state->room_type, ((Sieve *)function->kept)->room);
}

static inline int
is_place(State *state, PyObject *object)
{
    return object != NULL && ((PyObject *)Py_TYPE(object) == state->computed_class ||
                              is_a(state->place_type, object));
}

/* The same of a computed. Of a cascade's many the function is mostly that of the last one. */
static int
check(State *state, Cascade *cascade, Computed *computed)
{
    PyObject *newer = computed->place.newer, *older = computed->place.older;
    if ((computed->function != cascade->whole &&
         !is_whole(state, (Function *)computed->function)) ||
        !(IS_NONE(newer) || (is_place(state, newer) && is_place(state, older))) ||
        !(IS_NONE(computed->hit) || Py_IS_TYPE(computed->hit, state->hit_type)) ||
        !PyDict_CheckExact(computed->dependants) || !PyList_CheckExact(computed->dependencies)) {
        PyErr_SetString(PyExc_TypeError, "a computed or its function is not whole");
        return -1;
    }
    cascade->whole = computed->function;
    return 0;
}

/* What follows goes on the worklist, and is let go of. */
static int
follow(Cascade *cascade, PyObject *following, Computed *computed)
{
    int done = -1;
    if (following != NULL && !PyDict_CheckExact(following) && !PyList_CheckExact(following)) {
        PyErr_SetString(PyExc_TypeError, "a list is wanted");
    }
    else if (following != NULL) {
        done = PyObject_Size(following) == 0
                   ? 0
                   : push(&cascade->work, following, (PyObject *)computed);
    }
    Py_XDECREF(following);
    return done;
}

/* Consistent → Invalidated. */
static int
invalidate(State *state, Cascade *cascade, Computed *computed, PyObject *cause)
{
    put(&computed->state, state->invalidated);
    put(&computed->origin, cascade->origin);
    put(&computed->cause, cause);
    PyObject *following = IS_NONE(computed->weak_dependants)
                              ? Py_NewRef(computed->dependants)
                              : PyObject_CallOneArg(state->following, (PyObject *)computed);
    if (following == NULL || computed_forget(state, computed) < 0 ||
        computed_part(state, computed) < 0) {
        Py_XDECREF(following);
        return -1;
    }
    put(&computed->dependants, state->none);
    if (PyList_Append(cascade->marked, (PyObject *)computed) < 0) {
        Py_DECREF(following);
        return -1;
    }
    return follow(cascade, following, computed);
}

/* What is Computing is flagged, and whoever waits for it (G5c). */
static int
flag(State *state, Cascade *cascade, Computed *computed, PyObject *cause)
{
    if (PyList_Append(cascade->flagged, (PyObject *)computed) < 0) {
        return -1;
    }
    return follow(cascade,
                  PyObject_CallFunctionObjArgs(state->flag, computed, cascade->origin, cause, NULL),
                  computed);
}

static inline int
is_delayed(Function *function)
{
    PyObject *delay = function->delay;
    return delay != NULL && (PyFloat_CheckExact(delay) ? PyFloat_AS_DOUBLE(delay) != 0
                                                       : PyObject_IsTrue(delay) > 0);
}

static int
step(State *state, Cascade *cascade, Computed *computed, PyObject *cause)
{
    if (computed->state == state->consistent) {
        if (check(state, cascade, computed) < 0) {
            return -1;
        }
        if (is_delayed((Function *)computed->function) && !cascade->at_once &&
            (PyObject *)computed != cascade->exempt) {
            return called(PyObject_CallFunctionObjArgs(state->postpone, computed, cascade->origin,
                                                       NULL));
        }
        return invalidate(state, cascade, computed, cause);
    }
    return computed->state == state->computing && IS_NONE(computed->origin)
               ? flag(state, cascade, computed, cause)
               : 0;
}

static int
spread(State *state, Cascade *cascade)
{
    while (cascade->work.size > 0) {
        Batch batch = cascade->work.items[--cascade->work.size];
        Py_ssize_t place = 0;
        PyObject *computed;
        int done = 0;
        while (done == 0 && (computed = next_of(state, batch, &place)) != NULL) {
            done = step(state, cascade, (Computed *)computed, batch.cause);
            Py_DECREF(computed);
        }
        drop(batch);
        if (done < 0 || PyErr_Occurred()) {
            return -1;
        }
    }
    return 0;
}

PyObject *
core_spread(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    State *state = PyModule_GetState(module);
    if (count != 6 || !PyList_CheckExact(args[0]) || !PyList_CheckExact(args[5])) {
        PyErr_SetString(PyExc_TypeError,
                        "spread(computeds, origin, cause, due, at_once, flagged)");
        return NULL;
    }
    Cascade cascade = {.origin = args[1], .exempt = args[3], .flagged = args[5]};
    cascade.at_once = PyObject_IsTrue(args[4]);
    cascade.marked = cascade.at_once < 0 ? NULL : PyList_New(0);
    if (cascade.marked == NULL) {
        return NULL;
    }
    if (push(&cascade.work, args[0], args[2]) < 0 || spread(state, &cascade) < 0) {
        Py_CLEAR(cascade.marked);
    }
    while (cascade.work.size > 0) {
        drop(cascade.work.items[--cascade.work.size]);
    }
    PyMem_Free(cascade.work.items);
    return cascade.marked;
}
