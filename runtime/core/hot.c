/* The hot table of a compute method: its hits, by key. The twin of a dict, as far as that is used.

   Half of a look into a dict would go into comparing two equal numbers. Here hits of one place are
   chained, so that one that is known is removed without a look. */

#include "hot.h"

#include "collected.h"

#define FEWEST 63 /* of the shifts of 64 bits of a hash: two places */

/* As `hot_find`, where an object must be asked whether it equals another one: meanwhile anything may
   happen to the table. */
SELDOM Hit *
hot_search(HotTable *table, PyObject *key, Py_hash_t hash)
{
    Hit *hit = *hot_place(table, hash);
    while (hit != NULL) {
        if (hit->hash != hash) {
            hit = hit->next;
            continue;
        }
        size_t changes = table->changes;
        PyObject *other = Py_NewRef(hit->key);
        int equal = PyObject_RichCompareBool(other, key, Py_EQ);
        Py_DECREF(other);
        if (equal < 0) {
            return NULL;
        }
        if (changes != table->changes) {
            hit = *hot_place(table, hash);
        }
        else if (equal > 0) {
            return hit;
        }
        else {
            hit = hit->next;
        }
    }
    return NULL;
}

static Hit *
hot_look(HotTable *table, PyObject *key)
{
    Py_hash_t hash = hot_hash(key);
    return hash == -1 ? NULL : hot_find(table, key, hash);
}

static size_t
hot_places(HotTable *table)
{
    return (size_t)1 << (64 - table->shift);
}

/* Chain the hits anew, in so many places; where there is no memory for that, it stays as it is. */
static int
hot_resize(HotTable *table, int shift)
{
    Hit **before = table->places;
    size_t count = before == NULL ? 0 : hot_places(table);
    Hit **places = PyMem_Calloc((size_t)1 << (64 - shift), sizeof(Hit *));
    if (places == NULL) {
        return -1;
    }
    table->places = places;
    table->shift = shift;
    for (size_t i = 0; i < count; i++) {
        for (Hit *hit = before[i], *next; hit != NULL; hit = next) {
            Hit **place = hot_place(table, hit->hash);
            next = hit->next;
            hit->next = *place;
            *place = hit;
        }
    }
    PyMem_Free(before);
    return 0;
}

/* A hit belongs to no table any more. */
static void
hot_free(Hit *hit)
{
    PyObject *key = hit->key;
    hit->key = NULL;
    hit->next = NULL;
    Py_DECREF(key);
    Py_DECREF(hit);
}

void
hot_drop(HotTable *table, Hit *hit)
{
    Hit **at = hit->key == NULL ? NULL : hot_place(table, hit->hash);
    while (at != NULL && *at != hit) {
        at = *at == NULL ? NULL : &(*at)->next;
    }
    if (at == NULL) {
        return;
    }
    *at = hit->next;
    table->size--;
    table->changes++;
    if (table->shift < FEWEST && table->size < hot_places(table) / 8) {
        (void)hot_resize(table, table->shift + 1);
    }
    hot_free(hit);
}

static int
hot_put(HotTable *table, PyObject *key, Hit *hit)
{
    Py_hash_t hash = hot_hash(key);
    Hit *before = hash == -1 ? NULL : hot_find(table, key, hash);
    if (before == hit || PyErr_Occurred()) {
        return before == hit ? 0 : -1;
    }
    if (hit->key != NULL) {
        PyErr_SetString(PyExc_ValueError, "a hit is in one hot table, and under one key");
        return -1;
    }
    if (before != NULL) {
        hot_drop(table, before);
    }
    if (table->size >= hot_places(table) && hot_resize(table, table->shift - 1) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    Hit **place = hot_place(table, hash);
    hit->hash = hash;
    hit->key = Py_NewRef(key);
    hit->next = *place;
    *place = (Hit *)Py_NewRef(hit);
    table->size++;
    table->changes++;
    return 0;
}

/* -- as Python sees it -- */

static PyObject *
hot_make(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    HotTable *table = (HotTable *)type->tp_alloc(type, 0);
    if (table != NULL && hot_resize(table, FEWEST) < 0) {
        Py_DECREF(table);
        return PyErr_NoMemory();
    }
    return (PyObject *)table;
}

static int
hot_traverse(HotTable *table, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(table));
    for (size_t i = 0; table->places != NULL && i < hot_places(table); i++) {
        for (Hit *hit = table->places[i]; hit != NULL; hit = hit->next) {
            Py_VISIT(hit->key);
            Py_VISIT(hit);
        }
    }
    return 0;
}

