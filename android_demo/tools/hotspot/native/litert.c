/*
 * What the app's classes of LiteRT call, on top of LiteRT's C interface: the native methods of the
 * stand-ins in ../../stubs. LiteRT's own library for them can only be had for Android.
 *
 * The interface is that of libLiteRt.so of version 2.3.0, which comes without its headers.
 */
#define _GNU_SOURCE
#include <jni.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void *Handle;

extern int LiteRtCreateEnvironment(int count, const void *options, Handle *environment);
extern void LiteRtDestroyEnvironment(Handle environment);
extern int LiteRtGetNumAccelerators(Handle environment, size_t *count);
extern int LiteRtGetAccelerator(Handle environment, size_t index, Handle *accelerator);
extern int LiteRtGetAcceleratorHardwareSupport(Handle accelerator, int *units);

extern int LiteRtCreateOptions(Handle *options);
extern void LiteRtDestroyOptions(Handle options);
extern int LiteRtSetOptionsHardwareAccelerators(Handle options, int units);
extern int LiteRtCreateOpaqueOptions(const char *identifier, void *payload, void (*release)(void *),
                                     Handle *opaque);
extern int LiteRtAddOpaqueOptions(Handle options, Handle opaque);

extern int LiteRtCreateModelFromFile(Handle environment, const char *path, Handle *model);
extern void LiteRtDestroyModel(Handle model);
extern int LiteRtCreateCompiledModel(Handle environment, Handle model, Handle options,
                                     Handle *compiled);
extern void LiteRtDestroyCompiledModel(Handle compiled);
extern int LiteRtRunCompiledModel(Handle compiled, size_t signature, size_t inputs, Handle *input,
                                  size_t outputs, Handle *output);

extern int LiteRtGetModelSignature(Handle model, size_t index, Handle *signature);
extern int LiteRtGetNumSignatureInputs(Handle signature, size_t *count);
extern int LiteRtGetNumSignatureOutputs(Handle signature, size_t *count);
extern int LiteRtGetSignatureInputTensorByIndex(Handle signature, size_t index, Handle *tensor);
extern int LiteRtGetSignatureOutputTensorByIndex(Handle signature, size_t index, Handle *tensor);
extern int LiteRtGetCompiledModelInputBufferRequirements(Handle compiled, size_t signature,
                                                         size_t index, Handle *requirements);
extern int LiteRtGetCompiledModelOutputBufferRequirements(Handle compiled, size_t signature,
                                                          size_t index, Handle *requirements);

typedef struct {
    int32_t element;
    uint32_t rank : 7;
    uint32_t has_strides : 1;
    int32_t dimensions[8];
    uint32_t strides[8];
} TensorType;

extern int LiteRtGetRankedTensorType(Handle tensor, TensorType *type);
extern int LiteRtCreateManagedTensorBufferFromRequirements(Handle environment,
                                                           const TensorType *type,
                                                           Handle requirements, Handle *buffer);
extern void LiteRtDestroyTensorBuffer(Handle buffer);
extern int LiteRtGetTensorBufferTensorType(Handle buffer, TensorType *type);
extern int LiteRtGetTensorBufferPackedSize(Handle buffer, size_t *bytes);
extern int LiteRtLockTensorBuffer(Handle buffer, void **address, int mode);
extern int LiteRtUnlockTensorBuffer(Handle buffer);

enum { INVALID_ARGUMENT = 1, UNSUPPORTED = 5, NOT_COMPILED = 504 };
enum { FOR_READING = 0, FOR_WRITING = 1 };

#define NATIVE(type, owner, name) \
    JNIEXPORT type JNICALL Java_com_google_ai_edge_litert_##owner##_##name

/* A call of LiteRT, and whether it failed; an exception then says which it was. */
#define FAILS(java, function, ...) fails(java, function(__VA_ARGS__), #function)

static bool fails(JNIEnv *java, int status, const char *what)
{
    char message[128];
    if (!status)
        return false;
    /* The words are LiteRT's own, which its C interface keeps to itself. */
    const char *why = status == NOT_COMPILED ? ": some ops are not accelerated" : "";
    snprintf(message, sizeof message, "%s gives status %d%s", what, status, why);
    jclass type = (*java)->FindClass(java, "com/google/ai/edge/litert/LiteRtException");
    jmethodID make = (*java)->GetMethodID(java, type, "<init>", "(ILjava/lang/String;)V");
    jstring text = (*java)->NewStringUTF(java, message);
    (*java)->Throw(java, (*java)->NewObject(java, type, make, (jint)status, text));
    return true;
}

