/* The compiled core: what the rooms of the extension share.

   Each type here has a twin in Python, which the pure runtime uses; the tests run on both. There are
   no globals: what is looked up once lies in the module's state, so that each interpreter has its
   own. Nothing here waits, and nothing here knows a law that its twin does not. */

#ifndef FUSIONRT_CORE_H
#define FUSIONRT_CORE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>
#include <time.h>

#ifdef __GNUC__
#pragma GCC visibility push(hidden) /* nothing here is for another extension to find */
#endif

/* What is called seldom keeps no register from what each hit passes. */
#ifdef __GNUC__
#define SELDOM __attribute__((cold, noinline))
#else
#define SELDOM
#endif

/* Of what Python and the extension expect of each other; `native.py` compares it. */
#define FUSION_CORE 11

/* How many calls that have ended are kept for the next ones. */
#define MAX_SPARE 64

typedef struct Call Call;

/* What Python hands the core, once, by these names: see `hand` of native.py. */
#define GIVEN(EACH)                                                                                \
    EACH(scope)        /* the context variable SCOPE */                                            \
    EACH(running_loop) /* tells the loop that runs here */                                         \
    EACH(clock)        /* the machine's, that runs through a suspension, if C can ask it */        \
    EACH(computing)    /* the states of a computed */                                              \
    EACH(consistent)                                                                               \
    EACH(invalidated)                                                                              \
    EACH(unset)     /* the value of what has none yet */                                           \
    EACH(nothing)   /* the empty list, and the empty dict, that all share */                       \
    EACH(none)                                                                                     \
    EACH(postpone)  /* of invalidate.py: the seldom parts of a cascade */                          \
    EACH(following)                                                                                \
    EACH(flag)                                                                                     \
    EACH(computed_class) /* the classes in Python */                                               \
    EACH(run_class)                                                                                \
    EACH(none_held)    /* the empty weak table that all share */                                   \
    EACH(current_task) /* of a loop */                                                             \
    EACH(conclude)     /* of conclude.py: what comes after a body whose end is not plain */        \
    EACH(failed)                                                                                   \
    EACH(cancelled_error) /* asyncio's */                                                          \
    EACH(invalid_state)

#define TEXTS(EACH)                                                                                \
    EACH(_fusion) EACH(_thread_id) EACH(auto_invalidate) EACH(__await__) EACH(bodies)              \
    EACH(call_soon) EACH(cancelling) EACH(close) EACH(compute) EACH(context) EACH(discard)         \
    EACH(done) EACH(ended) EACH(events) EACH(forget) EACH(fusion_draws) EACH(give_up) EACH(home)   \
    EACH(handlers) EACH(misses) EACH(loop) EACH(plain) EACH(runs_bodies) EACH(set_result)          \
    EACH(throw) EACH(track) EACH(wake)

#define TYPES(EACH)                                                                                \
    EACH(hit, "Hit")                                                                               \
    EACH(hot_table, "HotTable")                                                                    \
    EACH(method, "Method")                                                                         \
    EACH(call, "Call")                                                                             \
    EACH(place, "Place")                                                                           \
    EACH(computed, "ComputedFields")                                                               \
    EACH(run, "RunFields")                                                                         \
    EACH(function, "FunctionFields")                                                               \
    EACH(sieve, "SieveFields")                                                                     \
    EACH(room, "RoomFields")                                                                       \
    EACH(counts, "CountsFields")                                                                   \
    EACH(term, "Term")                                                                             \
    EACH(reply, "Reply")                                                                           \
    EACH(joining, "Joining")

typedef struct {
#define AS_OBJECT(name) PyObject *name;
#define AS_TEXT(name) PyObject *str_##name;
#define AS_TYPE(name, text) PyTypeObject *name##_type;
    GIVEN(AS_OBJECT)
    TEXTS(AS_TEXT)
    TYPES(AS_TYPE)

    long long version; /* of the newest computed */

#if PY_VERSION_HEX < 0x030C0000
    uint64_t seen_version; /* of the dict of the thread in which `seen_loop` ran last */
    PyObject *seen_loop;   /* not held */
#endif

    PyObject *stop; /* what told an end last, if it can do so again */

    Call *spare[MAX_SPARE]; /* each held here alone */
    int spares;
} State;

extern struct PyModuleDef fusion_core;

/* What the hot table holds of a computed: see hit.py. What each call reads comes first. */
typedef struct Hit Hit;
struct Hit {
    PyObject_HEAD
    PyObject *key; /* under which it is in a table; NULL: in none */
    Py_hash_t hash;
    Hit *next; /* in its chain; not held */
    PyObject *value;
    PyObject *home;
    Py_ssize_t used;
    PyObject *dependants;
    PyObject *computed;
    PyObject *lease;
};

/* The hot table of a compute method: see hot.c. */
typedef struct {
    PyObject_HEAD
    Hit **places; /* where its chains of hits begin, each hit held */
    int shift;    /* of 64 bits of a hash, to a place's number */
    size_t size;
    size_t changes; /* how often a hit came or went */
} HotTable;

/* A compute method: see method.c. */
typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    State *state;        /* lives as long as the type, which each method holds */
    PyObject *function;  /* the pure one: a real coroutine function */
    PyObject *name;
    PyObject *table;     /* the attribute of an instance that holds its hits */
    Py_ssize_t positional; /* how many arguments are a key as they are; -1: only spelled out */
    PyTypeObject *seen;  /* the class that was looked at last */
    Py_ssize_t offset;   /* of the slot of its instances that has the table; 0: it is no slot */
    char leased;         /* of a client: a hit is as fresh as its lease (D6) */
    PyObject *dict;
    PyObject *weakrefs;
} Method;

