/* The look at the hot table that each hit makes; see hot.c. */

#ifndef FUSIONRT_HOT_H
#define FUSIONRT_HOT_H

#include "core.h"

/* Where the chain of a hash begins. The product spreads hashes that differ in a few bits. */
static inline Hit **
hot_place(HotTable *table, Py_hash_t hash)
{
    return &table->places[((uint64_t)hash * 0x9E3779B97F4A7C15u) >> table->shift];
}

/* Whether it is a number of one digit, and which. */
static inline int
is_small(PyObject *key, Py_ssize_t *value)
{
    if (!PyLong_CheckExact(key)) {
        return 0;
    }
#if PY_VERSION_HEX < 0x030C0000
    Py_ssize_t size = Py_SIZE(key);
    *value = size * (Py_ssize_t)((PyLongObject *)key)->ob_digit[0];
    return -1 <= size && size <= 1;
#else
    *value = PyUnstable_Long_CompactValue((PyLongObject *)key);
    return PyUnstable_Long_IsCompact((PyLongObject *)key);
#endif
}

/* The hash of a key; of what most keys are, without a call. -1 with an error. */
static inline Py_hash_t
hot_hash(PyObject *key)
{
    Py_ssize_t value;
    if (PyUnicode_CheckExact(key) && ((PyASCIIObject *)key)->hash != -1) {
        return ((PyASCIIObject *)key)->hash;
    }
    return is_small(key, &value) && value >= 0 ? value : PyObject_Hash(key);
}

/* Whether two objects are equal, if that can be told without a call; -1 if not. */
static inline int
is_same(PyObject *one, PyObject *other)
{
    Py_ssize_t value, wanted;
    if (one == other) {
        return 1;
    }
    if (is_small(one, &value) && is_small(other, &wanted)) {
        return value == wanted;
    }
    if (!PyUnicode_CheckExact(one) || !PyUnicode_CheckExact(other)) {
        return -1;
    }
    Py_ssize_t length = PyUnicode_GET_LENGTH(one);
    int kind = PyUnicode_KIND(one);
    return length == PyUnicode_GET_LENGTH(other) && kind == (int)PyUnicode_KIND(other) &&
           memcmp(PyUnicode_DATA(one), PyUnicode_DATA(other), (size_t)(length * kind)) == 0;
}

/* The hit of a key, not a new reference, by the hash of that; NULL if there is none, or with an error.
   Whoever asks holds the table. */
static inline Hit *
hot_find(HotTable *table, PyObject *key, Py_hash_t hash)
{
    for (Hit *hit = *hot_place(table, hash); hit != NULL; hit = hit->next) {
        int same = hit->hash == hash ? is_same(hit->key, key) : 0;
        if (same != 0) {
            return same > 0 ? hit : hot_search(table, key, hash);
        }
    }
    return NULL;
}

#endif
