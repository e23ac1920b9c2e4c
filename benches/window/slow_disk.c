/* A slow disk, for `cargo bench --bench window -- stalls`, which compiles this and loads it with
 * LD_PRELOAD.
 *
 * - An fsync or fdatasync takes 300 ms longer, in every thread: those of SQLite and of the program.
 * - Every opening, look-up, removal, renaming or writing of a file takes 20 ms longer in the first
 *   thread of the process, which is that of the window. So any of them within a frame is a stall.
 *
 * Files of the system (/proc, /sys, /dev) are as fast as ever, and so is what the system knows of a file
 * that is open.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static void wait_ms(long ms) {
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    syscall(SYS_nanosleep, &time, NULL);
}

static void in_window(const char *path) {
    int is_of_system = path && (!*path || !strncmp(path, "/proc", 5) ||
                                !strncmp(path, "/sys", 4) || !strncmp(path, "/dev", 4));
    if (!is_of_system && syscall(SYS_gettid) == getpid())
        wait_ms(20);
}

int fsync(int file) {
    wait_ms(300);
    return syscall(SYS_fsync, file);
}

int fdatasync(int file) {
    wait_ms(300);
    return syscall(SYS_fdatasync, file);
}

static int open_at(int folder, const char *path, int flags, mode_t mode) {
    in_window(path);
    return syscall(SYS_openat, folder, path, flags, mode);
}

#define OPEN(name, large)                                                                          \
    int name(const char *path, int flags, ...) {                                                   \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode_t mode = va_arg(rest, mode_t);                                                        \
        va_end(rest);                                                                              \
        return open_at(AT_FDCWD, path, flags | large, mode);                                       \
    }
#define OPENAT(name, large)                                                                        \
    int name(int folder, const char *path, int flags, ...) {                                       \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode_t mode = va_arg(rest, mode_t);                                                        \
        va_end(rest);                                                                              \
        return open_at(folder, path, flags | large, mode);                                         \
    }
OPEN(open, 0)
OPEN(open64, O_LARGEFILE)
OPENAT(openat, 0)
OPENAT(openat64, O_LARGEFILE)

int statx(int folder, const char *path, int flags, unsigned mask, struct statx *result) {
    in_window(path);
    return syscall(SYS_statx, folder, path, flags, mask, result);
}

#define STAT(name, type, flags)                                                                    \
    int name(const char *path, struct type *result) {                                              \
        in_window(path);                                                                           \
        return syscall(SYS_newfstatat, AT_FDCWD, path, result, flags);                             \
    }
STAT(stat, stat, 0)
STAT(stat64, stat64, 0)
STAT(lstat, stat, AT_SYMLINK_NOFOLLOW)
STAT(lstat64, stat64, AT_SYMLINK_NOFOLLOW)

int access(const char *path, int mode) {
    in_window(path);
    return syscall(SYS_faccessat, AT_FDCWD, path, mode);
}

int unlink(const char *path) {
    in_window(path);
    return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int mkdir(const char *path, mode_t mode) {
    in_window(path);
    return syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int rename(const char *from, const char *to) {
    in_window(from);
    return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
    in_window(NULL);
    return syscall(SYS_pwrite64, file, bytes, count, at);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
    in_window(NULL);
    return syscall(SYS_pwrite64, file, bytes, count, at);
}
