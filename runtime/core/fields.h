/* The fields of the graph's objects: as members for Python, as a struct for C.

   Each object is told once, as a list: see collected.h. They are such members as slots are, for
   Python reads those fastest. */

#ifndef FUSIONRT_FIELDS_H
#define FUSIONRT_FIELDS_H

#include "collected.h"

/* A place in an order of kept results, which is a ring: see retention.py. */
#define PLACE_FIELDS(FIELD, T)                                                                     \
    FIELD(T, newer, "_newer", "The next place, of what came later.")                               \
    FIELD(T, older, "_older", "The place before, of what came sooner.")

#define COMPUTED_FIELDS(FIELD, T)                                                                  \
    FIELD(T, key, "_key", "What names it among the results of its function.")                      \
    FIELD(T, arguments, "_arguments", "The normalised arguments that it is the result for.")       \
    FIELD(T, run, "_run", "Its body, while that runs.")                                            \
    FIELD(T, state, "_state", "Where it stands (G1).")                                             \
    FIELD(T, value, "_value", "The outcome, if that is a value.")                                  \
    FIELD(T, error, "_error", "The outcome, if that is an error.")                                 \
    FIELD(T, dependencies, "_dependencies", "What it was made from, a list.")                      \
    FIELD(T, dependants, "_dependants", "What was made from it, the keys of a dict.")              \
    FIELD(T, handlers, "_handlers", "Who is told when it is invalidated, by token.")               \
    FIELD(T, leases, "_leases", "What its freshness leans on, the keys of a dict.")                \
    FIELD(T, origin, "_origin", "Why it was, or will be, invalidated.")                            \
    FIELD(T, cause, "_cause", "The dependency whose invalidation took this one along.")            \
    FIELD(T, hit, "_hit", "What the hot table holds of it, once it was used again.")               \
    FIELD(T, weak_dependants, "_weak_dependants",                                                  \
          "Dependants that are not kept any more, while somebody holds them.")                     \
    FIELD(T, used, "_used", "Whether it was used; see retention.py.")

#define RUN_FIELDS(FIELD, T)                                                                       \
    FIELD(T, flow, "flow", "The task that runs it: its caller's, or `task`.")                      \
    FIELD(T, reader, "reader", "A body that will use the result: a dependant from now on (G5c).")  \
    FIELD(T, readers, "readers", "Further ones.")                                                  \
    FIELD(T, awaited, "awaited", "What this body waits for (G30).")                                \
    FIELD(T, waits, "waits", "What the tasks that it started wait for, by task.")                  \
    FIELD(T, waiters, "waiters", "Futures of who waits for its end.")                              \
    FIELD(T, leases, "leases", "What the body leaned on itself.")                                  \
    FIELD(T, task, "task", "The body's own task, if it has one.")                                  \
    FIELD(T, failure, "failure", "What ended the body, if that is no outcome: not cached.")        \
    FIELD(T, retried, "retried", "Whether it runs for the second time (G20).")                     \
    FIELD(T, disowned, "disowned", "Whether the outcome is its caller's alone (G19).")

#define FUNCTION_FIELDS(FIELD, T)                                                                  \
    FIELD(T, graph, "graph", "Whose results are here.")                                            \
    FIELD(T, name, "name", "For people.")                                                          \
    FIELD(T, body, "body", "Computes a value.")                                                    \
    FIELD(T, key, "key", "Names a computed, from normalised arguments (G32).")                     \
    FIELD(T, part, "part", "Names one of these arguments.")                                        \
    FIELD(T, shows, "shows", "Makes the text of an argument, where `repr` may not.")               \
    FIELD(T, options, "options", "How results are cached.")                                        \
    FIELD(T, hot, "hot", "The hits for the hot path, by key.")                                     \
    FIELD(T, table, "table", "What is kept, and what is being computed, by key.")                  \
    FIELD(T, kept, "kept", "The order of what is kept; see retention.py.")                         \
    FIELD(T, indexes, "indexes", "Of the table, by the positions that wildcards have named.")      \
    FIELD(T, weak, "weak", "Results that are not kept, while somebody holds them (G34).")          \
    FIELD(T, watched, "watched", "By key: who is told as soon as the body that runs is flagged.")  \
    FIELD(T, counts, "counts", "What was done.")                                                   \
    FIELD(T, sources, "sources", "Of its service: see `Graph.sources`.")                           \
    FIELD(T, delay, "delay", "Its `invalidation_delay`, in seconds.")                              \
    FIELD(T, disposed, "disposed", "Whether its service is gone.")                                 \
    FIELD(T, apart, "apart", "Whether its bodies run in tasks of their own.")                      \
    FIELD(T, told, "told", "Whether it was told of what its bodies do.")                           \
    FIELD(T, replicates, "replicates", "Whether its results stand for those elsewhere.")

