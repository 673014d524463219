/* A hit: the answer is there, and provably fresh. The twin of hit.py and of the hot path's text. */

#include "fields.h"
#include "hot.h"

#define HIT_FIELDS(FIELD, T) FIELD(T, dependants, "dependants", "The same as the computed's.")
#define HIT_KEPT(FIELD, T)                                                                         \
    FIELD(T, value, "value", "What it answers with.")                                              \
    FIELD(T, computed, "computed", "Whose value that is.")                                         \
    FIELD(T, home, "home", "Where it may answer; see home.py.")                                    \
    FIELD(T, lease, "lease", "Of a replica: what it is as fresh as.")

static PyObject *
hit_make(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *value, *computed, *home, *dependants, *lease;
    static char *names[] = {"value", "computed", "home", "dependants", "lease", NULL};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOOOO", names, &value, &computed, &home,
                                     &dependants, &lease)) {
        return NULL;
    }
    State *state = state_of(type);
    if (state == NULL || (lease != Py_None && !is_a(state->term_type, lease))) {
        PyErr_SetString(PyExc_TypeError, "the lease of a hit is a term");
        return NULL;
    }
    Hit *hit = (Hit *)type->tp_alloc(type, 0);
    if (hit == NULL) {
        return NULL;
    }
    hit->value = Py_NewRef(value);
    hit->computed = Py_NewRef(computed);
    hit->home = Py_NewRef(home);
    hit->dependants = Py_NewRef(dependants);
    hit->lease = Py_NewRef(lease);
    return (PyObject *)hit;
}

/* No answer, if what is raised is no more than an error: what hashing or comparing an argument raises
   is none (G37). */
static SELDOM int
none_or_error(void)
{
    if (PyErr_Occurred()) {
        if (!PyErr_ExceptionMatches(PyExc_Exception)) {
            return -1;
        }
        PyErr_Clear();
    }
    return 0;
}

/* Look once at where instances of a class have the table: of services, in a slot. */
static SELDOM int
see(Method *method, PyTypeObject *type)
{
    PyObject *slot = PyObject_GetAttr((PyObject *)type, method->table);
    if (slot == NULL && none_or_error() < 0) {
        return -1;
    }
    method->offset = slot != NULL && Py_IS_TYPE(slot, &PyMemberDescr_Type)
                         ? ((PyMemberDescrObject *)slot)->d_member->offset
                         : 0;
    Py_XDECREF(slot);
    Py_XSETREF(method->seen, (PyTypeObject *)Py_NewRef(type));
    return 0;
}

/* The instance's table of hits, a new reference, of a class that was not looked at last, or has it in
   no slot; NULL where there is none, or with an error. */
static SELDOM PyObject *
table_of(Method *method, PyObject *self)
{
    if (Py_TYPE(self) != method->seen && see(method, Py_TYPE(self)) < 0) {
        return NULL;
    }
    return method->offset > 0 ? Py_XNewRef(*(PyObject **)((char *)self + method->offset))
                              : PyObject_GetAttr(self, method->table);
}

/* Python 3.11 asks the system for the process when it is asked for the running loop. It notes that
   loop in a dict of the thread, though: while nothing has changed there, the answer is the last one.
   The loop that runs is alive, so that its address is no other's. */
#if PY_VERSION_HEX < 0x030C0000
static inline uint64_t
version_here(void)
{
    PyObject *notes = PyThreadState_Get()->dict;
    return notes == NULL ? 0 : ((PyDictObject *)notes)->ma_version_tag;
}
#endif

/* Whether it was the last one that was found to be here, and nothing has changed since. */
static inline int
is_still_home(State *state, PyObject *home)
{
#if PY_VERSION_HEX < 0x030C0000
    return home == state->seen_loop && version_here() == state->seen_version;
#else
    return 0;
#endif
}