/* Where a call stands. BODY: it runs the body itself. UNFOLDED: it is the coroutine of the pure runtime,
   which has not begun. RUNNING: it is another coroutine. */
enum { FRESH, BODY, UNFOLDED, RUNNING, ENDED };

/* One call of a compute method: see call.c. */
struct Call {
    PyObject_HEAD
    Method *method;
    PyObject *self;
    PyObject *key;   /* the one argument, or the tuple of them */
    PyObject *inner; /* the coroutine that it is now, if no hit answers; or the body's */
    PyObject *computed; /* the one whose body it runs, or has run */
    PyObject *run;      /* the same body's */
    PyObject *weakrefs;
    char stage;
    char finalized; /* the collector does that once to an object: its memory is not used again */
};

/* hot.c: the hit of a key, not a new reference; NULL if there is none, or with an error. */
Hit *hot_search(HotTable *table, PyObject *key, Py_hash_t hash);

/* hot.c: a hit leaves the table, if it is there. */
void hot_drop(HotTable *table, Hit *hit);

/* hit.c: whether a hit answers a call. 1: that is its value; 0: none; -1: an error. */
int hit_of(Method *method, PyObject *self, PyObject *key, PyObject **value);

/* hit.c: whether this code runs in the loop of a graph, of which that is the home. */
int is_at_home(State *state, PyObject *home);

/* What a call came to, of which no more is wanted than whether it went well: 0; -1: an error. */
static inline int
called(PyObject *result)
{
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* The same of one that tells whether something is so: 1 or 0; -1: an error. */
static inline int
truth_of(PyObject *result)
{
    int truth = result == NULL ? -1 : PyObject_IsTrue(result);
    Py_XDECREF(result);
    return truth;
}

/* And back, for Python: None, or whether it is so; NULL with an error. */
static inline PyObject *
done_or_error(int done)
{
    return done < 0 ? NULL : Py_NewRef(Py_None);
}

static inline PyObject *
truth_or_error(int truth)
{
    return truth < 0 ? NULL : PyBool_FromLong(truth);
}

/* The time of a clock, in seconds; -1.0 with an error. */
static inline double
time_of(State *state, PyObject *clock)
{
#ifdef CLOCK_BOOTTIME
    struct timespec now;
    if (clock == state->clock && clock_gettime(CLOCK_BOOTTIME, &now) == 0) {
        return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
    }
#endif
    PyObject *told = PyObject_CallNoArgs(clock);
    double seconds = told == NULL ? -1.0 : PyFloat_AsDouble(told);
    Py_XDECREF(told);
    return seconds;
}

/* miss.c: begin the body of a call, if nothing is special about that. 1: the call runs it; 0: the pure
   runtime must; -1: an error. */
int miss_begin(Call *call);

/* settle.c: the body returned; whether that was all (1), or Python has to go on. */
int miss_end(State *state, PyObject *computed, PyObject *value);

/* settle.c: what could not be settled, for no frame was left, is Invalidated. An error stays set. */
void miss_strand(State *state, PyObject *computed, PyObject *run);

/* settle.c: whether somebody asked for the cancellation of a task, or of none; -1: an error. */
int is_cancelled(State *state, PyObject *flow);

/* settle.c: from now on that body, or None, is whose calls are made. */
int scope_set(State *state, PyObject *scope);

/* stop.c: as Python code sees a step: what was yielded, or NULL with StopIteration of what was
   returned; for `next`, that may be an exception that was raised before. */
PyObject *stepped(PySendResult next, PyObject *result);
PyObject *stepped_next(State *state, PySendResult next, PyObject *result);

/* stop.c: it keeps alive no more what it told. */
void stop_forget(State *state);

/* call.c */
int calls_traverse(State *state, visitproc visit, void *arg);
void calls_clear(State *state);

/* module.c: that of a type of this module, or of a class that is made from one. */
State *state_of(PyTypeObject *type);

#define AS_SPEC(name, text) extern PyType_Spec name##_spec;
TYPES(AS_SPEC)

/* The functions of the module: of one argument, and of several. */
#define FUNCTIONS(ONE, SEVERAL)                                                                    \
    ONE(at_home, "Whether it is certain that its loop runs here; if not, ask for that.")           \
    ONE(enter, "The body begins.")                                                                 \
    ONE(reply, "One that nobody waits for yet, of a loop.")                                        \
    ONE(wake, "Let who waits for any of these go on, in their order.")                             \
    SEVERAL(begun, "A computed with a run.")                                                       \
    SEVERAL(deliver, "Each has its value, unless its caller has left; one handle wakes all.")      \
    SEVERAL(linked, "Make a plain edge; tells whether it is there.")                               \
    SEVERAL(settled, "Computing to Consistent, if that is plain; tells whether it was.")           \
    SEVERAL(spread, "Mark the closure, and tell how many were Invalidated.")

/* variables.c */
PyObject *core_variables(PyObject *module, PyObject *none);

#define AS_ONE(name, doc) PyObject *core_##name(PyObject *module, PyObject *argument);
#define AS_SEVERAL(name, doc)                                                                      \
    PyObject *core_##name(PyObject *module, PyObject *const *args, Py_ssize_t count);
FUNCTIONS(AS_ONE, AS_SEVERAL)

#endif
