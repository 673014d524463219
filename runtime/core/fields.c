/* The types of the graph's objects, which their classes in Python are made from: see fields.h. */

#include "fields.h"

#define AS_VISIT(name, text, doc) Py_VISIT(self->name);
#define AS_CLEAR(name, text, doc) Py_CLEAR(self->name);
#define AS_MEMBER(name, text, doc) {text, T_OBJECT_EX, offsetof(SELF, name), 0, doc},
#define AS_NONE(name, text, doc) self->name = Py_NewRef(Py_None);
#define VALUE(name, text, type, doc) {text, type, offsetof(SELF, name), 0, doc}
#define WEAK(name) {"__weaklistoffset__", T_PYSSIZET, offsetof(SELF, name), READONLY}

/* What the collector asks of an object, from the list of its fields. */
#define COLLECTED(Type, prefix, FIELDS, FORGET_WEAK)                                               \
    static int prefix##_traverse(Type *self, visitproc visit, void *arg)                           \
    {                                                                                              \
        Py_VISIT(Py_TYPE(self));                                                                   \
        FIELDS(AS_VISIT)                                                                           \
        return 0;                                                                                  \
    }                                                                                              \
    static int prefix##_clear(Type *self)                                                          \
    {                                                                                              \
        FIELDS(AS_CLEAR)                                                                           \
        return 0;                                                                                  \
    }                                                                                              \
    static void prefix##_dealloc(Type *self)                                                       \
    {                                                                                              \
        PyTypeObject *type = Py_TYPE(self);                                                        \
        PyObject_GC_UnTrack(self);                                                                 \
        FORGET_WEAK                                                                                \
        prefix##_clear(self);                                                                      \
        type->tp_free(self);                                                                       \
        Py_DECREF(type);                                                                           \
    }

#define KEEPS_NO_WEAK
#define KEEPS_WEAK(name)                                                                           \
    if (self->name != NULL) {                                                                      \
        PyObject_ClearWeakRefs((PyObject *)self);                                                  \
    }