#define SIEVE_FIELDS(FIELD, T)                                                                     \
    FIELD(T, room, "_room", "What all results of the graph take up.")                              \
    FIELD(T, end, "_end", "Where the order ends and begins.")                                      \
    FIELD(T, hand, "_hand", "Where it is looked next.")                                            \
    FIELD(T, used_at, "_used_at", "When each was used, if that is noted.")                         \
    FIELD(T, min_cached, "_min_cached", "Whether it is noted when they were used.")

#define COUNTS_FIELDS(FIELD, T)                                                                    \
    FIELD(T, misses, "misses", "Calls that the cache did not answer.")                             \
    FIELD(T, bodies, "bodies", "Bodies that ran.")

typedef struct {
    PyObject_HEAD
    PLACE_FIELDS(AS_FIELD, Place)
} Place;

typedef struct {
    Place place;
    PyObject *function; /* a Function: what C reads of another one is never set by Python */
    COMPUTED_FIELDS(AS_FIELD, Computed)
    PyObject *weakrefs;
    long long version;
} Computed;

typedef struct {
    PyObject_HEAD
    RUN_FIELDS(AS_FIELD, Run)
    double lifetime;
    int depth;
    int users;
} Run;

typedef struct {
    PyObject_HEAD
    FUNCTION_FIELDS(AS_FIELD, Function)
    PyObject *weakrefs;
} Function;

typedef struct {
    PyObject_HEAD
    SIEVE_FIELDS(AS_FIELD, Sieve)
    Py_ssize_t size;
} Sieve;

/* The bound of a graph. */
typedef struct {
    PyObject_HEAD
    Py_ssize_t size;
    Py_ssize_t limit;
} Room;

/* What the functions of one name did. */
typedef struct {
    PyObject_HEAD
    COUNTS_FIELDS(AS_FIELD, Counts)
    PyObject *weakrefs;
    long long hits;
} Counts;

/* Until when something holds: see primitives.py. */
typedef struct {
    PyObject_HEAD
    PyObject *now;
    double good_until;
} Term;

#define IS_NONE(object) ((object) == NULL || (object) == Py_None)

static inline void
put(PyObject **field, PyObject *value)
{
    Py_XSETREF(*field, Py_NewRef(value));
}

static inline int
is_a(PyTypeObject *type, PyObject *object)
{
    return object != NULL && PyObject_TypeCheck(object, type);
}

static inline int
is_computed(State *state, PyObject *object)
{
    return (PyObject *)Py_TYPE(object) == state->computed_class ||
           PyObject_TypeCheck(object, state->computed_type);
}

/* The first arguments are computeds; -1 with an error if not. */
static inline int
computeds_check(State *state, PyObject *const *args, Py_ssize_t count, Py_ssize_t wanted)
{
    int right = count >= wanted;
    for (Py_ssize_t i = 0; right && i < wanted; i++) {
        right = is_computed(state, args[i]);
    }
    if (!right) {
        PyErr_SetString(PyExc_TypeError, "computeds are wanted");
        return -1;
    }
    return 0;
}

/* edges.c: make an edge. 1: it is there; 0: more has to be done than that; -1: an error. */
int edge_make(State *state, Computed *dependant, Computed *dependency);

/* fields.c: give new objects their fields. */
void computed_fill(State *state, Computed *self, PyObject *function, PyObject *key,
                   PyObject *arguments, PyObject *run);
void run_fill(State *state, Run *self, int depth, PyObject *flow);

/* fields.c: a class from Python, of no fields of its own: its objects are freed as they would be without
   it. Python's own way looks at each for what it does not have. */
int computed_end_here(State *state, PyObject *class);

/* retire.c: it is Invalidated, is found no more, and its edges to what it was made from end (G9). Its
   fields are what C takes them for. */
int computed_forget(State *state, Computed *computed);
int computed_part(State *state, Computed *computed);

/* miss.c: whether nobody looks at what happens in a graph; -1: an error. */
int is_quiet(State *state, PyObject *graph);

#endif
