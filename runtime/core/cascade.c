/* The marking of a cascade (G5, G7, G8): the twin of invalidate.py. */

#include "fields.h"

typedef struct {
    Computed *computed;
    PyObject *cause;
} Due;

/* What is still to be marked: a worklist, so that depth does not matter (G35). */
typedef struct {
    Due *items;
    Py_ssize_t size;
    Py_ssize_t room;
    PyObject *whole; /* the function that was checked last; `marked` holds its computed */
} Worklist;

static int
push(Worklist *work, PyObject *computed, PyObject *cause)
{
    if (work->size == work->room) {
        Py_ssize_t room = work->room == 0 ? 16 : work->room * 2;
        Due *items = PyMem_Realloc(work->items, (size_t)room * sizeof(Due));
        if (items == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        work->items = items;
        work->room = room;
    }
    Due *due = &work->items[work->size++];
    due->computed = (Computed *)Py_NewRef(computed);
    due->cause = Py_NewRef(cause);
    return 0;
}

/* Each of a list or of the keys of a dict. */
static int
push_all(State *state, Worklist *work, PyObject *computeds, PyObject *cause)
{
    if (PyDict_CheckExact(computeds)) {
        PyObject *computed, *none;
        Py_ssize_t place = 0;
        while (PyDict_Next(computeds, &place, &computed, &none)) {
            if (push(work, computed, cause) < 0) {
                return -1;
            }
        }
        return 0;
    }
    if (!PyList_CheckExact(computeds)) {
        PyErr_SetString(PyExc_TypeError, "a list is wanted");
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(computeds); i++) {
        PyObject *each = PyList_GET_ITEM(computeds, i);
        if (computeds_check(state, &each, 1, 1) < 0 || push(work, each, cause) < 0) {
            return -1;
        }
    }
    return 0;
}

static void
drop_all(Worklist *work)
{
    while (work->size > 0) {
        Due *due = &work->items[--work->size];
        Py_DECREF(due->computed);
        Py_DECREF(due->cause);
    }
    PyMem_Free(work->items);
}

static int
called(PyObject *result)
{
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* Whether a function's fields are what C takes them for: a mistake in Python is an error, and no
   crash. */
static int
is_whole(State *state, Function *function)
{
    return function != NULL && function->table != NULL && PyDict_CheckExact(function->table) &&
           function->indexes != NULL && PyDict_CheckExact(function->indexes) &&
           (IS_NONE(function->hot) || PyDict_CheckExact(function->hot)) &&
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
check(State *state, Worklist *work, Computed *computed)
{
    PyObject *newer = computed->place.newer, *older = computed->place.older;
    if ((computed->function != work->whole &&
         !is_whole(state, (Function *)computed->function)) ||
        !(IS_NONE(newer) || (is_place(state, newer) && is_place(state, older))) ||
        !(IS_NONE(computed->hit) || Py_IS_TYPE(computed->hit, state->hit_type)) ||
        !PyDict_CheckExact(computed->dependants) || !PyList_CheckExact(computed->dependencies)) {
        PyErr_SetString(PyExc_TypeError, "a computed or its function is not whole");
        return -1;
    }
    work->whole = computed->function;
    return 0;
}

/* As `Function.cool`. */
static int
cool(Function *function, Computed *computed)
{
    Hit *hit = (Hit *)computed->hit;
    computed->hit = Py_NewRef(Py_None);
    ((Counts *)function->counts)->hits += hit->used;
    Py_DECREF(hit);
    if (!IS_NONE(function->hot) && PyDict_DelItem(function->hot, computed->key) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_KeyError)) {
            return -1;
        }
        PyErr_Clear();
    }
    return 0;
}

/* As `Sieve.remove`. */
static void
unkeep(Sieve *kept, Computed *computed)
{
    PyObject *newer = computed->place.newer, *older = computed->place.older;
    if (kept->hand == (PyObject *)computed) {
        put(&kept->hand, newer);
    }
    put(&((Place *)older)->newer, newer);
    put(&((Place *)newer)->older, older);
    put(&computed->place.newer, Py_None);
    put(&computed->place.older, Py_None);
    kept->size--;
    ((Room *)kept->room)->size--;
}

/* As `Function.forget`: it is Invalidated now. */
static int
forget(State *state, Computed *computed)
{
    Function *function = (Function *)computed->function;
    Sieve *kept = (Sieve *)function->kept;
    PyObject *found = NULL;
    if (PyDict_GET_SIZE(function->indexes) == 0 && kept->min_cached == Py_False) {
        found = PyDict_GetItemWithError(function->table, computed->key);
        if (found == NULL && PyErr_Occurred()) {
            return -1;
        }
    }
    if (found != (PyObject *)computed) {
        return called(PyObject_CallMethodOneArg((PyObject *)function, state->str_forget,
                                                (PyObject *)computed));
    }
    if (PyDict_DelItem(function->table, computed->key) < 0 ||
        (!IS_NONE(computed->hit) && cool(function, computed) < 0)) {
        return -1;
    }
    if (!IS_NONE(computed->place.newer)) {
        unkeep(kept, computed);
    }
    return 0;
}

/* Its edges to what it was made from end (G9). */
static int
part(State *state, Computed *computed)
{
    PyObject *dependencies = computed->dependencies;
    computed->dependencies = Py_NewRef(state->nothing);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(dependencies); i++) {
        Computed *each = (Computed *)PyList_GET_ITEM(dependencies, i);
        if (!is_computed(state, (PyObject *)each) || each->state == state->invalidated) {
            continue;
        }
        if (PyDict_CheckExact(each->dependants) && PyDict_GET_SIZE(each->dependants) > 0 &&
            PyDict_DelItem(each->dependants, (PyObject *)computed) < 0) {
            PyErr_Clear(); /* it was not there */
        }
        if (!IS_NONE(each->weak_dependants) &&
            called(PyObject_CallMethodOneArg(each->weak_dependants, state->str_discard,
                                             (PyObject *)computed)) < 0) {
            Py_DECREF(dependencies);
            return -1;
        }
    }
    Py_DECREF(dependencies);
    return 0;
}

