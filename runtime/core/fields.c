/* The types of the graph's objects, which their classes in Python are made from: see fields.h. */

#include "fields.h"

FIELDS_TYPE(Place, place, "Place", "A place in an order of kept results.", PLACE_FIELDS, NO_FIELDS, ,
            MADE_EMPTY)

FIELDS_TYPE(Function, function, "FunctionFields", "The fields of a cached function.",
            FUNCTION_FIELDS, NO_FIELDS, WEAK(Function), MADE_EMPTY)

FIELDS_TYPE(Sieve, sieve, "SieveFields", "The fields of an order of kept results.", SIEVE_FIELDS,
            NO_FIELDS, VALUE(Sieve, size, T_PYSSIZET, 0, "How many results it keeps."), MADE_EMPTY)

FIELDS_TYPE(Room, room, "RoomFields", "The fields of a bound.", NO_FIELDS, NO_FIELDS,
            VALUE(Room, size, T_PYSSIZET, 0, "How many results are kept.")
            VALUE(Room, limit, T_PYSSIZET, 0, "How many may be."), MADE_EMPTY)

FIELDS_TYPE(Counts, counts, "CountsFields", "What the functions of one name did.", COUNTS_FIELDS,
            NO_FIELDS, WEAK(Counts)
            VALUE(Counts, hits, T_LONGLONG, 0, "Calls that the cache answered."), MADE_EMPTY)

#define TERM_FIELDS(FIELD, T) FIELD(T, now, "now", "Tells the time, in seconds.")

FIELDS_TYPE(Term, term, "Term", "Until when something holds.", TERM_FIELDS, NO_FIELDS,
            VALUE(Term, good_until, T_DOUBLE, 0, "It holds before that, in seconds."), MADE_EMPTY)

/* -- Computed and Run: see `begun` -- */

static PyObject *
made_in_c(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    return PyErr_Format(PyExc_TypeError, "only the core makes a %s", type->tp_name);
}

#define MADE_IN_C {Py_tp_new, made_in_c}

#define COMPUTED_KEPT(FIELD, T) FIELD(T, function, "_function", "Whose result it is.")

/* With those of its place, which are members of that. */
#define COMPUTED_OWN(FIELD, T)                                                                     \
    FIELD(T, place.newer)                                                                          \
    FIELD(T, place.older)                                                                          \
    COMPUTED_FIELDS(FIELD, T)

void
computed_fill(State *state, Computed *self, PyObject *function, PyObject *key,
              PyObject *arguments, PyObject *run)
{
    COMPUTED_OWN(AS_NONE, Computed)
    self->function = Py_NewRef(function);
    self->version = ++state->version;
    put(&self->key, key);
    put(&self->arguments, arguments);
    put(&self->run, run);
    put(&self->state, state->computing);
    put(&self->value, state->unset);
    put(&self->dependencies, state->nothing);
    put(&self->dependants, state->none);
    put(&self->leases, state->none);
    put(&self->used, Py_False);
}

WALKED(Computed, computed, COMPUTED_OWN, COMPUTED_KEPT)

/* One may be the last that holds its cause, and that one its own, and so on. */
static void
computed_dealloc(Computed *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, computed_dealloc);
    forget_weak((PyObject *)self);
    computed_clear(self);
    Py_DECREF(self->function);
    type->tp_free(self);
    Py_DECREF(type);
    Py_TRASHCAN_END;
}

int
computed_end_here(State *state, PyObject *class)
{
    PyTypeObject *type = (PyTypeObject *)class;
    if (!PyType_Check(class) || !PyType_IsSubtype(type, state->computed_type) ||
        type->tp_basicsize != state->computed_type->tp_basicsize || type->tp_dictoffset != 0 ||
        type->tp_finalize != NULL) {
        PyErr_SetString(PyExc_TypeError, "the class of a computed adds methods only");
        return -1;
    }
    type->tp_dealloc = (destructor)computed_dealloc;
    return 0;
}

static PyMemberDef computed_members[] = {
    COMPUTED_FIELDS(AS_MEMBER, Computed)
    COMPUTED_KEPT(AS_FIXED, Computed)
    VALUE(Computed, version, T_LONGLONG, READONLY,
          "Unique in the process; a later result of the same key has a higher one.")
    WEAK(Computed)
    {NULL},
};
static PyType_Slot computed_slots[] = {
    {Py_tp_doc, "The fields of a computed."},
    {Py_tp_members, computed_members},
    COLLECTED_SLOTS(computed),
    MADE_IN_C,
    {0, NULL},
};
SPEC(Computed, computed, "ComputedFields", Py_TPFLAGS_BASETYPE)

void
run_fill(State *state, Run *self, int depth, PyObject *flow)
{
    RUN_FIELDS(AS_NONE, Run)
    self->depth = depth;
    self->lifetime = Py_HUGE_VAL;
    put(&self->flow, flow);
    put(&self->readers, state->none);
    put(&self->waits, state->none);
    put(&self->waiters, state->nothing);
    put(&self->leases, state->none);
    put(&self->retried, Py_False);
    put(&self->disowned, Py_False);
}

FIELDS_TYPE(Run, run, "RunFields", "The fields of a body that runs.", RUN_FIELDS, NO_FIELDS,
            VALUE(Run, depth, T_INT, 0, "How many bodies wait for it, one for the other.")
            VALUE(Run, users, T_INT, 0, "Calls that share the body, when it has a task (G19).")
            VALUE(Run, lifetime, T_DOUBLE, 0, "How long its result wants to live, in seconds."),
            MADE_IN_C)