/* Environments. */

NATIVE(jlong, Environment, nativeCreate)
(JNIEnv *java, jclass type, jintArray keys, jobjectArray values)
{
    (void)type, (void)values;
    Handle environment = NULL;
    if ((*java)->GetArrayLength(java, keys))
        fails(java, UNSUPPORTED, "an option of the environment");
    else
        FAILS(java, LiteRtCreateEnvironment, 0, NULL, &environment);
    return (jlong)environment;
}

NATIVE(void, Environment, nativeDestroy)
(JNIEnv *java, jclass type, jlong environment)
{
    (void)java, (void)type;
    LiteRtDestroyEnvironment((Handle)environment);
}

/* What Kotlin numbers from 1 on are bits in C. */
NATIVE(jintArray, Environment, nativeGetAvailableAccelerators)
(JNIEnv *java, jclass type, jlong environment)
{
    (void)type;
    size_t count;
    if (FAILS(java, LiteRtGetNumAccelerators, (Handle)environment, &count))
        return NULL;
    jintArray found = (*java)->NewIntArray(java, (jsize)count);
    for (size_t index = 0; found && index < count; index++) {
        Handle accelerator;
        int units = 0;
        if (FAILS(java, LiteRtGetAccelerator, (Handle)environment, index, &accelerator) ||
            FAILS(java, LiteRtGetAcceleratorHardwareSupport, accelerator, &units))
            return NULL;
        jint number = __builtin_ffs(units);
        (*java)->SetIntArrayRegion(java, found, (jsize)index, 1, &number);
    }
    return found;
}

/* Options go to LiteRT as lines of TOML. */

typedef struct {
    const char *name;
    bool is_text;
} Option;

/* XNNPACK's flags are left out on purpose: of 0 or 0x40 they make INT8 files five times slower, so
   that an app that sets them fails here. */
static const Option CPU_OPTIONS[3] = {
    [0] = {"num_threads", false},
    [2] = {"weight_cache_file_path", true},
};
static const Option GPU_OPTIONS[15] = {
    [3] = {"precision", false},
    [6] = {"serialization_dir", true},
    [7] = {"model_cache_key", true},
    [8] = {"serialize_program_cache", false},
};

static bool write_options(JNIEnv *java, FILE *lines, const Option *known, jint most, jintArray keys,
                          jobjectArray values)
{
    jsize count = (*java)->GetArrayLength(java, keys);
    for (jsize index = 0; index < count; index++) {
        jint key;
        (*java)->GetIntArrayRegion(java, keys, index, 1, &key);
        if (key < 0 || key >= most || !known[key].name)
            return !fails(java, UNSUPPORTED, "an option of the model");
        jstring value = (*java)->GetObjectArrayElement(java, values, index);
        const char *text = (*java)->GetStringUTFChars(java, value, NULL);
        if (!text)
            return false;
        const char *quote = known[key].is_text ? "\"" : "";
        fprintf(lines, "%s = %s%s%s\n", known[key].name, quote, text, quote);
        (*java)->ReleaseStringUTFChars(java, value, text);
    }
    return true;
}

static bool add_options(JNIEnv *java, Handle options, const char *identifier, const Option *known,
                        jint most, jintArray keys, jobjectArray values)
{
    char *text = NULL;
    size_t size;
    Handle opaque;
    if (!(*java)->GetArrayLength(java, keys))
        return true;
    FILE *lines = open_memstream(&text, &size);
    bool is_written = lines && write_options(java, lines, known, most, keys, values);
    if (lines)
        fclose(lines);
    if (!is_written || FAILS(java, LiteRtCreateOpaqueOptions, identifier, text, free, &opaque)) {
        free(text);
        return false;
    }
    return !FAILS(java, LiteRtAddOpaqueOptions, options, opaque);
}

static bool set_units(JNIEnv *java, Handle options, jintArray numbers)
{
    int units = 0;
    jsize count = (*java)->GetArrayLength(java, numbers);
    for (jsize index = 0; index < count; index++) {
        jint number;
        (*java)->GetIntArrayRegion(java, numbers, index, 1, &number);
        units |= number ? 1 << (number - 1) : 0;
    }
    return !FAILS(java, LiteRtSetOptionsHardwareAccelerators, options, units);
}