/* Consistent → Invalidated. */
static int
invalidate(State *state, Worklist *work, Due due, PyObject *origin)
{
    Computed *computed = due.computed;
    put(&computed->state, state->invalidated);
    put(&computed->origin, origin);
    put(&computed->cause, due.cause);
    PyObject *following = IS_NONE(computed->weak_dependants)
                              ? Py_NewRef(computed->dependants)
                              : PyObject_CallOneArg(state->following, (PyObject *)computed);
    if (following == NULL || forget(state, computed) < 0 || part(state, computed) < 0) {
        Py_XDECREF(following);
        return -1;
    }
    put(&computed->dependants, state->none);
    int pushed = push_all(state, work, following, (PyObject *)computed);
    Py_DECREF(following);
    return pushed;
}

/* What is Computing is flagged, and whoever waits for it (G5c). */
static int
flag(State *state, Worklist *work, Due due, PyObject *origin)
{
    PyObject *following =
        PyObject_CallFunctionObjArgs(state->flag, due.computed, origin, due.cause, NULL);
    if (following == NULL) {
        return -1;
    }
    int pushed = push_all(state, work, following, (PyObject *)due.computed);
    Py_DECREF(following);
    return pushed;
}

static inline int
is_delayed(Function *function)
{
    PyObject *delay = function->delay;
    return delay != NULL && (PyFloat_CheckExact(delay) ? PyFloat_AS_DOUBLE(delay) != 0
                                                       : PyObject_IsTrue(delay) > 0);
}

static int
step(State *state, Worklist *work, Due due, PyObject *origin, PyObject *exempt, int at_once,
     PyObject *marked, PyObject *flagged)
{
    Computed *computed = due.computed;
    if (computed->state == state->consistent) {
        if (check(state, work, computed) < 0) {
            return -1;
        }
        if (is_delayed((Function *)computed->function) && (PyObject *)computed != exempt &&
            !at_once) {
            return called(
                PyObject_CallFunctionObjArgs(state->postpone, computed, origin, NULL));
        }
        return invalidate(state, work, due, origin) < 0
                   ? -1
                   : PyList_Append(marked, (PyObject *)computed);
    }
    if (computed->state == state->computing && IS_NONE(computed->origin)) {
        return PyList_Append(flagged, (PyObject *)computed) < 0 ? -1
                                                                : flag(state, work, due, origin);
    }
    return 0;
}

static PyObject *
cascade_spread(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    State *state = PyModule_GetState(module);
    if (count != 6 || !PyList_CheckExact(args[5])) {
        PyErr_SetString(PyExc_TypeError, "spread(pending, origin, cause, due, at_once, flagged)");
        return NULL;
    }
    PyObject *origin = args[1], *cause = args[2], *exempt = args[3], *flagged = args[5];
    int at_once = PyObject_IsTrue(args[4]);
    PyObject *marked = at_once < 0 ? NULL : PyList_New(0);
    if (marked == NULL) {
        return NULL;
    }
    Worklist work = {NULL, 0, 0, NULL};
    int done = push_all(state, &work, args[0], cause);
    while (done == 0 && work.size > 0) {
        Due due = work.items[--work.size];
        done = step(state, &work, due, origin, exempt, at_once, marked, flagged);
        Py_DECREF(due.computed);
        Py_DECREF(due.cause);
    }
    drop_all(&work);
    if (done < 0) {
        Py_CLEAR(marked);
    }
    return marked;
}

PyMethodDef cascade_functions[] = {
    {"spread", (PyCFunction)(void (*)(void))cascade_spread, METH_FASTCALL,
     "Mark the closure: what was Invalidated, and, in the list that is given, what is flagged."},
    {NULL},
};
