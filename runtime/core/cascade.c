/* The marking of a cascade (G5, G7, G8): the twin of invalidate.py. */

#include "fields.h"

/* What follows from one computed: a list, or the keys of a dict. */
typedef struct {
    PyObject *computeds;
    PyObject *cause;
} Batch;

/* What is marked, batch after batch: a worklist, so that depth does not matter (G35). It keeps all of
   them until the end: a value may end in code of its own, and that sees no half-marked closure
   either (G15b). */
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
    PyObject *told;
    PyObject *flagged;
    Py_ssize_t count;
    PyObject *whole; /* the function that was checked last; the worklist holds its computed */
    PyObject *quiet; /* a graph in which nobody looks */
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

/* From the last to the first: each is the cause of what follows from it. */
static void
let_go(Worklist *work)
{
    while (work->size > 0) {
        Batch batch = work->items[--work->size];
        Py_DECREF(batch.computeds);
        Py_DECREF(batch.cause);
    }
    PyMem_Free(work->items);
}

/* The next of a batch, a new reference; NULL at its end, or with an error. */
static inline PyObject *
next_of(State *state, Batch batch, Py_ssize_t *place)
{
    PyObject *computed = NULL, *none;
    if (PyDict_CheckExact(batch.computeds)) {
        PyDict_Next(batch.computeds, place, &computed, &none);
    }
    else if (*place < PyList_GET_SIZE(batch.computeds)) {
        computed = PyList_GET_ITEM(batch.computeds, (*place)++);
    }
    return computed == NULL || computeds_check(state, &computed, 1, 1) < 0 ? NULL
                                                                         : Py_NewRef(computed);
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

/* What follows is marked later. */
static inline int
follow(Cascade *cascade, PyObject *following, Computed *computed)
{
    int is_dict = PyDict_CheckExact(following);
    if (!is_dict && !PyList_CheckExact(following)) {
        PyErr_SetString(PyExc_TypeError, "a list is wanted");
        return -1;
    }
    Py_ssize_t size = is_dict ? PyDict_GET_SIZE(following) : PyList_GET_SIZE(following);
    return size == 0 ? 0 : push(&cascade->work, following, (PyObject *)computed);
}

/* Whether nobody wants to know of it (G14). */
static inline int
is_nobodys(State *state, Cascade *cascade, Computed *computed)
{
    PyObject *graph = ((Function *)computed->function)->graph;
    if (graph != cascade->quiet) {
        int quiet = is_quiet(state, graph);
        if (quiet <= 0) {
            return quiet;
        }
        cascade->quiet = graph;
    }
    return IS_NONE(computed->handlers);
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
    int done = -1;
    if (following != NULL && computed_forget(state, computed) == 0 &&
        computed_part(state, computed) == 0) {
        put(&computed->dependants, state->none);
        cascade->count++;
        int quiet = is_nobodys(state, cascade, computed);
        done = quiet == 0 ? PyList_Append(cascade->told, (PyObject *)computed) : quiet > 0 ? 0 : -1;
    }
    if (done == 0) {
        done = follow(cascade, following, computed);
    }
    Py_XDECREF(following);
    return done;
}

/* What is Computing is flagged, and whoever waits for it (G5c). */
static int
flag(State *state, Cascade *cascade, Computed *computed, PyObject *cause)
{
    if (PyList_Append(cascade->flagged, (PyObject *)computed) < 0) {
        return -1;
    }
    PyObject *waiting =
        PyObject_CallFunctionObjArgs(state->flag, computed, cascade->origin, cause, NULL);
    int done = waiting == NULL ? -1 : follow(cascade, waiting, computed);
    Py_XDECREF(waiting);
    return done;
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
    for (Py_ssize_t i = 0; i < cascade->work.size; i++) {
        Batch batch = cascade->work.items[i];
        Py_ssize_t place = 0;
        PyObject *computed;
        int done = 0;
        while (done == 0 && (computed = next_of(state, batch, &place)) != NULL) {
            done = step(state, cascade, (Computed *)computed, batch.cause);
            Py_DECREF(computed);
        }
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
    if (count != 7 || !PyList_CheckExact(args[0]) || !PyList_CheckExact(args[5]) ||
        !PyList_CheckExact(args[6])) {
        PyErr_SetString(PyExc_TypeError,
                        "spread(computeds, origin, cause, due, at_once, told, flagged)");
        return NULL;
    }
    Cascade cascade = {
        .origin = args[1], .exempt = args[3], .told = args[5], .flagged = args[6]};
    cascade.at_once = PyObject_IsTrue(args[4]);
    int done = cascade.at_once < 0 ? -1 : push(&cascade.work, args[0], args[2]);
    if (done == 0) {
        done = spread(state, &cascade);
    }
    let_go(&cascade.work);
    return done < 0 ? NULL : PyLong_FromSsize_t(cascade.count);
}