/* Compiled models, each with the file that it was made of. */

typedef struct {
    Handle environment, file, compiled;
} Model;

static void release(Model *model)
{
    if (model->compiled)
        LiteRtDestroyCompiledModel(model->compiled);
    if (model->file)
        LiteRtDestroyModel(model->file);
    free(model);
}

NATIVE(jlong, CompiledModel, nativeCreateFromFile)
(JNIEnv *java, jclass type, jlong environment, jstring path, jintArray units, jintArray cpu_keys,
 jobjectArray cpu_values, jintArray gpu_keys, jobjectArray gpu_values, jintArray other_keys,
 jobjectArray other_values)
{
    (void)type, (void)other_keys, (void)other_values;
    Handle options = NULL;
    Model *model = calloc(1, sizeof *model);
    const char *name = (*java)->GetStringUTFChars(java, path, NULL);
    if (!model || !name)
        abort();
    model->environment = (Handle)environment;
    bool is_made =
        !FAILS(java, LiteRtCreateModelFromFile, model->environment, name, &model->file) &&
        !FAILS(java, LiteRtCreateOptions, &options) && set_units(java, options, units) &&
        add_options(java, options, "xnnpack", CPU_OPTIONS, 3, cpu_keys, cpu_values) &&
        add_options(java, options, "gpu_options", GPU_OPTIONS, 15, gpu_keys, gpu_values) &&
        !FAILS(java, LiteRtCreateCompiledModel, model->environment, model->file, options,
               &model->compiled);
    (*java)->ReleaseStringUTFChars(java, path, name);
    if (options)
        LiteRtDestroyOptions(options);
    if (!is_made) {
        release(model);
        return 0;
    }
    return (jlong)model;
}

NATIVE(void, CompiledModel, nativeDestroy)
(JNIEnv *java, jclass type, jlong model)
{
    (void)java, (void)type;
    release((Model *)model);
}

typedef int (*Count)(Handle, size_t *);
typedef int (*Tensor)(Handle, size_t, Handle *);
typedef int (*Requirements)(Handle, size_t, size_t, Handle *);

static jlongArray buffers(JNIEnv *java, const Model *model, jint number, Count count_of,
                          Tensor tensor_of, Requirements requirements_of)
{
    Handle signature, tensor, requirements, buffer;
    size_t count;
    TensorType type;
    if (FAILS(java, LiteRtGetModelSignature, model->file, (size_t)number, &signature) ||
        FAILS(java, count_of, signature, &count))
        return NULL;
    jlongArray made = (*java)->NewLongArray(java, (jsize)count);
    for (size_t index = 0; made && index < count; index++) {
        if (FAILS(java, tensor_of, signature, index, &tensor) ||
            FAILS(java, LiteRtGetRankedTensorType, tensor, &type) ||
            FAILS(java, requirements_of, model->compiled, (size_t)number, index, &requirements) ||
            FAILS(java, LiteRtCreateManagedTensorBufferFromRequirements, model->environment, &type,
                  requirements, &buffer))
            return NULL;
        jlong handle = (jlong)buffer;
        (*java)->SetLongArrayRegion(java, made, (jsize)index, 1, &handle);
    }
    return made;
}

NATIVE(jlongArray, CompiledModel, nativeCreateInputBuffers)
(JNIEnv *java, jclass type, jlong model, jint number)
{
    (void)type;
    return buffers(java, (Model *)model, number, LiteRtGetNumSignatureInputs,
                   LiteRtGetSignatureInputTensorByIndex,
                   LiteRtGetCompiledModelInputBufferRequirements);
}

NATIVE(jlongArray, CompiledModel, nativeCreateOutputBuffers)
(JNIEnv *java, jclass type, jlong model, jint number)
{
    (void)type;
    return buffers(java, (Model *)model, number, LiteRtGetNumSignatureOutputs,
                   LiteRtGetSignatureOutputTensorByIndex,
                   LiteRtGetCompiledModelOutputBufferRequirements);
}

