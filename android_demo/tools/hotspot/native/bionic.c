/*
 * What Android's C library has and glibc has not, or has with another meaning, for running Android
 * libraries for x86-64 in a process of glibc. Built as libc.so, under which name they ask for it;
 * everything else they find behind it, in glibc.
 *
 * A symbol is here only because one of libexecutorch.so, libfbjni.so and libc++_shared.so asks
 * for it. Not here, since the two agree on x86-64: errno's numbers, flags of files, struct stat,
 * dirent, tm and lconv, and the sizes of mutexes, conditions and locks, whose zeros mean the same.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Opens the libraries that lie beside this one so that they see each other, and this one, before
 * what the process has: its own C++ runtime would otherwise catch, and unwind, their exceptions. */
__attribute__((constructor)) static void open_libraries(void)
{
    static const char *const names[] = {"libc++_shared.so", "libfbjni.so", "libexecutorch.so"};
    Dl_info self;
    if (!dladdr(&open_libraries, &self))
        return;
    const char *end = strrchr(self.dli_fname, '/');
    for (size_t index = 0; end && index < sizeof names / sizeof *names; index++) {
        char path[4096];
        snprintf(path, sizeof path, "%.*s/%s", (int)(end - self.dli_fname), self.dli_fname,
                 names[index]);
        if (!dlopen(path, RTLD_NOW | RTLD_DEEPBIND)) {
            fprintf(stderr, "%s\n", dlerror());
            exit(EXIT_FAILURE);
        }
    }
}

/* glibc's function of a name that is defined here. */
static void *glibc(const char *name)
{
    static void *library;
    if (!library)
        library = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
    return dlsym(library, name);
}

/* The same under another name. */

int *__errno(void)
{
    return &errno;
}

int __gnu_strerror_r(int number, char *text, size_t size)
{
    const char *message = strerror_r(number, text, size);
    if (message != text)
        snprintf(text, size, "%s", message);
    return 0;
}

void __assert2(const char *file, int line, const char *function, const char *what)
{
    fprintf(stderr, "%s:%d: %s: %s\n", file, line, function, what);
    abort();
}

/* What bionic's headers make of strlen and others where they know the size of an array. */

size_t __strlen_chk(const char *text, size_t size)
{
    (void)size;
    return strlen(text);
}

char *__strchr_chk(const char *text, int letter, size_t size)
{
    (void)size;
    return strchr(text, letter);
}

char *__strrchr_chk(const char *text, int letter, size_t size)
{
    (void)size;
    return strrchr(text, letter);
}

ssize_t __write_chk(int file, const void *bytes, size_t count, size_t size)
{
    (void)size;
    return write(file, bytes, count);
}

/* What a program built for coverage has. */

void __gcov_dump(void) {}
void __gcov_flush(void) {}

/* Android's log goes to stderr. Its priorities: 2 is verbose, 4 information, 6 an error. */

int __android_log_vprint(int priority, const char *tag, const char *format, va_list values)
{
    char line[2048];
    int length = vsnprintf(line, sizeof line, format, values);
    fprintf(stderr, "%c/%s: %s\n", priority < 8 ? "??VDIWEF"[priority] : '?', tag, line);
    return length;
}

int __android_log_print(int priority, const char *tag, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    int length = __android_log_vprint(priority, tag, format, values);
    va_end(values);
    return length;
}

int __android_log_write(int priority, const char *tag, const char *text)
{
    return __android_log_print(priority, tag, "%s", text);
}

void __android_log_assert(const char *condition, const char *tag, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    __android_log_vprint(7, tag, format ? format : condition, values);
    va_end(values);
    abort();
}

void android_set_abort_message(const char *text)
{
    fprintf(stderr, "%s\n", text);
}

/* There are no properties: every one is empty. */
int __system_property_get(const char *name, char *value)
{
    (void)name;
    *value = 0;
    return 0;
}

/* Numbers of sysconf() differ. These are asked for; others are unknown, which -1 says. */
long sysconf(int name)
{
    long (*real)(int) = glibc("sysconf");
    switch (name) {
    case 0x27:
    case 0x28:
        return real(_SC_PAGESIZE);
    case 0x60:
        return real(_SC_NPROCESSORS_CONF);
    case 0x61:
        return real(_SC_NPROCESSORS_ONLN);
    case 0x62:
        return real(_SC_PHYS_PAGES);
    default:
        fprintf(stderr, "sysconf(%#x) is unknown here\n", (unsigned)name);
        return -1;
    }
}

/* A set of signals is 8 bytes in bionic and 128 in glibc. */

int sigfillset(sigset_t *set)
{
    memset(set, 0xff, 8);
    return 0;
}

int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
    int (*real)(int, const sigset_t *, sigset_t *) = glibc("pthread_sigmask");
    sigset_t wide, wide_old;
    memset(&wide, 0, sizeof wide);
    if (set)
        memcpy(&wide, set, 8);
    int code = real(how, set ? &wide : NULL, &wide_old);
    if (old)
        memcpy(old, &wide_old, 8);
    return code;
}

/* stdin, stdout and stderr were entries of an array, of 152 bytes each, up to API 22. */

char __sF[3 * 152];

static FILE *stream(FILE *file)
{
    FILE *streams[] = {stdin, stdout, stderr};
    uintptr_t offset = (uintptr_t)file - (uintptr_t)__sF;
    return offset < sizeof __sF ? streams[offset / 152] : file;
}

int fflush(FILE *file)
{
    int (*real)(FILE *) = glibc("fflush");
    return real(file ? stream(file) : NULL);
}

size_t fwrite(const void *items, size_t size, size_t count, FILE *file)
{
    size_t (*real)(const void *, size_t, size_t, FILE *) = glibc("fwrite");
    return real(items, size, count, stream(file));
}

int fputc(int letter, FILE *file)
{
    int (*real)(int, FILE *) = glibc("fputc");
    return real(letter, stream(file));
}

int vfprintf(FILE *file, const char *format, va_list values)
{
    int (*real)(FILE *, const char *, va_list) = glibc("vfprintf");
    return real(stream(file), format, values);
}

int fprintf(FILE *file, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    int length = vfprintf(file, format, values);
    va_end(values);
    return length;
}

int getc(FILE *file)
{
    int (*real)(FILE *) = glibc("getc");
    return real(stream(file));
}

int ungetc(int letter, FILE *file)
{
    int (*real)(int, FILE *) = glibc("ungetc");
    return real(letter, stream(file));
}