#define COLLECTED_SLOTS(prefix)                                                                    \
    {Py_tp_traverse, prefix##_traverse}, {Py_tp_clear, prefix##_clear},                            \
        {Py_tp_dealloc, prefix##_dealloc}, {Py_tp_members, prefix##_members}

#define SPEC(Type, prefix, text)                                                                   \
    PyType_Spec prefix##_spec = {                                                                  \
        .name = "fusionrt._core." text,                                                            \
        .basicsize = sizeof(Type),                                                                 \
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |                   \
                 Py_TPFLAGS_IMMUTABLETYPE,                                                         \
        .slots = prefix##_slots,                                                                   \
    };

/* -- Place -- */

#define SELF Place
COLLECTED(Place, place, PLACE_FIELDS, KEEPS_NO_WEAK)
static PyMemberDef place_members[] = {PLACE_FIELDS(AS_MEMBER){NULL}};
static PyType_Slot place_slots[] = {
    {Py_tp_doc, "A place in an order of kept results."},
    {Py_tp_new, PyType_GenericNew},
    COLLECTED_SLOTS(place),
    {0, NULL},
};
SPEC(Place, place, "Place")
#undef SELF

/* -- Computed -- */

#define SELF Computed
static int
computed_traverse(Computed *self, visitproc visit, void *arg)
{
    Py_VISIT(self->function);
    COMPUTED_FIELDS(AS_VISIT)
    return place_traverse(&self->place, visit, arg);
}

static int
computed_clear(Computed *self)
{
    COMPUTED_FIELDS(AS_CLEAR)
    return place_clear(&self->place);
}

static void
computed_dealloc(Computed *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    KEEPS_WEAK(weak)
    computed_clear(self);
    Py_CLEAR(self->function);
    type->tp_free(self);
    Py_DECREF(type);
}

void
computed_fill(State *state, Computed *self, PyObject *function, PyObject *key,
              PyObject *arguments, PyObject *run)
{
    self->place.newer = Py_NewRef(Py_None);
    self->place.older = Py_NewRef(Py_None);
    COMPUTED_FIELDS(AS_NONE)
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

static int
computed_init(Computed *self, PyObject *args, PyObject *kwargs)
{
    State *state = state_of(Py_TYPE(self));
    PyObject *function, *key, *arguments, *run;
    static char *names[] = {"function", "key", "arguments", "run", NULL};
    if (state == NULL || !PyArg_ParseTupleAndKeywords(args, kwargs, "O!OOO", names,
                                                      state->function_type, &function, &key,
                                                      &arguments, &run)) {
        return -1;
    }
    if (self->function != NULL) {
        PyErr_SetString(PyExc_TypeError, "it is made already");
        return -1;
    }
    computed_fill(state, self, function, key, arguments, run);
    return 0;
}

static PyMemberDef computed_members[] = {
    {"_function", T_OBJECT_EX, offsetof(Computed, function), READONLY, "Whose result it is."},
    COMPUTED_FIELDS(AS_MEMBER)
    {"version", T_LONGLONG, offsetof(Computed, version), READONLY,
     "Unique in the process; a later result of the same key has a higher one."},
    WEAK(weak),
    {NULL},
};
static PyType_Slot computed_slots[] = {
    {Py_tp_doc, "The fields of a computed."},
    {Py_tp_new, PyType_GenericNew},
    {Py_tp_init, computed_init},
    COLLECTED_SLOTS(computed),
    {0, NULL},
};
SPEC(Computed, computed, "ComputedFields")
#undef SELF

/* -- Run -- */

#define SELF Run
COLLECTED(Run, run, RUN_FIELDS, KEEPS_NO_WEAK)

void
run_fill(State *state, Run *self, int depth, PyObject *flow)
{
    RUN_FIELDS(AS_NONE)
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

static int
run_init(Run *self, PyObject *args, PyObject *kwargs)
{
    State *state = state_of(Py_TYPE(self));
    int depth;
    PyObject *flow;
    static char *names[] = {"depth", "flow", NULL};
    if (state == NULL ||
        !PyArg_ParseTupleAndKeywords(args, kwargs, "iO", names, &depth, &flow)) {
        return -1;
    }
    if (self->flow != NULL) {
        PyErr_SetString(PyExc_TypeError, "it is made already");
        return -1;
    }
    run_fill(state, self, depth, flow);
    return 0;
}

static PyMemberDef run_members[] = {
    RUN_FIELDS(AS_MEMBER)
    VALUE(depth, "depth", T_INT, "How many bodies wait for it, one for the other."),
    VALUE(users, "users", T_INT, "Calls that share the body, when it has a task (G19)."),
    VALUE(lifetime, "lifetime", T_DOUBLE, "How long its result wants to live, in seconds."),
    {NULL},
};
static PyType_Slot run_slots[] = {
    {Py_tp_doc, "The fields of a body that runs."},
    {Py_tp_new, PyType_GenericNew},
    {Py_tp_init, run_init},
    COLLECTED_SLOTS(run),
    {0, NULL},
};
SPEC(Run, run, "RunFields")
#undef SELF

/* -- Function -- */

#define SELF Function
COLLECTED(Function, function, FUNCTION_FIELDS, KEEPS_WEAK(weakrefs))
static PyMemberDef function_members[] = {
    FUNCTION_FIELDS(AS_MEMBER)
    WEAK(weakrefs),
    {NULL},
};
static PyType_Slot function_slots[] = {
    {Py_tp_doc, "The fields of a cached function."},
    {Py_tp_new, PyType_GenericNew},
    COLLECTED_SLOTS(function),
    {0, NULL},
};
SPEC(Function, function, "FunctionFields")
#undef SELF

/* -- Sieve, Room, Counts -- */

#define SELF Sieve
COLLECTED(Sieve, sieve, SIEVE_FIELDS, KEEPS_NO_WEAK)
static PyMemberDef sieve_members[] = {
    SIEVE_FIELDS(AS_MEMBER)
    VALUE(size, "size", T_PYSSIZET, "How many results it keeps."),
    {NULL},
};
static PyType_Slot sieve_slots[] = {
    {Py_tp_doc, "The fields of an order of kept results."},
    {Py_tp_new, PyType_GenericNew},
    COLLECTED_SLOTS(sieve),
    {0, NULL},
};
SPEC(Sieve, sieve, "SieveFields")
#undef SELF

#define NO_FIELDS(FIELD)

#define SELF Room
COLLECTED(Room, room, NO_FIELDS, KEEPS_NO_WEAK)
static PyMemberDef room_members[] = {
    VALUE(size, "size", T_PYSSIZET, "How many results are kept."),
    VALUE(limit, "limit", T_PYSSIZET, "How many may be."),
    {NULL},
};
static PyType_Slot room_slots[] = {
    {Py_tp_doc, "The fields of a bound."},
    {Py_tp_new, PyType_GenericNew},
    COLLECTED_SLOTS(room),
    {0, NULL},
};
SPEC(Room, room, "RoomFields")
#undef SELF

#define SELF Counts
COLLECTED(Counts, counts, COUNTS_FIELDS, KEEPS_WEAK(weakrefs))
static PyMemberDef counts_members[] = {
    VALUE(hits, "hits", T_LONGLONG, "Calls that the cache answered."),
    COUNTS_FIELDS(AS_MEMBER)
    WEAK(weakrefs),
    {NULL},
};
static PyType_Slot counts_slots[] = {
    {Py_tp_doc, "What the functions of one name did."},
    {Py_tp_new, PyType_GenericNew},
    COLLECTED_SLOTS(counts),
    {0, NULL},
};
SPEC(Counts, counts, "CountsFields")
#undef SELF

/* -- Term -- */

#define TERM_FIELDS(FIELD) FIELD(now, "now", "Tells the time, in seconds.")

#define SELF Term
COLLECTED(Term, term, TERM_FIELDS, KEEPS_NO_WEAK)
static PyMemberDef term_members[] = {
    TERM_FIELDS(AS_MEMBER)
    VALUE(good_until, "good_until", T_DOUBLE, "It holds before that, in seconds."),
    {NULL},
};
static PyType_Slot term_slots[] = {
    {Py_tp_doc, "Until when something holds."},
    {Py_tp_new, PyType_GenericNew},
    COLLECTED_SLOTS(term),
    {0, NULL},
};
SPEC(Term, term, "Term")
#undef SELF