static int
hot_clear(HotTable *table)
{
    Hit *all = NULL;
    for (size_t i = 0; table->size > 0 && i < hot_places(table); i++) {
        for (Hit *hit = table->places[i], *next; hit != NULL; hit = next) {
            next = hit->next;
            hit->next = all;
            all = hit;
        }
        table->places[i] = NULL;
    }
    table->size = 0;
    table->changes++;
    while (all != NULL) { /* what ends with a hit may look at the table */
        Hit *next = all->next;
        hot_free(all);
        all = next;
    }
    return 0;
}

static void
hot_dealloc(HotTable *table)
{
    PyTypeObject *type = Py_TYPE(table);
    PyObject_GC_UnTrack(table);
    hot_clear(table);
    PyMem_Free(table->places);
    type->tp_free(table);
    Py_DECREF(type);
}

static Py_ssize_t
hot_length(HotTable *table)
{
    return (Py_ssize_t)table->size;
}

static int
hot_contains(HotTable *table, PyObject *key)
{
    return hot_look(table, key) != NULL ? 1 : PyErr_Occurred() ? -1 : 0;
}

static PyObject *
hot_get(HotTable *table, PyObject *key)
{
    Hit *hit = hot_look(table, key);
    if (hit == NULL && !PyErr_Occurred()) {
        PyObject *told = PyTuple_Pack(1, key); /* a tuple would be taken for several arguments */
        if (told != NULL) {
            PyErr_SetObject(PyExc_KeyError, told);
            Py_DECREF(told);
        }
    }
    return Py_XNewRef((PyObject *)hit);
}

static int
hot_set(HotTable *table, PyObject *key, PyObject *hit)
{
    if (hit != NULL) {
        State *state = PyType_GetModuleState(Py_TYPE(table));
        if (!Py_IS_TYPE(hit, state->hit_type)) {
            PyErr_SetString(PyExc_TypeError, "a hot table holds hits");
            return -1;
        }
        return hot_put(table, key, (Hit *)hit);
    }
    PyObject *found = hot_get(table, key);
    if (found == NULL) {
        return -1;
    }
    hot_drop(table, (Hit *)found);
    Py_DECREF(found);
    return 0;
}

static PyObject *
hot_iter(HotTable *table)
{
    PyObject *keys = PyList_New(0), *each = NULL;
    for (size_t i = 0; keys != NULL && i < hot_places(table); i++) {
        for (Hit *hit = table->places[i]; keys != NULL && hit != NULL; hit = hit->next) {
            if (PyList_Append(keys, hit->key) < 0) {
                Py_CLEAR(keys);
            }
        }
    }
    if (keys != NULL) {
        each = PyObject_GetIter(keys);
        Py_DECREF(keys);
    }
    return each;
}

static PyObject *
hot_emptied(HotTable *table, PyObject *Py_UNUSED(none))
{
    hot_clear(table);
    Py_RETURN_NONE;
}

static PyMethodDef hot_methods[] = {
    {"clear", (PyCFunction)hot_emptied, METH_NOARGS, "Remove all of them."},
    {NULL},
};

static PyType_Slot hot_table_slots[] = {
    {Py_tp_doc, "The hits of a compute method, by key."},
    {Py_tp_new, hot_make},
    COLLECTED_SLOTS(hot),
    {Py_tp_iter, hot_iter},
    {Py_sq_contains, hot_contains},
    {Py_mp_length, hot_length},
    {Py_mp_subscript, hot_get},
    {Py_mp_ass_subscript, hot_set},
    {Py_tp_methods, hot_methods},
    {0, NULL},
};

SPEC(HotTable, hot_table, "HotTable", 0)
