/* What ends with a computed that is Invalidated: the twin of parts of function.py and retention.py. */

#include "fields.h"

/* As `Function.cool`. */
static void
cool(Function *function, Computed *computed)
{
    Hit *hit = (Hit *)computed->hit;
    computed->hit = Py_NewRef(Py_None);
    ((Counts *)function->counts)->hits += hit->used;
    if (!IS_NONE(function->hot)) {
        hot_drop((HotTable *)function->hot, hit);
    }
    Py_DECREF(hit);
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
int
computed_forget(State *state, Computed *computed)
{
    Function *function = (Function *)computed->function;
    Sieve *kept = (Sieve *)function->kept;
    if (IS_NONE(computed->place.newer) || PyDict_GET_SIZE(function->indexes) != 0 ||
        kept->min_cached != Py_False) {
        return called(PyObject_CallMethodOneArg((PyObject *)function, state->str_forget,
                                                (PyObject *)computed));
    }
    if (PyDict_DelItem(function->table, computed->key) < 0) {
        return -1;
    }
    if (!IS_NONE(computed->hit)) {
        cool(function, computed);
    }
    unkeep(kept, computed);
    return 0;
}

/* Its edges to what it was made from end (G9). */
int
computed_part(State *state, Computed *computed)
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
