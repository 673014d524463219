/* The fields of the graph's objects: as members for Python, as a struct for C.

   Each object is told once, as a list of FIELDs; what the collector and Python need is made from it.
   They are such members as slots are, for Python reads
   those fastest. */

#ifndef FUSIONRT_FIELDS_H
#define FUSIONRT_FIELDS_H

#include "core.h"

/* A place in an order of kept results, which is a ring: see retention.py. */
#define PLACE_FIELDS(FIELD)                                                                        \
    FIELD(newer, "_newer", "The next place, of what came later.")                                  \
    FIELD(older, "_older", "The place before, of what came sooner.")

#define COMPUTED_FIELDS(FIELD)                                                                     \
    FIELD(key, "_key", "What names it among the results of its function.")                         \
    FIELD(arguments, "_arguments", "The normalised arguments that it is the result for.")          \
    FIELD(run, "_run", "Its body, while that runs.")                                               \
    FIELD(state, "_state", "Where it stands (G1).")                                                \
    FIELD(value, "_value", "The outcome, if that is a value.")                                     \
    FIELD(error, "_error", "The outcome, if that is an error.")                                    \
    FIELD(dependencies, "_dependencies", "What it was made from, a list.")                         \
    FIELD(dependants, "_dependants", "What was made from it, the keys of a dict.")                 \
    FIELD(handlers, "_handlers", "Who is told when it is invalidated, by token.")                  \
    FIELD(leases, "_leases", "What its freshness leans on, the keys of a dict.")                   \
    FIELD(origin, "_origin", "Why it was, or will be, invalidated.")                               \
    FIELD(cause, "_cause", "The dependency whose invalidation took this one along.")               \
    FIELD(hit, "_hit", "What the hot table holds of it, once it was used again.")                  \
    FIELD(weak_dependants, "_weak_dependants",                                                     \
          "Dependants that are not kept any more, while somebody holds them.")                     \
    FIELD(used, "_used", "Whether it was used; see retention.py.")

#define RUN_FIELDS(FIELD)                                                                          \
    FIELD(flow, "flow", "The task that runs it: its caller's, or `task`.")                         \
    FIELD(reader, "reader", "A body that will use the result: a dependant from now on (G5c).")     \
    FIELD(readers, "readers", "Further ones.")                                                     \
    FIELD(awaited, "awaited", "What this body waits for (G30).")                                   \
    FIELD(waits, "waits", "What the tasks that it started wait for, by task.")                     \
    FIELD(waiters, "waiters", "Futures of who waits for its end.")                                 \
    FIELD(leases, "leases", "What the body leaned on itself.")                                     \
    FIELD(task, "task", "The body's own task, if it has one.")                                     \
    FIELD(failure, "failure", "What ended the body, if that is no outcome: not cached.")           \
    FIELD(retried, "retried", "Whether it runs for the second time (G20).")                        \
    FIELD(disowned, "disowned", "Whether the outcome is its caller's alone (G19).")

#define FUNCTION_FIELDS(FIELD)                                                                     \
    FIELD(graph, "graph", "Whose results are here.")                                               \
    FIELD(name, "name", "For people.")                                                             \
    FIELD(body, "body", "Computes a value.")                                                       \
    FIELD(key, "key", "Names a computed, from normalised arguments (G32).")                        \
    FIELD(part, "part", "Names one of these arguments.")                                           \
    FIELD(shows, "shows", "Makes the text of an argument, where `repr` may not.")                  \
    FIELD(options, "options", "How results are cached.")                                           \
    FIELD(hot, "hot", "The hits for the hot path, by key.")                                        \
    FIELD(table, "table", "What is kept, and what is being computed, by key.")                     \
    FIELD(kept, "kept", "The order of what is kept; see retention.py.")                            \
    FIELD(indexes, "indexes", "Of the table, by the positions that wildcards have named.")         \
    FIELD(weak, "weak", "Results that are not kept, while somebody holds them (G34).")             \
    FIELD(watched, "watched", "By key: who is told as soon as the body that runs is flagged.")     \
    FIELD(counts, "counts", "What was done.")                                                      \
    FIELD(sources, "sources", "Of its service: see `Graph.sources`.")                              \
    FIELD(delay, "delay", "Its `invalidation_delay`, in seconds.")                                 \
    FIELD(disposed, "disposed", "Whether its service is gone.")                                    \
    FIELD(apart, "apart", "Whether its bodies run in tasks of their own.")                         \
    FIELD(told, "told", "Whether it was told of what its bodies do.")                              \
    FIELD(replicates, "replicates", "Whether its results stand for those elsewhere.")

#define SIEVE_FIELDS(FIELD)                                                                        \
    FIELD(room, "_room", "What all results of the graph take up.")                                 \
    FIELD(end, "_end", "Where the order ends and begins.")                                         \
    FIELD(hand, "_hand", "Where it is looked next.")                                               \
    FIELD(used_at, "_used_at", "When each was used, if that is noted.")                            \
    FIELD(min_cached, "_min_cached", "Whether it is noted when they were used.")

#define COUNTS_FIELDS(FIELD)                                                                       \
    FIELD(misses, "misses", "Calls that the cache did not answer.")                                \
    FIELD(bodies, "bodies", "Bodies that ran.")

typedef struct Place Place;

#define AS_FIELD(name, text, doc) PyObject *name;
struct Place {
    PyObject_HEAD
    PLACE_FIELDS(AS_FIELD)
};

typedef struct {
    Place place;
    PyObject *function; /* a Function: what C reads of another one is never set by Python */
    COMPUTED_FIELDS(AS_FIELD)
    PyObject *weak;
    long long version;
} Computed;

typedef struct {
    PyObject_HEAD
    RUN_FIELDS(AS_FIELD)
    double lifetime;
    int depth;
    int users;
} Run;

typedef struct {
    PyObject_HEAD
    FUNCTION_FIELDS(AS_FIELD)
    PyObject *weakrefs;
} Function;

typedef struct {
    PyObject_HEAD
    SIEVE_FIELDS(AS_FIELD)
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
    COUNTS_FIELDS(AS_FIELD)
    PyObject *weakrefs;
    long long hits;
} Counts;

#define IS_NONE(object) ((object) == NULL || (object) == Py_None)

/* Until when something holds: see primitives.py. */
typedef struct {
    PyObject_HEAD
    PyObject *now;
    double good_until;
} Term;

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

/* edges.c: make an edge. 1: it is there; 0: more has to be done than that; -1: an error. */
int edge_make(State *state, Computed *dependant, Computed *dependency);

/* edges.c: the first arguments are computeds; -1 with an error if not. */
int computeds_check(State *state, PyObject *const *args, Py_ssize_t count, Py_ssize_t wanted);

/* fields.c: give new objects their fields. */
void computed_fill(State *state, Computed *self, PyObject *function, PyObject *key,
                   PyObject *arguments, PyObject *run);
void run_fill(State *state, Run *self, int depth, PyObject *flow);

/* retire.c: it is Invalidated, is found no more, and its edges to what it was made from end (G9). Its
   fields are what C takes them for. */
int computed_forget(State *state, Computed *computed);
int computed_part(State *state, Computed *computed);

/* Whether a call went well, whose result nobody wants. */
static inline int
called(PyObject *result)
{
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* notify.c: whether nobody looks at what happens in a graph; -1: an error. */
int is_quiet(State *state, PyObject *graph);

#endif
