/*
 * A disk with faults, put before the system's by LD_PRELOAD. Only files of the book are meant.
 *
 * DUTYBOOK_DISK   a file whose first byte says how the disk is: 'o' in order, 'f' full, 's' cannot flush,
 *                 'l' lies: says that it has flushed and has not.
 * DUTYBOOK_RECORD a file that gets every write and flush in order:
 *                 op:1 ('w' write, 's' flush, 't' truncate, 'a' acknowledgement) file:1 ('b' book, 'l' log) offset:8 length:4 bytes
 *                 numbers in this machine's byte order. Writes to a file called "acks" are acknowledgements.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off_t);
static int record = -1;

__attribute__((constructor)) static void begin(void) {
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    const char *to = getenv("DUTYBOOK_RECORD");
    if (to) record = open(to, O_WRONLY | O_CREAT | O_APPEND, 0600);
}

static char which(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    if (!strcmp(name, "book.sqlite")) return 'b';
    if (!strcmp(name, "book.sqlite-wal")) return 'l';
    if (!strcmp(name, "acks")) return 'a';
    return 0;
}

static char disk(void) {
    const char *from = getenv("DUTYBOOK_DISK");
    char how = 'o';
    if (from) {
        int fd = open(from, O_RDONLY);
        if (fd >= 0) {
            if (read(fd, &how, 1) != 1) how = 'o';
            close(fd);
        }
    }
    return how;
}

static void note(char op, char file, uint64_t offset, const void *bytes, uint32_t length) {
    if (record < 0) return;
    size_t size = 14 + length;
    char *entry = malloc(size);
    if (!entry) abort();
    entry[0] = op;
    entry[1] = file;
    memcpy(entry + 2, &offset, 8);
    memcpy(entry + 10, &length, 4);
    if (length) memcpy(entry + 14, bytes, length);
    if (real_write(record, entry, size) != (ssize_t)size) abort();
    free(entry);
}

ssize_t write(int fd, const void *bytes, size_t length) {
    char file = which(fd);
    if (file == 'a') {
        pthread_mutex_lock(&one);
        note('a', 'a', 0, bytes, (uint32_t)length);
        pthread_mutex_unlock(&one);
    } else if (file && disk() == 'f') {
        errno = ENOSPC;
        return -1;
    }
    return real_write(fd, bytes, length);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
    char file = which(fd);
    if (!file) return real_pwrite(fd, bytes, length, offset);
    if (disk() == 'f') {
        errno = ENOSPC;
        return -1;
    }
    pthread_mutex_lock(&one);
    ssize_t written = real_pwrite(fd, bytes, length, offset);
    if (written > 0) note('w', file, (uint64_t)offset, bytes, (uint32_t)written);
    pthread_mutex_unlock(&one);
    return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return pwrite64(fd, bytes, length, offset); }

static int flush(int fd, int (*real)(int)) {
    char file = which(fd);
    if (!file) return real(fd);
    char how = disk();
    if (how == 's') {
        errno = EIO;
        return -1;
    }
    pthread_mutex_lock(&one);
    int outcome = real(fd);
    if (outcome == 0 && how != 'l') note('s', file, 0, NULL, 0);
    pthread_mutex_unlock(&one);
    return outcome;
}

int fsync(int fd) { return flush(fd, real_fsync); }
int fdatasync(int fd) { return flush(fd, real_fdatasync); }

int ftruncate64(int fd, off_t length) {
    char file = which(fd);
    if (!file) return real_ftruncate(fd, length);
    pthread_mutex_lock(&one);
    int outcome = real_ftruncate(fd, length);
    if (outcome == 0) note('t', file, (uint64_t)length, NULL, 0);
    pthread_mutex_unlock(&one);
    return outcome;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }
