/* Owns the faults of a disk and the moods of a clock, laid between phobien and libc by LD_PRELOAD.
 * It refuses to know SQLite: it counts what writes to files in one folder, and fails the n-th.
 *
 *   SHIM_FOLDER  the folder that is meant
 *   SHIM_LOG     one line per call that writes there: number, nanoseconds since 1970, call, file,
 *                the file's size after it, and `ok` or `failed`
 *   SHIM_FAIL    NUMBER:ERRNO:once | NUMBER:ERRNO:on; `on` fails every later one too
 *   SHIM_CLOCK   a file of eight bytes: seconds by which the wall clock is wrong, as int64
 *   SHIM_HASTE   a number by which time passes faster, so that patience is short
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static char folder[PATH_MAX];
static size_t folder_length;
static int log_file = -1;
static long fail_at, haste = 1;
static int fail_errno, fail_on;
static const volatile int64_t *wrong_by;
static struct timespec begun;
static atomic_long counted;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

static void raw_clock(clockid_t id, struct timespec *at) { syscall(SYS_clock_gettime, id, at); }

__attribute__((constructor)) static void begin(void) {
    const char *of = getenv("SHIM_FOLDER"), *log = getenv("SHIM_LOG"), *fail = getenv("SHIM_FAIL");
    const char *clock = getenv("SHIM_CLOCK"), *fast = getenv("SHIM_HASTE");
    char how[8] = "";
    if (of) folder_length = (size_t)snprintf(folder, sizeof folder, "%s", of);
    if (log) log_file = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fail && sscanf(fail, "%ld:%d:%7s", &fail_at, &fail_errno, how) != 3) abort();
    fail_on = !strcmp(how, "on");
    if (clock) {
        int file = (int)syscall(SYS_openat, AT_FDCWD, clock, O_RDONLY | O_CLOEXEC, 0);
        void *map = mmap(NULL, sizeof *wrong_by, PROT_READ, MAP_SHARED, file, 0);
        if (file < 0 || map == MAP_FAILED) abort();
        wrong_by = map;
    }
    if (fast) haste = atol(fast);
    raw_clock(CLOCK_MONOTONIC, &begun);
}

/* Counts one call; true where it must fail. */
static int fails(const char *path, long *number) {
    if (!folder_length || strncmp(path, folder, folder_length)) return 0;
    if (path[folder_length] != '/' && path[folder_length]) return 0;
    *number = atomic_fetch_add(&counted, 1) + 1;
    return fail_at && (*number == fail_at || (fail_on && *number > fail_at));
}

static void note(long number, const char *call, const char *path, int failed) {
    struct timespec at;
    struct stat meta;
    char line[PATH_MAX + 100];
    if (!number || log_file < 0) return;
    raw_clock(CLOCK_REALTIME, &at);
    long long size = stat(path, &meta) ? -1 : (long long)meta.st_size;
    const char *name = path[folder_length] ? path + folder_length + 1 : ".";
    int length = snprintf(line, sizeof line, "%ld %lld%09ld %s %s %lld %s\n", number, (long long)at.tv_sec,
                          at.tv_nsec, call, name, size, failed ? "failed" : "ok");
    syscall(SYS_write, log_file, line, length);
}

static void path_of(int fd, char path[PATH_MAX]) {
    char link[40];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = folder_length ? readlink(link, path, PATH_MAX - 1) : 0;
    path[length > 0 ? length : 0] = 0;
}

/* Does `act` unless it is this one's turn to fail. */
#define ACT(call, path, act)                                       \
    do {                                                           \
        long number = 0;                                           \
        int failed = fails(path, &number);                         \
        __typeof__(act) result = (__typeof__(act))-1;              \
        if (!failed) result = (act);                               \
        int saved = failed ? fail_errno : errno;                   \
        note(number, call, path, failed);                          \
        errno = saved;                                             \
        return result;                                             \
    } while (0)
#define ACT_FD(call, fd, act)                                      \
    do {                                                           \
        char path[PATH_MAX];                                       \
        path_of(fd, path);                                         \
        ACT(call, path, act);                                      \
    } while (0)

ssize_t write(int fd, const void *bytes, size_t count) { ACT_FD("write", fd, REAL(write)(fd, bytes, count)); }
ssize_t writev(int fd, const struct iovec *parts, int count) { ACT_FD("write", fd, REAL(writev)(fd, parts, count)); }
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    ACT_FD("write", fd, REAL(pwrite64)(fd, bytes, count, at));
}
int ftruncate64(int fd, off64_t size) { ACT_FD("truncate", fd, REAL(ftruncate64)(fd, size)); }
int fsync(int fd) { ACT_FD("sync", fd, REAL(fsync)(fd)); }
int fdatasync(int fd) { ACT_FD("sync", fd, REAL(fdatasync)(fd)); }
int unlink(const char *path) { ACT("unlink", path, REAL(unlink)(path)); }

/* Opening counts where it means to write. */
#define OPEN(name)                                                                 \
    int name(const char *path, int flags, ...) {                                   \
        va_list rest;                                                              \
        va_start(rest, flags);                                                     \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;    \
        va_end(rest);                                                              \
        if ((flags & O_ACCMODE) == O_RDONLY) return REAL(name)(path, flags, mode); \
        ACT("open", path, REAL(name)(path, flags, mode));                          \
    }
OPEN(open)
OPEN(open64)

int clock_gettime(clockid_t id, struct timespec *at) {
    int result = (int)syscall(SYS_clock_gettime, id, at);
    if (result) return result;
    if (id == CLOCK_REALTIME && wrong_by) at->tv_sec += *wrong_by;
    if (id == CLOCK_MONOTONIC && haste > 1) {
        int64_t passed = (at->tv_sec - begun.tv_sec) * 1000000000LL + at->tv_nsec - begun.tv_nsec;
        int64_t then = begun.tv_sec * 1000000000LL + begun.tv_nsec + passed * haste;
        at->tv_sec = then / 1000000000LL, at->tv_nsec = then % 1000000000LL;
    }
    return 0;
}

int epoll_wait(int fd, struct epoll_event *events, int most, int patience) {
    int wait = patience > 0 ? (int)((patience + haste - 1) / haste) : patience;
    return REAL(epoll_wait)(fd, events, most, wait);
}