/* The same, by a look at the running loop. */
static SELDOM int
look_home(State *state, PyObject *home)
{
    PyObject *loop = PyObject_CallNoArgs(state->running_loop);
    if (loop == NULL) {
        return -1;
    }
    int here = loop == home;
    Py_DECREF(loop);
#if PY_VERSION_HEX < 0x030C0000
    if (here) {
        state->seen_version = version_here();
        state->seen_loop = state->seen_version == 0 ? NULL : home;
    }
    else { /* of a loop that does not tell its thread, the home is another object */
        PyObject *thread = PyObject_GetAttr(home, state->str__thread_id);
        if (thread == NULL) {
            return -1;
        }
        here = PyLong_CheckExact(thread) &&
               PyLong_AsUnsignedLongMask(thread) == PyThread_get_thread_ident();
        Py_DECREF(thread);
    }
#endif
    return here;
}

/* Whether this code runs in the loop of a graph (G39); see home.py. */
int
is_at_home(State *state, PyObject *home)
{
    return is_still_home(state, home) ? 1 : look_home(state, home);
}

/* Whether the hit's lease holds now (D6). */
static inline int
is_leased(State *state, Hit *hit)
{
    Term *term = (Term *)hit->lease;
    if (hit->lease == Py_None || term->now == NULL) {
        return 0;
    }
    double now = time_of(state, term->now);
    return now == -1.0 && PyErr_Occurred() ? -1 : now < term->good_until;
}

/* A dependant has no edge yet, or what is in its place decides. */
static SELDOM int
track(State *state, PyObject *scope, Hit *hit)
{
    int tracked = 0;
    if (is_computed(state, scope) && is_computed(state, hit->computed)) {
        tracked = ((Computed *)scope)->run == Py_None
                      ? 1 /* that body has ended (G11) */
                      : edge_make(state, (Computed *)scope, (Computed *)hit->computed);
    }
    if (tracked == 0) {
        tracked = truth_of(PyObject_CallMethodOneArg(scope, state->str_track, hit->computed));
    }
    return tracked;
}

/* Whether the body that this code belongs to, if any, lets the cache answer, and depends on the
   hit from now on (G10, G33). */
static inline int
is_tracked(State *state, Hit *hit)
{
    PyObject *scope;
    if (PyContextVar_Get(state->scope, NULL, &scope) < 0) {
        return -1;
    }
    int tracked = scope == Py_None ? 1 : PyDict_Contains(hit->dependants, scope);
    if (tracked == 0) {
        tracked = track(state, scope, hit);
    }
    Py_DECREF(scope);
    return tracked;
}

int
hit_of(Method *method, PyObject *self, PyObject *key, PyObject **value)
{
    State *state = method->state;
    PyObject *table = Py_TYPE(self) == method->seen && method->offset > 0
                          ? Py_XNewRef(*(PyObject **)((char *)self + method->offset))
                          : table_of(method, self);
    if (table == NULL) {
        return none_or_error();
    }
    Hit *hit = NULL;
    if (Py_IS_TYPE(table, state->hot_table_type)) {
        Py_hash_t hash = hot_hash(key);
        hit = hash == -1 ? NULL : hot_find((HotTable *)table, key, hash);
        Py_XINCREF(hit);
    }
    Py_DECREF(table);
    if (hit == NULL) {
        return none_or_error();
    }
    int answers = is_at_home(state, hit->home);
    if (answers > 0 && method->leased) {
        answers = is_leased(state, hit);
    }
    if (answers > 0) {
        answers = is_tracked(state, hit);
    }
    if (answers > 0) {
        hit->used++;
        *value = Py_NewRef(hit->value);
    }
    Py_DECREF(hit);
    return answers;
}

FIELDS_TYPE(Hit, hit, "Hit",
            "What the hot table holds of a computed: what a call reads, and no more.", HIT_FIELDS,
            HIT_KEPT,
            VALUE(Hit, used, T_PYSSIZET, 0,
                  "How often it answered, since that was added to the counts; the mark of SIEVE."),
            {Py_tp_new, hit_make})

PyObject *
core_at_home(PyObject *module, PyObject *home)
{
    return truth_or_error(is_at_home(PyModule_GetState(module), home));
}
