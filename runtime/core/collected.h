/* Types from lists of their fields: what the collector and Python ask of an object is made from these.

   A list is a macro of two arguments, FIELD and T, the struct: it says FIELD(T, name, …) of each
   object that one of these holds, with what Python calls it and a docstring if Python sees it. */

#ifndef FUSIONRT_COLLECTED_H
#define FUSIONRT_COLLECTED_H

#include "core.h"

#define NO_FIELDS(FIELD, T)

#define AS_FIELD(T, name, ...) PyObject *name;
#define AS_VISIT(T, name, ...) Py_VISIT(self->name);
#define AS_CLEAR(T, name, ...) Py_CLEAR(self->name);
#define AS_NONE(T, name, ...) self->name = Py_NewRef(Py_None);
#define AS_MEMBER(T, name, text, doc) {text, T_OBJECT_EX, offsetof(T, name), 0, doc},
#define AS_FIXED(T, name, text, doc) {text, T_OBJECT_EX, offsetof(T, name), READONLY, doc},

/* Members that are no objects, and where weak references to one are. */
#define VALUE(T, name, type, flags, doc) {#name, type, offsetof(T, name), flags, doc},
#define WEAK(T) {"__weaklistoffset__", T_PYSSIZET, offsetof(T, weakrefs), READONLY},

/* KEPT are those that last as long as the object does: C need not look whether they are there. */
#define WALKED(T, prefix, FIELDS, KEPT)                                                            \
    static int prefix##_traverse(T *self, visitproc visit, void *arg)                              \
    {                                                                                              \
        Py_VISIT(Py_TYPE(self));                                                                   \
        KEPT(AS_VISIT, T)                                                                          \
        FIELDS(AS_VISIT, T)                                                                        \
        return 0;                                                                                  \
    }                                                                                              \
    static int prefix##_clear(T *self)                                                             \
    {                                                                                              \
        FIELDS(AS_CLEAR, T)                                                                        \
        return 0;                                                                                  \
    }

#define COLLECTED(T, prefix, FIELDS, KEPT)                                                         \
    WALKED(T, prefix, FIELDS, KEPT)                                                                \
    static void prefix##_dealloc(T *self)                                                          \
    {                                                                                              \
        PyTypeObject *type = Py_TYPE(self);                                                        \
        PyObject_GC_UnTrack(self);                                                                 \
        forget_weak((PyObject *)self);                                                             \
        prefix##_clear(self);                                                                      \
        KEPT(AS_CLEAR, T)                                                                          \
        type->tp_free(self);                                                                       \
        Py_DECREF(type);                                                                           \
    }

#define COLLECTED_SLOTS(prefix)                                                                    \
    {Py_tp_traverse, prefix##_traverse}, {Py_tp_clear, prefix##_clear},                            \
        {Py_tp_dealloc, prefix##_dealloc}

#define SPEC(T, prefix, text, FLAGS)                                                               \
    PyType_Spec prefix##_spec = {                                                                  \
        .name = "fusionrt._core." text,                                                            \
        .basicsize = sizeof(T),                                                                    \
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE | (FLAGS),     \
        .slots = prefix##_slots,                                                                   \
    };

/* A whole type, whose classes Python makes: VALUES are members, and what follows further slots. */
#define FIELDS_TYPE(T, prefix, text, doc, FIELDS, KEPT, VALUES, ...)                               \
    COLLECTED(T, prefix, FIELDS, KEPT)                                                             \
    static PyMemberDef prefix##_members[] = {                                                      \
        FIELDS(AS_MEMBER, T) KEPT(AS_FIXED, T) VALUES{NULL},                                       \
    };                                                                                             \
    static PyType_Slot prefix##_slots[] = {                                                        \
        {Py_tp_doc, doc},                                                                          \
        {Py_tp_members, prefix##_members},                                                         \
        COLLECTED_SLOTS(prefix),                                                                   \
        __VA_ARGS__,                                                                               \
        {0, NULL},                                                                                 \
    };                                                                                             \
    SPEC(T, prefix, text, Py_TPFLAGS_BASETYPE)

/* One is made without its fields. */
#define MADE_EMPTY {Py_tp_new, PyType_GenericNew}

/* Who has one weakly has it no more. What Python manages itself, it has done already. */
static inline void
forget_weak(PyObject *self)
{
    Py_ssize_t place = Py_TYPE(self)->tp_weaklistoffset;
    if (place > 0 && *(PyObject **)((char *)self + place) != NULL) {
        PyObject_ClearWeakRefs(self);
    }
}

#endif