NATIVE(void, CompiledModel, nativeRun)
(JNIEnv *java, jclass type, jlong model, jint number, jlongArray inputs, jlongArray outputs)
{
    (void)type;
    jlong *input = (*java)->GetLongArrayElements(java, inputs, NULL);
    jlong *output = (*java)->GetLongArrayElements(java, outputs, NULL);
    if (input && output)
        FAILS(java, LiteRtRunCompiledModel, ((Model *)model)->compiled, (size_t)number,
              (size_t)(*java)->GetArrayLength(java, inputs), (Handle *)input,
              (size_t)(*java)->GetArrayLength(java, outputs), (Handle *)output);
    if (input)
        (*java)->ReleaseLongArrayElements(java, inputs, input, JNI_ABORT);
    if (output)
        (*java)->ReleaseLongArrayElements(java, outputs, output, JNI_ABORT);
}

/* Buffers. As LiteRT's own, they take fewer values than they hold, but not more. */

NATIVE(void, TensorBuffer, nativeDestroy)
(JNIEnv *java, jclass type, jlong buffer)
{
    (void)java, (void)type;
    LiteRtDestroyTensorBuffer((Handle)buffer);
}

/* Its memory, or NULL where that is smaller than what is asked for, or cannot be had. */
static void *locked(JNIEnv *java, Handle buffer, size_t bytes, int mode)
{
    size_t size;
    void *address = NULL;
    if (FAILS(java, LiteRtGetTensorBufferPackedSize, buffer, &size))
        return NULL;
    if (bytes > size)
        fails(java, INVALID_ARGUMENT, "a buffer smaller than that");
    else if (FAILS(java, LiteRtLockTensorBuffer, buffer, &address, mode))
        return NULL;
    return address;
}

/* Number of values in it, or -1. */
static jsize values_of(JNIEnv *java, Handle buffer)
{
    TensorType type;
    jsize count = 1;
    if (FAILS(java, LiteRtGetTensorBufferTensorType, buffer, &type))
        return -1;
    for (uint32_t axis = 0; axis < type.rank; axis++)
        count *= type.dimensions[axis];
    return count;
}

NATIVE(void, TensorBuffer, nativeWriteFloat)
(JNIEnv *java, jclass type, jlong buffer, jfloatArray data)
{
    (void)type;
    jsize count = (*java)->GetArrayLength(java, data);
    void *memory = locked(java, (Handle)buffer, (size_t)count * sizeof(jfloat), FOR_WRITING);
    if (memory) {
        (*java)->GetFloatArrayRegion(java, data, 0, count, memory);
        LiteRtUnlockTensorBuffer((Handle)buffer);
    }
}

NATIVE(void, TensorBuffer, nativeWriteInt8)
(JNIEnv *java, jclass type, jlong buffer, jbyteArray data)
{
    (void)type;
    jsize count = (*java)->GetArrayLength(java, data);
    void *memory = locked(java, (Handle)buffer, (size_t)count, FOR_WRITING);
    if (memory) {
        (*java)->GetByteArrayRegion(java, data, 0, count, memory);
        LiteRtUnlockTensorBuffer((Handle)buffer);
    }
}

NATIVE(jfloatArray, TensorBuffer, nativeReadFloat)
(JNIEnv *java, jclass type, jlong buffer)
{
    (void)type;
    jsize count = values_of(java, (Handle)buffer);
    jfloatArray data = count < 0 ? NULL : (*java)->NewFloatArray(java, count);
    if (!data)
        return NULL;
    void *memory = locked(java, (Handle)buffer, (size_t)count * sizeof(jfloat), FOR_READING);
    if (memory) {
        (*java)->SetFloatArrayRegion(java, data, 0, count, memory);
        LiteRtUnlockTensorBuffer((Handle)buffer);
    }
    return data;
}

NATIVE(jbyteArray, TensorBuffer, nativeReadInt8)
(JNIEnv *java, jclass type, jlong buffer)
{
    (void)type;
    jsize count = values_of(java, (Handle)buffer);
    jbyteArray data = count < 0 ? NULL : (*java)->NewByteArray(java, count);
    if (!data)
        return NULL;
    void *memory = locked(java, (Handle)buffer, (size_t)count, FOR_READING);
    if (memory) {
        (*java)->SetByteArrayRegion(java, data, 0, count, memory);
        LiteRtUnlockTensorBuffer((Handle)buffer);
    }
    return data;
}
